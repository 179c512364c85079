/* SPDX-License-Identifier: MIT
 *
 * Included before a unit test of PERFLIB. The program then runs each test once for each allocation
 * that PERFLIB makes in it, with that allocation failing. An assertion that fails then only ends
 * the test. What the test has left open is closed; PERFLIB must have freed all of its memory, and
 * must pass the test when there is memory again.
 */
#ifndef FAILING_TESTS_H
#define FAILING_TESTS_H

#include "unit.h"

#include "memory_check.h"
#include "perflib_emulation.h"
#include "printf_like.h"

/** End the running test because one of its assertions failed. */
PRINTF_LIKE(3, 4)
_Noreturn void failing_abandon(const char *file, int line, const char *format, ...);

/** Called before an abandoned test is cleaned up, to release callbacks that wait for the test. */
extern void (*failing_on_abandon)(void);

/** Run tests as described above. Returns an exit status. */
int failing_run(const char *name, const struct CMUnitTest tests[], size_t count);

/** Like the functions without failing_. Handles that are still open are closed after each test. */
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
