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

/* Keys that differ in a few bits only are an easy choice for an attacker of a table whose places come from a product. A
   search passes at most a run of entries. Places that differ between two maps cannot be known before. */
static void no_choice_of_keys_makes_searches_long(void **state)
{
    enum { COUNT = 1000, MOST = 100 };

    (void)state;
    for (unsigned shift = 0; shift <= 54; shift += 9) {
        struct number_map map = { 0 }, other = { 0 };
        size_t run = 0, longest = 0, differing = 0;
        for (uint64_t key = 1; key <= COUNT; key++) {
            assert_non_null(number_map_at(&map, key << shift, NULL));
            assert_non_null(number_map_at(&other, key << shift, NULL));
        }
        assert_int_equal(map.capacity, other.capacity);
        for (size_t i = 0; i < map.capacity; i++) {
            run = map.entries[i].key ? run + 1 : 0;
            longest = run > longest ? run : longest;
            differing += map.entries[i].key != other.entries[i].key;
        }
        assert_true(longest < MOST);
        assert_true(differing > COUNT);
        number_map_release(&map);
        number_map_release(&other);
    }
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
        cmocka_unit_test(no_choice_of_keys_makes_searches_long),
        cmocka_unit_test(the_key_0_is_one_like_others),
        cmocka_unit_test(space_reserved_before_changes_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
