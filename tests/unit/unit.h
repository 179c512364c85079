/* SPDX-License-Identifier: MIT
 *
 * The one header of a unit test, beside that of the module it tests:
 *
 *     #include "unit.h"
 *
 *     #include "text.h"
 *
 *     static void a_text_ends_at_its_zero(void **state)
 *     {
 *         (void)state;
 *         assert_int_equal(text_length(TEXT16("abc")), 3);
 *     }
 *
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = { cmocka_unit_test(a_text_ends_at_its_zero) };
 *
 *         return cmocka_run_group_tests_name("text", tests, NULL, NULL);
 *     }
 *
 * Natively this is cmocka. In the Windows builds it is tests/unit/win/cmocka.h, the part of cmocka
 * that these tests use (with TAP output, without mocks). The output is TAP, and the exit status is
 * the number of failed tests. `make tests` builds every tests/unit/test_*.c for each target.
 *
 * Assertions belong in the test's own thread; threads that a test starts report through variables.
 */
#ifndef UNIT_H
#define UNIT_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The number of elements of an array, for tables of cases. */
#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Select TAP before any test runs, whatever the environment says. */
__attribute__((constructor)) static void unit_speak_tap(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
}

#endif /* UNIT_H */
