/* SPDX-License-Identifier: MIT
 *
 * The part of cmocka's interface that our unit tests use, for Windows builds, which have no cmocka:
 * assertions, skip, fixtures, groups, TAP on stdout, exit status = failed tests. Names and meanings
 * are those of cmocka (https://api.cmocka.org), so a test that compiles here compiles with cmocka.
 *
 * A failed assertion leaves the test by longjmp. A crash ends the program with "Bail out!" and the
 * address, and opens no debugger's window.
 */
#ifndef CMOCKA_H
#define CMOCKA_H

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_UNUSED __attribute__((unused))
#define UNIT_PRINTF __attribute__((format(gnu_printf, 1, 2)))

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func;
    CMFixtureFunction teardown_func;
    void *initial_state;
};

enum cm_message_output { CM_OUTPUT_STDOUT, CM_OUTPUT_SUBUNIT, CM_OUTPUT_TAP, CM_OUTPUT_XML };

enum unit_leave { UNIT_FAILED = 1, UNIT_SKIPPED };

static jmp_buf unit_leave_test;
static const char *unit_current = "set-up";

UNIT_UNUSED static void cmocka_set_message_output(enum cm_message_output output)
{
    (void)output; /* TAP is the only output */
}

/* Every line of a message is a TAP comment. TAP and diagnosis are in one stream, in order. */
static void unit_comment(const char *format, va_list arguments)
{
    char text[2048];

    vsnprintf(text, sizeof(text), format, arguments);
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
        printf("# %s\n", line);
    fflush(stdout);
}

UNIT_UNUSED UNIT_PRINTF static void print_message(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    unit_comment(format, arguments);
    va_end(arguments);
}

UNIT_UNUSED UNIT_PRINTF static void print_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    unit_comment(format, arguments);
    va_end(arguments);
}

UNIT_UNUSED __attribute__((noreturn, noinline)) static void _fail(const char *file, int line)
{
    print_error("%s:%d: error: Failure!", file, line);
    longjmp(unit_leave_test, UNIT_FAILED);
}

UNIT_UNUSED __attribute__((noreturn, noinline)) static void _skip(const char *file, int line)
{
    print_message("%s:%d: Skipped!", file, line);
    longjmp(unit_leave_test, UNIT_SKIPPED);
}

#define fail() _fail(__FILE__, __LINE__)
#define skip() _skip(__FILE__, __LINE__)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        fail();                                                                                    \
    } while (0)

/* ---- what the assertions do -------------------------------------------------------------- */

UNIT_UNUSED static void unit_assert_true(int holds, const char *words, const char *file, int line)
{
    if (holds)
        return;
    print_error("%s", words);
    _fail(file, line);
}

UNIT_UNUSED static void unit_assert_equal(uintmax_t left, uintmax_t right, int expected,
                                          const char *file, int line)
{
    if ((left == right) == expected)
        return;
    print_error("%#jx %s %#jx", left, expected ? "!=" : "==", right);
    _fail(file, line);
}

UNIT_UNUSED static void unit_assert_string(const char *left, const char *right, int expected,
                                           const char *file, int line)
{
    if ((strcmp(left, right) == 0) == expected)
        return;
    print_error("\"%s\" %s \"%s\"", left, expected ? "!=" : "==", right);
    _fail(file, line);
}

UNIT_UNUSED static void unit_assert_memory(const void *left, const void *right, size_t size,
                                           int expected, const char *file, int line)
{
    const unsigned char *a = left, *b = right;
    size_t differences = 0;

    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i] && ++differences <= 16 && expected)
            print_error("difference at offset %zu 0x%02x 0x%02x", i, a[i], b[i]);
    if ((differences == 0) == expected)
        return;
    print_error("%zu of %zu bytes differ", differences, size);
    _fail(file, line);
}

UNIT_UNUSED static void unit_assert_range(uintmax_t value, uintmax_t least, uintmax_t most,
                                          int expected, const char *file, int line)
{
    if ((value >= least && value <= most) == expected)
        return;
    print_error("%ju is %s the range %ju-%ju", value, expected ? "not within" : "within", least,
                most);
    _fail(file, line);
}

/* Convert as cmocka does: integers and pointers of any width, sign-extended. */
#define UNIT_INTEGER(value) ((uintmax_t)(value))

#define assert_true(c) unit_assert_true(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c) unit_assert_true(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_non_null(c) unit_assert_true((c) != NULL, #c " != NULL", __FILE__, __LINE__)
#define assert_null(c) unit_assert_true((c) == NULL, #c " == NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                                                                     \
    unit_assert_equal((uintptr_t)(a), (uintptr_t)(b), 1, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b)                                                                 \
    unit_assert_equal((uintptr_t)(a), (uintptr_t)(b), 0, __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                     \
    unit_assert_equal(UNIT_INTEGER(a), UNIT_INTEGER(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    unit_assert_equal(UNIT_INTEGER(a), UNIT_INTEGER(b), 0, __FILE__, __LINE__)
#define assert_string_equal(a, b) unit_assert_string((a), (b), 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) unit_assert_string((a), (b), 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) unit_assert_memory((a), (b), (size), 1, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size)                                                        \
    unit_assert_memory((a), (b), (size), 0, __FILE__, __LINE__)
#define assert_in_range(value, least, most)                                                        \
    unit_assert_range(UNIT_INTEGER(value), UNIT_INTEGER(least), UNIT_INTEGER(most), 1, __FILE__,   \
                      __LINE__)
#define assert_not_in_range(value, least, most)                                                    \
    unit_assert_range(UNIT_INTEGER(value), UNIT_INTEGER(least), UNIT_INTEGER(most), 0, __FILE__,   \
                      __LINE__)

/* ---- tests and groups -------------------------------------------------------------------- */

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL, NULL                                                                    \
    }
#define cmocka_unit_test_setup(f, setup)                                                           \
    {                                                                                              \
#f, f, setup, NULL, NULL                                                                   \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                     \
    {                                                                                              \
#f, f, NULL, teardown, NULL                                                                \
    }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    {                                                                                              \
#f, f, setup, teardown, NULL                                                               \
    }
#define cmocka_unit_test_prestate(f, state)                                                        \
    {                                                                                              \
#f, f, NULL, NULL, state                                                                   \
    }
#define cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, state)                        \
    {                                                                                              \
#f, f, setup, teardown, state                                                              \
    }

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    unit_run_group(#tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    unit_run_group(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

static LONG WINAPI unit_crash(EXCEPTION_POINTERS *exception)
{
    printf("Bail out! exception 0x%08lx at %p in %s\n",
           (unsigned long)exception->ExceptionRecord->ExceptionCode,
           exception->ExceptionRecord->ExceptionAddress, unit_current);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 99);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* The one place to which a failed assertion returns: 0 if the test passed, otherwise enum
   unit_leave. */
__attribute__((noinline)) static int unit_call(CMUnitTestFunction test, CMFixtureFunction fixture,
                                               void **state)
{
    int left = setjmp(unit_leave_test);

    if (left)
        return left;
    if (test)
        test(state);
    else if (fixture && fixture(state))
        return UNIT_FAILED;
    return 0;
}

/* One test between its fixtures. */
static int unit_run_test(const struct CMUnitTest *test, void **state)
{
    if (unit_call(NULL, test->setup_func, state)) {
        print_error("Could not run test: Test setup failed");
        return UNIT_FAILED;
    }
    int left = unit_call(test->test_func, NULL, state);
    if (unit_call(NULL, test->teardown_func, state)) {
        print_error("Test teardown failed");
        return UNIT_FAILED;
    }
    return left;
}

UNIT_UNUSED static int unit_run_group(const char *group, const struct CMUnitTest *tests,
                                      size_t count, CMFixtureFunction setup,
                                      CMFixtureFunction teardown)
{
    static const char *const verdicts[] = { "ok", "not ok", "ok" };
    void *group_state = NULL;
    int failed = 0;

    _setmode(_fileno(stdout), _O_BINARY); /* lines of TAP end in \n on Windows, too */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(unit_crash);
    printf("1..%zu\n", count);
    fflush(stdout);
    if (unit_call(NULL, setup, &group_state)) {
        printf("Bail out! the set-up of group %s failed\n", group);
        return count > 0 ? (int)count : 1;
    }
    for (size_t i = 0; i < count; i++) {
        void *state = tests[i].initial_state ? tests[i].initial_state : group_state;

        unit_current = tests[i].name;
        int result = unit_run_test(&tests[i], &state);
        failed += result == UNIT_FAILED;
        printf("%s %zu -%s %s\n", verdicts[result], i + 1, result == UNIT_SKIPPED ? " # SKIP" : "",
               tests[i].name);
        fflush(stdout);
    }
    unit_current = "tear-down";
    if (unit_call(NULL, teardown, &group_state)) {
        print_error("the tear-down of group %s failed", group);
        failed++;
    }
    return failed;
}

#endif /* CMOCKA_H */
