/* SPDX-License-Identifier: MIT
 *
 * Tests of round_up.h.
 */
#include "unit.h"

#include "round_up.h"

static void it_is_the_next_multiple_of_8(void **state)
{
    static const size_t cases[][2] = {
        { 0, 0 },  { 1, 8 },   { 7, 8 },   { 8, 8 },
        { 9, 16 }, { 15, 16 }, { 16, 16 }, { SIZE_MAX - 7, SIZE_MAX - 7 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(round_up_8(cases[i][0]), cases[i][1]);
}

static void a_size_without_such_a_multiple_becomes_the_largest_size(void **state)
{
    (void)state;
    for (size_t below = 0; below < 7; below++)
        assert_true(round_up_8(SIZE_MAX - below) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_next_multiple_of_8),
        cmocka_unit_test(a_size_without_such_a_multiple_becomes_the_largest_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
