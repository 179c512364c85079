/* SPDX-License-Identifier: MIT
 *
 * Tests of name_table.c, which reads name tables, and of name_pairs.c, which changes them.
 */
#include "unit.h"

#include "name_pairs.h"
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
    assert_null(name_table_find(&table, 0x009, NAME_TABLE_COUNTER, 3)); /* 4 follows */
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
        { "the highest index", TEXT16("2\0two\0004294967295\0x\0006\0six\0"), 26, SIZE_MAX, true,
          true },
        { "and the one after it", TEXT16("2\0two\0004294967296\0x\0006\0six\0"), 26, 6, true,
          true },
        { "an empty text", TEXT16("2\0two\0006\0\0"), 10, 6, true, false },
        { "an index that ends with the data", TEXT16("2\0two\0006\0six\0"), 7, 6, true, false },
        { "a text that ends with the data", TEXT16("2\0two\0006\0six\0"), 10, 6, true, false },
        { "two that are broken", TEXT16("x\0y\0002\0two\0z\0006\0six\0"), 19, 0, true, true },
        { "an empty text before others", TEXT16("4\0\0002\0two\0006\0six\0"), 16, 0, true, true },
        { "something after the terminator", TEXT16("2\0two\0\0x"), 8, 8, true, false },
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

/* The table is in memory of its size, so that a sanitizer sees every read after it. */
static void a_table_may_end_anywhere(void **state)
{
    static const WCHAR data[] = TEXT16("2\0two\0x\0006\0six\00010\0ten\0");

    (void)state;
    for (size_t length = 0; length <= UNIT_COUNT(data); length++) {
        WCHAR *copy = malloc(length * sizeof(*copy) + !length);
        struct name_table table = { 0 };
        size_t broken;

        memcpy(copy, data, length * sizeof(*copy));
        assert_int_equal(name_table_add(&table, 9, NAME_TABLE_COUNTER, copy, length, &broken), 0);
        name_table_release(&table);
        free(copy);
    }
}

/* As many pairs as the memory of an array has at first: what is read beyond them is outside of it. */
static void sixteen_pairs_are_sorted_and_merged_inside_their_memory(void **state)
{
    WCHAR data[16 * 5 + 1];

    (void)state;
    for (unsigned first = 0; first < 16; first++) { /* in order, and with each of them first */
        struct name_table table = { 0 };
        size_t at = 0;

        for (unsigned i = 0; i < 16; i++) {
            const unsigned index = 10 + (first + i) % 16;

            data[at++] = (WCHAR)('0' + index / 10);
            data[at++] = (WCHAR)('0' + index % 10);
            data[at++] = 0;
            data[at++] = (WCHAR)('A' + index - 10);
            data[at++] = 0;
        }
        data[at++] = 0;
        assert_int_equal(ADD(&table, NAME_TABLE_COUNTER, "9\0first\00099\0last\0", NULL), 0);
        assert_int_equal(name_table_add(&table, 9, NAME_TABLE_COUNTER, data, at, NULL), 0);
        assert_int_equal(table.count, 18); /* the 16 pairs, "first" and "last" */
        for (uint32_t index = 10; index < 26; index++) {
            const char *text = name_table_find(&table, 9, NAME_TABLE_COUNTER, index);

            if (!text || text[0] != (char)('A' + index - 10))
                fail_msg("beginning with %u: text of %u is %s", first, (unsigned)index, text);
        }
        assert_string_equal(table.entries[0].text, "first");
        assert_string_equal(table.entries[17].text, "last");
        name_table_release(&table);
    }
}

/* Numbers of pairs around the powers of two, by which the sort doubles its steps. */
static void any_number_of_pairs_is_sorted(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 70; count++) {
        WCHAR data[70 * 5 + 1];
        struct name_table table = { 0 };
        size_t at = 0;

        for (unsigned i = count; i-- > 0;) { /* from the highest index down */
            data[at++] = (WCHAR)('0' + i / 10);
            data[at++] = (WCHAR)('0' + i % 10);
            data[at++] = 0;
            data[at++] = (WCHAR)('0' + i);
            data[at++] = 0;
        }
        data[at++] = 0;
        assert_int_equal(name_table_add(&table, 9, NAME_TABLE_COUNTER, data, at, NULL), 0);
        assert_int_equal(table.count, count);
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(table.entries[i].index, i);
        name_table_release(&table);
    }
}

static void of_two_values_for_a_language_the_earlier_one_counts(void **state)
{
    struct name_table table = { 0 };

    (void)state;
    assert_int_equal(ADD(&table, NAME_TABLE_COUNTER, "2\0one\0", NULL), 0);
    assert_int_equal(ADD(&table, NAME_TABLE_COUNTER, "2\0other\0", NULL), 0);
    assert_string_equal(name_table_find(&table, 9, NAME_TABLE_COUNTER, 2), "one");
    name_table_release(&table);
}

static void languages_come_in_any_order(void **state)
{
    static const uint32_t languages[] = { 12, 9, 0x416, 7 };
    struct name_table table = { 0 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(languages); i++)
        assert_int_equal(
            name_table_add(&table, languages[i], NAME_TABLE_COUNTER, TEXT16("2\0a\0"), 5, NULL), 0);
    for (size_t i = 0; i < UNIT_COUNT(languages); i++) {
        const struct name_table_entry *at =
            name_table_next(&table, languages[i], NAME_TABLE_COUNTER, 0);

        assert_non_null(name_table_find(&table, languages[i], NAME_TABLE_COUNTER, 2));
        assert_int_equal(at->language, languages[i]);
        assert_null(name_table_after(&table, at)); /* the same kind in another language follows */
        assert_null(name_table_next(&table, languages[i], NAME_TABLE_COUNTER, 3));
    }
    name_table_release(&table);
}

/* One unit in memory of its own, so that a sanitizer sees what is read before it. */
static void a_table_of_one_unit_is_empty(void **state)
{
    WCHAR *data = calloc(1, sizeof(*data));
    struct name_table table = { 0 };
    size_t broken = 7;

    (void)state;
    assert_int_equal(name_table_add(&table, 9, NAME_TABLE_COUNTER, data, 1, &broken), 0);
    assert_true(broken == SIZE_MAX);
    assert_int_equal(table.count, 0);
    free(data);
}

static void the_next_entry_is_of_the_same_language_and_kind(void **state)
{
    struct name_table table = { 0 };

    (void)state;
    assert_int_equal(
        name_table_add(&table, 9, NAME_TABLE_COUNTER, TEXT16("2\0a\0004\0b\0"), 9, NULL), 0);
    assert_int_equal(name_table_add(&table, 9, NAME_TABLE_HELP, TEXT16("3\0c\0"), 5, NULL), 0);
    assert_int_equal(name_table_add(&table, 12, NAME_TABLE_COUNTER, TEXT16("2\0d\0"), 5, NULL), 0);

    const struct name_table_entry *at = name_table_next(&table, 9, NAME_TABLE_COUNTER, 0);
    assert_string_equal(at->text, "a");
    assert_ptr_equal(name_table_next(&table, 9, NAME_TABLE_COUNTER, 2), at);
    at = name_table_after(&table, at);
    assert_string_equal(at->text, "b");
    assert_ptr_equal(name_table_next(&table, 9, NAME_TABLE_COUNTER, 3), at);
    assert_null(name_table_after(&table, at)); /* help texts follow */
    assert_null(name_table_next(&table, 9, NAME_TABLE_COUNTER, 5));
    at = name_table_next(&table, 9, NAME_TABLE_HELP, 0);
    assert_string_equal(at->text, "c");
    assert_null(name_table_after(&table, at)); /* another language follows */
    assert_null(name_table_next(&table, 9, NAME_TABLE_HELP, 4));
    at = name_table_next(&table, 12, NAME_TABLE_COUNTER, 2);
    assert_string_equal(at->text, "d");
    assert_null(name_table_after(&table, at)); /* the last of all */
    assert_null(name_table_next(&table, 12, NAME_TABLE_COUNTER, 3));
    name_table_release(&table);
}

static void a_language_with_help_texts_only_is_there(void **state)
{
    struct name_table table = { 0 };

    (void)state;
    assert_false(name_table_has_language(&table, 9));
    assert_int_equal(ADD(&table, NAME_TABLE_HELP, "3\0c\0", NULL), 0);
    assert_true(name_table_has_language(&table, 9));
    assert_false(name_table_has_language(&table, 8));
    assert_false(name_table_has_language(&table, 10));
    name_table_release(&table);
}

/* ---- as stored: name_pairs.c --------------------------------------------------------------------- */

static void pairs_are_in_order_and_terminated(void **state)
{
    static const struct {
        const char *name;
        WCHAR data[32];
        size_t size; /* bytes */
        size_t count;
        const char *problem; /* NULL: none */
    } cases[] = {
        { "all is well", TEXT16("2\0two\0006\0six\0"), 26, 2, NULL },
        { "what follows the terminator does not count", TEXT16("2\0two\0\0006\0"), 20, 1, NULL },
        { "no table at all", TEXT16(""), 0, 0, NULL },
        { "an empty list", TEXT16(""), 2, 0, NULL },
        { "half a unit", TEXT16(""), 1, 0, "odd number of bytes" },
        { "half a unit more", TEXT16("2\0two\0"), 15, 0, "odd number of bytes" },
        { "the highest index", TEXT16("4294967295\0x\0"), 28, 1, NULL },
        { "and the one after it", TEXT16("4294967296\0x\0"), 28, 0,
          "at character 0 there is no index" },
        { "a word", TEXT16("2\0a\0x\0b\0"), 18, 0, "at character 4 there is no index" },
        { "an index that ends with the data", TEXT16("2\0a\0006"), 10, 0,
          "character 4 there is no" },
        { "an index without a text", TEXT16("2\0a\0006\0"), 12, 0, "text of index 6 is missing" },
        { "an empty text", TEXT16("2\0a\0006\0\0"), 14, 0, "text of index 6 is missing" },
        { "a text that ends with the data", TEXT16("2\0a\0006\0b"), 14, 0, "text of index 6" },
        { "no terminator of the list", TEXT16("2\0a\0"), 8, 0,
          "terminator of the list is missing" },
        { "the same index twice", TEXT16("2\0a\0002\0b\0"), 18, 0,
          "index 2 follows 2 (at character 4)" },
        { "the next index", TEXT16("2\0a\0003\0b\0"), 18, 2, NULL },
        { "an index that is lower", TEXT16("2\0a\0001\0b\0"), 18, 0, "index 1 follows 2" },
        { "index 0", TEXT16("0\0a\0001\0b\0"), 18, 2, NULL },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct name_pairs pairs = { .count = 99 };
        char problem[200] = "";
        void *data = malloc(cases[i].size + 1);

        memcpy(data, cases[i].data, cases[i].size);
        const bool is_good =
            name_pairs_parse(data, cases[i].size, &pairs, problem, sizeof(problem));
        if (is_good != !cases[i].problem || pairs.count != (is_good ? cases[i].count : 99) ||
            (!is_good && !strstr(problem, cases[i].problem)))
            fail_msg("%s: %zu pairs, \"%s\"", cases[i].name, pairs.count, problem);
        free(data);
    }
}

static void a_range_of_pairs_is_left_out_with_both_of_its_ends(void **state)
{
    static const WCHAR data[] = TEXT16("2\0a\0004\0b\0006\0c\0008\0d\0");
    static const struct {
        uint32_t first, last;
        const char *left; /* the texts */
    } cases[] = {
        { 4, 6, "ad" },        { 3, 7, "ad" },   { 5, 6, "abd" },
        { 4, 5, "acd" },       { 0, 1, "abcd" }, { 9, UINT32_MAX, "abcd" },
        { 0, UINT32_MAX, "" }, { 6, 4, "abcd" },
    };
    struct name_pairs pairs;
    char problem[200];

    (void)state;
    assert_true(name_pairs_parse(data, sizeof(data), &pairs, problem, sizeof(problem)));
    assert_int_equal(pairs.highest, 8);
    assert_int_equal(pairs.length, 16);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct reg_buffer result = { 0 };
        char left[8] = "";

        name_pairs_copy_without(&pairs, cases[i].first, cases[i].last, &result);
        const WCHAR *units = (const WCHAR *)(const void *)result.data;
        for (size_t at = 2; at < result.size / sizeof(WCHAR); at += 4)
            left[at / 4] = (char)units[at];
        if (strcmp(left, cases[i].left) != 0 || result.size != 8 * strlen(left))
            fail_msg("%u to %u: \"%s\" is left", (unsigned)cases[i].first, (unsigned)cases[i].last,
                     left);
        reg_buffer_release(&result);
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
        cmocka_unit_test(a_table_may_end_anywhere),
        cmocka_unit_test(sixteen_pairs_are_sorted_and_merged_inside_their_memory),
        cmocka_unit_test(any_number_of_pairs_is_sorted),
        cmocka_unit_test(of_two_values_for_a_language_the_earlier_one_counts),
        cmocka_unit_test(languages_come_in_any_order),
        cmocka_unit_test(a_table_of_one_unit_is_empty),
        cmocka_unit_test(the_next_entry_is_of_the_same_language_and_kind),
        cmocka_unit_test(a_language_with_help_texts_only_is_there),
        cmocka_unit_test(pairs_are_in_order_and_terminated),
        cmocka_unit_test(a_range_of_pairs_is_left_out_with_both_of_its_ends),
        cmocka_unit_test(texts_may_be_in_any_script),
    };

    return cmocka_run_group_tests_name("name_table", tests, NULL, NULL);
}
