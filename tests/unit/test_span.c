/* SPDX-License-Identifier: MIT
 *
 * span.h: nothing outside a span is ever returned.
 */
#include "unit.h"

#include "span.h"

static const unsigned char bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void a_range_lies_inside_to_the_last_byte(void **state)
{
    const struct span span = { bytes, sizeof(bytes) };

    (void)state;
    assert_ptr_equal(span_at(span, 0, 8), bytes);
    assert_ptr_equal(span_at(span, 3, 5), bytes + 3);
    assert_ptr_equal(span_at(span, 8, 0), bytes + 8);
    assert_null(span_at(span, 3, 6)); /* begins inside, ends outside */
    assert_null(span_at(span, 8, 1));
    assert_null(span_at(span, 9, 0));
    assert_null(span_at(span, 4, SIZE_MAX)); /* the sum wraps */
    assert_null(span_at(span, SIZE_MAX, 1));
    assert_null(span_at(span, UINT64_MAX, 1));
    assert_null(span_at(span, (uint64_t)1 << 32, 1)); /* with 32 bits this would be 0 */
}

static void a_part_outside_is_empty(void **state)
{
    const struct span span = { bytes, sizeof(bytes) };

    (void)state;
    assert_ptr_equal(span_part(span, 3, 5).data, bytes + 3);
    assert_int_equal(span_part(span, 3, 5).size, 5);
    assert_null(span_part(span, 3, 6).data);
    assert_int_equal(span_part(span, 3, 6).size, 0);
    assert_null(span_part(span, (uint64_t)1 << 32, 5).data);
}

static void the_rest_begins_inside_or_at_the_end(void **state)
{
    const struct span span = { bytes, sizeof(bytes) };

    (void)state;
    assert_int_equal(span_rest(span, 0).size, 8);
    assert_ptr_equal(span_rest(span, 3).data, bytes + 3);
    assert_int_equal(span_rest(span, 3).size, 5);
    assert_ptr_equal(span_rest(span, 8).data, bytes + 8);
    assert_int_equal(span_rest(span, 8).size, 0);
    assert_null(span_rest(span, 9).data);
    assert_int_equal(span_rest(span, 9).size, 0);
    assert_int_equal(span_rest(span, SIZE_MAX).size, 0);
    assert_int_equal(span_rest(span, (uint64_t)1 << 32).size, 0);
}

static void bytes_are_taken_off_the_front_as_long_as_there_are_some(void **state)
{
    struct span span = { bytes, sizeof(bytes) };

    (void)state;
    assert_false(span_take(&span, 9));
    assert_int_equal(span.size, 8);
    assert_true(span_take(&span, 3));
    assert_ptr_equal(span.data, bytes + 3);
    assert_int_equal(span.size, 5);
    assert_false(span_take(&span, 6));
    assert_true(span_take(&span, 5));
    assert_int_equal(span.size, 0);
    assert_true(span_take(&span, 0));
    assert_false(span_take(&span, 1));
    assert_false(span_take(&span, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_lies_inside_to_the_last_byte),
        cmocka_unit_test(a_part_outside_is_empty),
        cmocka_unit_test(the_rest_begins_inside_or_at_the_end),
        cmocka_unit_test(bytes_are_taken_off_the_front_as_long_as_there_are_some),
    };

    return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
