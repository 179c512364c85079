/* SPDX-License-Identifier: MIT
 *
 * Tests of array.c.
 */
#include "unit.h"

#include <stdint.h>
#include <stdlib.h>

#include "array.h"

static void what_fits_is_not_moved(void **state)
{
    size_t capacity = 0;
    uint32_t *items = array_reserve(NULL, &capacity, 1, sizeof(*items));

    (void)state;
    assert_non_null(items);
    assert_true(capacity >= 1);
    const size_t before = capacity;
    assert_ptr_equal(array_reserve(items, &capacity, before, sizeof(*items)), items);
    assert_int_equal(capacity, before);
    free(items);
}

static void one_element_too_many_doubles_it_and_keeps_the_elements(void **state)
{
    size_t capacity = 0;
    uint32_t *items = array_reserve(NULL, &capacity, 1, sizeof(*items));

    (void)state;
    assert_non_null(items);
    const size_t before = capacity;
    for (size_t i = 0; i < before; i++)
        items[i] = (uint32_t)i;
    items = array_reserve(items, &capacity, before + 1, sizeof(*items));
    assert_non_null(items);
    assert_int_equal(capacity, before * 2);
    for (size_t i = 0; i < before; i++)
        assert_int_equal(items[i], i);
    items[capacity - 1] = 1; /* the address sanitizer knows whether this memory was allocated */
    free(items);
}

static void growing_by_one_costs_as_many_steps_as_the_logarithm(void **state)
{
    size_t capacity = 0, grown = 0;
    unsigned char *items = NULL;

    (void)state;
    for (size_t count = 1; count <= 100000; count++) {
        const size_t before = capacity;

        items = array_reserve(items, &capacity, count, 1);
        assert_non_null(items);
        grown += capacity != before;
    }
    assert_true(grown <= 17); /* 2^17 is the first power of two above 100,000 */
    free(items);
}

static void many_at_once_get_what_they_need(void **state)
{
    size_t capacity = 0;
    uint64_t *items = array_reserve(NULL, &capacity, 1000, sizeof(*items));

    (void)state;
    assert_non_null(items);
    assert_int_equal(capacity, 1000);
    items[999] = 1;
    free(items);
}

/* The product of count and size must not wrap to a small number. */
static void more_than_the_address_space_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        size_t count, size;
    } cases[] = {
        { SIZE_MAX, 1 },         { (size_t)PTRDIFF_MAX + 1, 1 },
        { SIZE_MAX / 2 + 2, 2 }, { SIZE_MAX / 8 + 1, 8 },
        { SIZE_MAX / 8 + 2, 8 }, { (size_t)PTRDIFF_MAX / 16 + 1, 16 },
        { 2, PTRDIFF_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned char byte;
        size_t capacity = 1;

        if (array_reserve(&byte, &capacity, cases[i].count, cases[i].size) || capacity != 1)
            fail_msg("case %zu was not refused", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_not_moved),
        cmocka_unit_test(one_element_too_many_doubles_it_and_keeps_the_elements),
        cmocka_unit_test(growing_by_one_costs_as_many_steps_as_the_logarithm),
        cmocka_unit_test(many_at_once_get_what_they_need),
        cmocka_unit_test(more_than_the_address_space_is_refused_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
