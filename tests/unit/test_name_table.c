/* SPDX-License-Identifier: MIT
 *
 * Tests of name_table.c.
 */
#include "unit.h"

#include "name_table.h"

#define ADD(table, kind, literal, broken)                                                          \
    name_table_add(table, 0x009, kind, TEXT16(literal), sizeof(TEXT16(literal)) / 2, broken)

static void texts_are_found_by_language_kind_and_index(void **state)
{
    struct name_table table = { 0 };
    size_t broken = 7;

    (void)state;
    assert_int_equal(ADD(&table, NAME_TABLE_COUNTER, "2\0System\0004\0Memory\0", &broken), 0);
    assert_true(broken == SIZE_MAX);
    assert_int_equal(ADD(&table, NAME_TABLE_HELP, "3\0About System\0", &broken), 0);
    assert_string_equal(name_table_find(&table, 0x009, NAME_TABLE_COUNTER, 4), "Memory");
    assert_string_equal(name_table_find(&table, 0x009, NAME_TABLE_HELP, 3), "About System");
    assert_null(name_table_find(&table, 0x009, NAME_TABLE_HELP, 4));
    assert_null(name_table_find(&table, 0x00C, NAME_TABLE_COUNTER, 4));
    assert_true(name_table_has_language(&table, 0x009));
    assert_false(name_table_has_language(&table, 0x00C));
    name_table_release(&table);
}

static void unsorted_pairs_are_sorted_and_the_first_of_equal_indices_counts(void **state)
{
    struct name_table table = { 0 };
    size_t broken;

    (void)state;
    ADD(&table, NAME_TABLE_COUNTER, "9\0nine\0004\0four\0009\0other\0002\0two\0006\0six\0",
        &broken);
    assert_int_equal(table.count, 5);
    for (size_t i = 1; i < table.count; i++)
        assert_true(table.entries[i - 1].index <= table.entries[i].index);
    assert_string_equal(name_table_find(&table, 9, NAME_TABLE_COUNTER, 9), "nine");
    assert_string_equal(name_table_find(&table, 9, NAME_TABLE_COUNTER, 6), "six");
    name_table_release(&table);
}

static void a_broken_pair_is_reported_and_those_around_it_are_kept(void **state)
{
    static const struct {
        const char *name;
        WCHAR data[32];
        size_t length, broken;
        bool has_two, has_six;
    } cases[] = {
        { "all is well", TEXT16("2\0two\0006\0six\0"), 13, SIZE_MAX, true, true },
        { "no number", TEXT16("2\0two\0x\0y\0006\0six\0"), 17, 6, true, true },
        { "a text too many", TEXT16("2\0two\0x\0006\0six\0"), 15, 6, true, true },
        { "no text after the last index", TEXT16("2\0two\0006\0"), 9, 6, true, false },
        { "no terminator of the list", TEXT16("2\0two"), 6, 6, true, false },
        { "no terminator at all", TEXT16("2\0two\0006\0six"), 11, 6, true, false },
        { "index above 32 bits", TEXT16("2\0two\000999999999999\0x\0006\0six\0"), 28, 6, true,
          true },
        { "nothing", TEXT16(""), 0, 0, false, false },
        { "an empty list", TEXT16(""), 1, SIZE_MAX, false, false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct name_table table = { 0 };
        size_t broken = 99;
        DWORD error =
            name_table_add(&table, 9, NAME_TABLE_COUNTER, cases[i].data, cases[i].length, &broken);
        bool has_two = name_table_find(&table, 9, NAME_TABLE_COUNTER, 2) != NULL;
        bool has_six = name_table_find(&table, 9, NAME_TABLE_COUNTER, 6) != NULL;
        if (error || broken != cases[i].broken || has_two != cases[i].has_two ||
            has_six != cases[i].has_six)
            fail_msg("%s: error %lu, broken at %zu, 2 %s, 6 %s", cases[i].name,
                     (unsigned long)error, broken, has_two ? "found" : "missing",
                     has_six ? "found" : "missing");
        name_table_release(&table);
    }
}

static void texts_may_be_in_any_script(void **state)
{
    struct name_table table = { 0 };

    (void)state;
    ADD(&table, NAME_TABLE_COUNTER, "2\0\u00dcbersicht \u65e5\u672c\0", NULL);
    assert_string_equal(name_table_find(&table, 9, NAME_TABLE_COUNTER, 2),
                        "\xC3\x9C"
                        "bersicht \xE6\x97\xA5\xE6\x9C\xAC");
    name_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_found_by_language_kind_and_index),
        cmocka_unit_test(unsorted_pairs_are_sorted_and_the_first_of_equal_indices_counts),
        cmocka_unit_test(a_broken_pair_is_reported_and_those_around_it_are_kept),
        cmocka_unit_test(texts_may_be_in_any_script),
    };

    return cmocka_run_group_tests_name("name_table", tests, NULL, NULL);
}
