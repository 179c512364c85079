/* SPDX-License-Identifier: MIT
 *
 * Tests of number_map.c.
 */
#include "unit.h"

#include "number_map.h"

static void every_key_keeps_its_value_however_many_there_are(void **state)
{
    struct number_map map = { 0 };
    bool is_new;

    (void)state;
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t key = 0; key < 5000; key++) {
            uint64_t *value = number_map_at(&map, key * key, &is_new);
            assert_non_null(value);
            assert_int_equal(is_new, round == 0);
            assert_true(*value == (round ? key + 7 : 0));
            *value = key + 7;
        }
    }
    assert_int_equal(map.count, 5000);
    assert_true(*number_map_find(&map, 4999 * 4999) == 5006);
    assert_null(number_map_find(&map, 2));
    number_map_release(&map);
}

static void the_key_0_is_one_like_others(void **state)
{
    struct number_map map = { 0 };
    bool is_new;

    (void)state;
    assert_null(number_map_find(&map, 0));
    *number_map_at(&map, 1, NULL) = 10;
    assert_null(number_map_find(&map, 0));
    *number_map_at(&map, 0, &is_new) = 20;
    assert_true(is_new);
    assert_true(*number_map_at(&map, 0, &is_new) == 20);
    assert_false(is_new);
    assert_true(*number_map_find(&map, 1) == 10);
    number_map_release(&map);
}

static void space_reserved_before_changes_nothing_else(void **state)
{
    struct number_map map = { 0 };

    (void)state;
    *number_map_at(&map, 3, NULL) = 33;
    number_map_reserve(&map, 10000);
    const size_t capacity = map.capacity;
    assert_true(*number_map_find(&map, 3) == 33);
    for (uint64_t key = 0; key < 10000; key++)
        number_map_at(&map, key, NULL);
    assert_int_equal(map.capacity, capacity);
    number_map_reserve(&map, 5);
    assert_int_equal(map.capacity, capacity);
    number_map_clear(&map);
    assert_int_equal(map.count, 0);
    assert_null(number_map_find(&map, 3));
    number_map_reserve(&map, SIZE_MAX); /* there is not that much memory; the map stays usable */
    assert_non_null(number_map_at(&map, 3, NULL));
    number_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_keeps_its_value_however_many_there_are),
        cmocka_unit_test(the_key_0_is_one_like_others),
        cmocka_unit_test(space_reserved_before_changes_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
