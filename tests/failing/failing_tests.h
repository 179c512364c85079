/* SPDX-License-Identifier: MIT
 *
 * Put in front of a unit test of PERFLIB: the program runs each of its tests once for each
 * allocation that PERFLIB makes in it, with that one failing. An assertion that does not hold then
 * ends the test and nothing else; what the test has left is cleaned up, and PERFLIB must have given
 * back all of its memory, and must pass the test when there is memory again.
 */
#ifndef FAILING_TESTS_H
#define FAILING_TESTS_H

#include "unit.h"

#include "memory_check.h"
#include "perflib_emulation.h"
#include "printf_like.h"

/** End the test that runs: an assertion of it does not hold. */
PRINTF_LIKE(3, 4)
_Noreturn void failing_abandon(const char *file, int line, const char *format, ...);

/** What a test needs done before it is cleaned up: callbacks that wait for it are released. */
extern void (*failing_on_abandon)(void);

/** Run tests as described above. Returns an exit status. */
int failing_run(const char *name, const struct CMUnitTest tests[], size_t count);

/** As the functions without failing_; open handles are closed after each test. */
ULONG failing_open_query(LPCWSTR machine, HANDLE *query);
ULONG failing_close_query(HANDLE query);
DWORD failing_open_check(struct memory_check **check, const struct memory_check_options *options);
void failing_close_check(struct memory_check *check);

#define EXPECT(condition, what)                                                                    \
    ((condition) ? (void)0 : failing_abandon(__FILE__, __LINE__, "%s", what))

#undef assert_true
#undef assert_false
#undef assert_null
#undef assert_non_null
#undef assert_int_equal
#undef assert_int_not_equal
#undef assert_ptr_equal
#undef assert_ptr_not_equal
#undef assert_memory_equal
#undef assert_string_equal
#undef fail_msg
#undef cmocka_run_group_tests_name
#define assert_true(condition) EXPECT(condition, #condition)
#define assert_false(condition) EXPECT(!(condition), "!" #condition)
#define assert_null(pointer) EXPECT(!(pointer), #pointer)
#define assert_non_null(pointer) EXPECT(pointer, #pointer)
#define assert_int_equal(left, right) EXPECT((left) == (right), #left)
#define assert_int_not_equal(left, right) EXPECT((left) != (right), #left)
#define assert_ptr_equal(left, right) EXPECT((const void *)(left) == (const void *)(right), #left)
#define assert_ptr_not_equal(left, right)                                                          \
    EXPECT((const void *)(left) != (const void *)(right), #left)
#define assert_memory_equal(left, right, size) EXPECT(memcmp(left, right, size) == 0, #left)
#define assert_string_equal(left, right) EXPECT(strcmp(left, right) == 0, #left)
#define fail_msg(...) failing_abandon(__FILE__, __LINE__, __VA_ARGS__)
#define cmocka_run_group_tests_name(name, tests, begin, end)                                       \
    failing_run(name, tests, sizeof(tests) / sizeof(*(tests)))
#define memory_check_open failing_open_check
#define memory_check_close failing_close_check
#define PerfOpenQueryHandle failing_open_query
#define PerfCloseQueryHandle failing_close_query

#endif /* FAILING_TESTS_H */
