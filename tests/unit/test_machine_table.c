/* SPDX-License-Identifier: MIT
 *
 * machine_table.c: what is damaged in a table of names, and what can still be found in it. A table ends where
 * its bytes end, whatever follows them.
 */
#include "unit.h"

#include "machine_table.h"
#include "text.h"

/* The text of 1848 contains the pair 1850, as when a zero between two texts is missing. What follows the
   text in memory must not complete the number: without its last digit it is 185, which is not the next index. */
static void a_text_that_swallows_its_neighbour_is_read_to_its_end_only(void **state)
{
    static const WCHAR units[] = TEXT16("1848\0Name\n1850");
    struct machine_table table;

    (void)state;
    for (size_t missing = 0; missing < 2; missing++) {
        const size_t size = (sizeof(units) / sizeof(*units) - 1 - missing) * sizeof(*units);
        table = (struct machine_table){ .language = 9 };
        assert_int_equal(machine_table_read(&table, units, size), ERROR_SUCCESS);
        assert_true(table.is_unterminated);
        assert_int_equal(table.swallowed, missing ? 0 : 1848);
        machine_table_release(&table);

        WCHAR *exact = malloc(size); /* a sanitizer sees every read after it */
        memcpy(exact, units, size);
        table = (struct machine_table){ .language = 9 };
        assert_int_equal(machine_table_read(&table, exact, size), ERROR_SUCCESS);
        assert_int_equal(table.swallowed, missing ? 0 : 1848);
        machine_table_release(&table);
        free(exact);
    }
}

#define TABLE(text) TEXT16(text), sizeof(TEXT16(text)) - sizeof(WCHAR)

static void each_damage_is_described(void **state)
{
    static const struct {
        const char *title;
        const WCHAR *units;
        size_t size; /* bytes */
        bool is_help;
        size_t count, slip, slip_count;
        uint32_t slip_after;
        bool is_unterminated;
        uint32_t disorder;
        size_t disorder_count;
        uint32_t bad_parity;
        size_t bad_parity_count;
        uint32_t swallowed, highest;
    } cases[] = {
#define NOWHERE MACHINE_TABLE_NOWHERE, 0, 0
        { "sound",
          TABLE("1\0"
                "1847\0"
                "2\0a\0"
                "4\0b\0\0"),
          false, 3, NOWHERE, false, 0, 0, 0, 0, 0, 4 },
        { "sound help",
          TABLE("3\0a\0"
                "5\0b\0\0"),
          true, 2, NOWHERE, false, 0, 0, 0, 0, 0, 5 },
        { "nothing", TABLE(""), false, 0, NOWHERE, false, 0, 0, 0, 0, 0, 0 },
        { "an end", TABLE("\0"), false, 0, NOWHERE, false, 0, 0, 0, 0, 0, 0 },
        { "two ends", TABLE("\0\0"), false, 0, NOWHERE, false, 0, 0, 0, 0, 0, 0 },
        { "only its first pair",
          TABLE("1\0"
                "1847\0\0"),
          false, 1, NOWHERE, false, 0, 0, 0, 0, 0, 0 },
        { "index 0", TABLE("0\0a\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 0, 0 },
        { "one end", TABLE("2\0a\0"), false, 1, NOWHERE, true, 0, 0, 0, 0, 0, 2 },
        { "no end", TABLE("2\0a"), false, 1, NOWHERE, true, 0, 0, 0, 0, 0, 2 },
        { "one unit", TABLE("2"), false, 0, 0, 1, 0, true, 0, 0, 0, 0, 0, 0 },
        { "no text", TABLE("2\0"), false, 0, 0, 1, 0, true, 0, 0, 0, 0, 0, 0 },
        { "empty text",
          TABLE("2\0a\0"
                "4\0\0"
                "6\0c\0\0"),
          false, 2, 4, 1, 2, false, 0, 0, 0, 0, 0, 6 },
        { "no number",
          TABLE("2\0a\0b\0"
                "4\0c\0x\0\0"),
          false, 2, 4, 2, 2, false, 0, 0, 0, 0, 0, 4 },
        { "a hole",
          TABLE("2\0a\0\0\0"
                "4\0b\0\0"),
          false, 2, 4, 1, 2, false, 0, 0, 0, 0, 0, 4 },
        { "disorder",
          TABLE("8\0a\0"
                "4\0b\0"
                "2\0c\0\0"),
          false, 3, NOWHERE, false, 4, 2, 0, 0, 0, 8 },
        { "twice",
          TABLE("4\0a\0"
                "4\0b\0\0"),
          false, 1, NOWHERE, false, 4, 1, 0, 0, 0, 4 },
        { "odd",
          TABLE("3\0a\0"
                "5\0b\0\0"),
          false, 2, NOWHERE, false, 0, 0, 3, 2, 0, 5 },
        { "even help",
          TABLE("4\0a\0"
                "6\0b\0\0"),
          true, 2, NOWHERE, false, 0, 0, 4, 2, 0, 6 },
        { "a neighbour in it",
          TABLE("8\0a\n10\nb\0"
                "12\0a\n14\0\0"),
          false, 2, NOWHERE, false, 0, 0, 0, 0, 8, 12 },
        { "digits from 0 to 9", TABLE("1897\0a\n1899\0\0"), true, 1, NOWHERE, false, 0, 0, 0, 0,
          1897, 1897 },
        { "a blank after it", TABLE("8\0a\n10 b\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 8, 8 },
        { "a letter after it", TABLE("8\0a\n10x\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 8, 8 },
        { "no number in it", TABLE("4294967294\0a\nb\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 0,
          4294967294u },
        { "another number in it", TABLE("8\0a\n12\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 0,
          8 },
        { "no line in it", TABLE("8\0a 10\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 0, 8 },
        { "a line at its start", TABLE("8\0\n10\0\0"), false, 1, NOWHERE, false, 0, 0, 0, 0, 0, 8 },
        { "a line at its end",
          TABLE("8\0a\n\0"
                "10\0b\0\0"),
          false, 2, NOWHERE, false, 0, 0, 0, 0, 0, 10 },
        { "a line at the end of the bytes", TABLE("8\0a\n"), false, 1, NOWHERE, true, 0, 0, 0, 0, 0,
          8 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        for (size_t odd = 0; odd < 2; odd++) {
            struct machine_table table = { .language = 9, .is_help = cases[i].is_help };
            const size_t size = cases[i].size + odd;
            WCHAR *exact = malloc(size ? size : 1); /* a sanitizer sees every read after it */

            assert_non_null(exact);
            memcpy(exact, cases[i].units, size);
            assert_int_equal(machine_table_read(&table, exact, size), ERROR_SUCCESS);
            if (table.count != cases[i].count || table.slip != cases[i].slip ||
                table.slip_count != cases[i].slip_count ||
                table.slip_after != cases[i].slip_after ||
                table.is_unterminated != cases[i].is_unterminated || table.is_odd != odd ||
                table.disorder != cases[i].disorder ||
                table.disorder_count != cases[i].disorder_count ||
                table.bad_parity != cases[i].bad_parity ||
                table.bad_parity_count != cases[i].bad_parity_count ||
                table.swallowed != cases[i].swallowed || table.highest != cases[i].highest)
                fail_msg("%s: %zu pairs, slip %zu (%zu, after %u), disorder %u, parity %u, "
                         "swallowed %u, highest %u",
                         cases[i].title, table.count, table.slip, table.slip_count,
                         (unsigned)table.slip_after, (unsigned)table.disorder,
                         (unsigned)table.bad_parity, (unsigned)table.swallowed,
                         (unsigned)table.highest);
            assert_int_equal(machine_table_is_damaged(&table),
                             odd || cases[i].slip_count || cases[i].is_unterminated);
            machine_table_release(&table);
            free(exact);
        }
    }
}

static void names_are_found_by_their_indices(void **state)
{
    static const WCHAR units[] = TEXT16("2\0two\0"
                                        "8\0late\0"
                                        "4\0four\0"
                                        "4\0again\0"
                                        "6\0\xE4\0"
                                        "2\0second\0");
    struct machine_table table = { .language = 9 };

    (void)state;
    assert_int_equal(machine_table_read(&table, units, sizeof(units)), ERROR_SUCCESS);
    assert_int_equal(table.count, 4);
    for (uint32_t index = 0; index < 10; index++) {
        const struct machine_name *name = machine_table_find(&table, index);
        const bool is_there = index % 2 == 0 && index > 0;

        assert_int_equal(name != NULL, is_there);
        if (name)
            assert_int_equal(name->index, index);
        assert_int_equal(machine_table_from(&table, index), index < 2 ? 0 : (index - 1) / 2);
    }
    /* Of equal indices the first in the table. */
    assert_true(machine_table_is(&table, 2, "two") && machine_table_is(&table, 4, "four") &&
                machine_table_is(&table, 8, "late"));
    assert_false(machine_table_is(&table, 2, "tw"));
    assert_false(machine_table_is(&table, 2, "twos"));
    assert_false(machine_table_is(&table, 2, "twi"));
    assert_false(machine_table_is(&table, 3, "two"));
    assert_false(machine_table_is(&table, 10, ""));
    assert_int_equal(machine_table_count_between(&table, 2, 8), 4);
    assert_int_equal(machine_table_count_between(&table, 3, 7), 2);
    assert_int_equal(machine_table_count_between(&table, 9, 20), 0);
    machine_table_release(&table);
    machine_table_release(&table);
}

/* As many as the first array has places. The bytes end with the last text. */
static void the_end_of_a_table_has_no_index(void **state)
{
    static const WCHAR units[] = TEXT16("2\0a\0004294967295\0b\0");
    struct machine_table table = { .language = 9 };

    (void)state;
    assert_true(machine_table_index_at(&table, 0) == UINT64_MAX);
    assert_int_equal(machine_table_read(&table, units, sizeof(units)), ERROR_SUCCESS);
    assert_int_equal(table.count, 2);
    assert_true(machine_table_index_at(&table, 0) == 2);
    assert_true(machine_table_index_at(&table, 1) == UINT32_MAX);
    assert_true(machine_table_index_at(&table, 2) == UINT64_MAX);
    assert_true(machine_table_index_at(&table, 3) == UINT64_MAX);
    machine_table_release(&table);
}

static void sixteen_names_are_searched_to_the_last(void **state)
{
    WCHAR *exact = malloc(16 * 5 * sizeof(WCHAR));
    struct machine_table table = { .language = 9 };
    size_t length = 0;

    (void)state;
    assert_non_null(exact);
    for (unsigned i = 0; i < 16; i++) {
        exact[length++] = (WCHAR)('1' + i / 8);
        exact[length++] = (WCHAR)('0' + i % 8);
        exact[length++] = 0;
        exact[length++] = 'a';
        exact[length++] = 0;
    }
    WCHAR *shorter = realloc(exact, --length * sizeof(WCHAR));
    assert_non_null(shorter);
    exact = shorter;
    assert_int_equal(machine_table_read(&table, exact, length * sizeof(WCHAR)), ERROR_SUCCESS);
    assert_int_equal(table.count, 16);
    assert_true(machine_table_is(&table, 27, "a"));
    assert_false(machine_table_is(&table, 27, "b"));
    assert_null(machine_table_find(&table, 28));
    machine_table_release(&table);
    free(exact);
}

static void a_text_is_shown_up_to_60_characters(void **state)
{
    WCHAR units[62];
    char shown[64];
    struct machine_name name = { .index = 2, .text = units };
    struct text_pool pool = { 0 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(units); i++)
        units[i] = 'a';
    memset(shown, 'a', 60);
    name.length = 3;
    assert_string_equal(machine_table_text(&name, &pool), "aaa");
    name.length = 60;
    shown[60] = 0;
    assert_string_equal(machine_table_text(&name, &pool), shown);
    name.length = 61;
    strcpy(shown + 60, "...");
    assert_string_equal(machine_table_text(&name, &pool), shown);
    text_pool_release(&pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_swallows_its_neighbour_is_read_to_its_end_only),
        cmocka_unit_test(each_damage_is_described),
        cmocka_unit_test(names_are_found_by_their_indices),
        cmocka_unit_test(the_end_of_a_table_has_no_index),
        cmocka_unit_test(sixteen_names_are_searched_to_the_last),
        cmocka_unit_test(a_text_is_shown_up_to_60_characters),
    };

    return cmocka_run_group_tests_name("machine_table", tests, NULL, NULL);
}
