/* SPDX-License-Identifier: MIT
 *
 * heap_name.c: which names are clean, at the ends of each range of characters; where names are cut; and to which
 * process a name belongs. Names are in memory of exactly their size.
 */
#include "unit.h"

#include <stdlib.h>

#include "heap_name.h"
#include "text.h"

static bool is_clean(const WCHAR *name, size_t length)
{
    WCHAR *exact = malloc(length * sizeof(*exact) + !length);

    memcpy(exact, name, length * sizeof(*exact));
    const bool result = heap_name_is_clean(exact, length);
    free(exact);
    return result;
}

static void names_have_no_characters_with_a_meaning(void **state)
{
    static const struct {
        WCHAR first, last;
        bool is_blank; /* allowed except at both ends */
    } ranges[] = {
        { 0x0000, 0x001F, false }, { ' ', ' ', true },        { '#', '#', false },
        { '(', '*', false },       { '/', '/', false },       { '\\', '\\', false },
        { 0x007F, 0x009F, false }, { 0x00A0, 0x00A0, true },  { 0x061C, 0x061C, false },
        { 0x2000, 0x200A, true },  { 0x200B, 0x200F, false }, { 0x2028, 0x202E, false },
        { 0x2060, 0x206F, false }, { 0x3000, 0x3000, true },  { 0xD800, 0xDFFF, false },
        { 0xFEFF, 0xFEFF, false }, { 0xFFFE, 0xFFFF, false },
    };

    (void)state;
    for (uint32_t unit = 0; unit <= 0xFFFF; unit++) {
        bool is_inside_good = true, is_end_good = true;

        for (size_t i = 0; i < UNIT_COUNT(ranges); i++)
            if (unit >= ranges[i].first && unit <= ranges[i].last) {
                is_inside_good = ranges[i].is_blank;
                is_end_good = false;
            }
        const WCHAR inside[] = { 'a', (WCHAR)unit, 'b' };
        if (is_clean(inside, 3) != is_inside_good)
            fail_msg("0x%04X inside", (unsigned)unit);
        if (is_clean(inside, 2) != is_end_good)
            fail_msg("0x%04X at the end", (unsigned)unit);
        if (is_clean(inside + 1, 2) != is_end_good)
            fail_msg("0x%04X at the beginning", (unsigned)unit);
    }
}

static void a_clean_name_has_1_to_127_units(void **state)
{
    WCHAR name[HEAP_NAME_LENGTH + 1];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(name); i++)
        name[i] = 'x';
    assert_false(is_clean(name, 0));
    assert_true(is_clean(name, 1));
    assert_true(is_clean(name, HEAP_NAME_LENGTH));
    assert_false(is_clean(name, HEAP_NAME_LENGTH + 1));
}

static void a_cut_keeps_pairs_whole(void **state)
{
    static const struct {
        WCHAR name[4];
        size_t length, capacity, cut;
    } cases[] = {
        { { 'a', 'b', 'c' }, 3, 3, 3 },       { { 'a', 'b', 'c' }, 3, 2, 2 },
        { { 'a', 'b', 'c' }, 3, 0, 0 },       { { 'a', 0xD800, 0xDC00 }, 3, 3, 3 },
        { { 'a', 0xD800, 0xDC00 }, 3, 2, 1 }, { { 'a', 0xDBFF, 0xDC00 }, 3, 2, 1 },
        { { 'a', 0xD7FF, 'c' }, 3, 2, 2 },    { { 0xD800, 0xDC00, 'c' }, 3, 2, 2 },
        { { 0xD800, 0xDC00, 'c' }, 3, 1, 0 }, { { 'a', 0xD800 }, 2, 2, 2 },
        { { 'a', 0xD800, 0xDC00 }, 3, 1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (heap_name_cut(cases[i].name, cases[i].length, cases[i].capacity) != cases[i].cut)
            fail_msg("case %u", (unsigned)i);
    /* If no unit is kept, the unit before the name is not read. */
    WCHAR before[] = { 0xD800, 'a', 'b' };
    assert_int_equal(heap_name_cut(before + 1, 2, 0), 0);
}

static void what_comes_from_outside_is_cleaned(void **state)
{
    static const struct {
        const char *text, *clean;
    } cases[] = {
        { NULL, "else" },
        { "", "else" },
        { "name", "name" },
        { "a b", "a b" },
        { "  a", "__a" },
        { "a  ", "a__" },
        { "   ", "___" },
        { " a b ", "_a b_" },
        { "a/b\\c", "a_b_c" },
        { "(1)", "_1_" },
        { "a\tb\n", "a_b_" },
        { "#", "_" },
        { "a\xC2\xA0", "a_" },
        { "\xE2\x80\x83"
          "a",
          "_a" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        heap_name clean;
        char text[64];
        const size_t length = heap_name_clean(cases[i].text, "else", clean);

        assert_int_equal(clean[length], 0);
        text_to_utf8(clean, length, text, sizeof(text));
        assert_string_equal(text, cases[i].clean);
        assert_true(heap_name_is_clean(clean, length));
    }
}

static void a_long_text_is_cleaned_up_to_127_units(void **state)
{
    char text[4 * (HEAP_NAME_LENGTH + 1) + 2];
    heap_name clean;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t size = HEAP_NAME_LENGTH - 1; size < sizeof(text); size++) {
        char *exact = malloc(size + 1);

        memcpy(exact, text, size);
        exact[size] = '\0';
        assert_int_equal(heap_name_clean(exact, "", clean),
                         size < HEAP_NAME_LENGTH ? size : HEAP_NAME_LENGTH);
        free(exact);
    }
}

/* The UTF-8 of a composed name. */
static const char *composed(const WCHAR *process, const WCHAR *heap, uint32_t suffix)
{
    static char text[512];
    heap_name name;
    const size_t length = heap_name_compose(process, 4294967295u, heap, suffix, name);

    assert_int_equal(name[length], 0);
    assert_true(length <= HEAP_NAME_LENGTH);
    assert_true(heap_name_is_of(name, length, 4294967295u));
    text_to_utf8(name, length, text, sizeof(text));
    return text;
}

/* The process's part has PROCESS_LENGTH (60) units. ":4294967295:" has 12. */
static void a_name_has_a_process_of_60_units_and_127_in_all(void **state)
{
    WCHAR process[62] = { 0 }, heap[130] = { 0 };

    (void)state;
    assert_string_equal(composed(TEXT16("p"), TEXT16("h"), 0), "p:4294967295:h");
    assert_string_equal(composed(TEXT16("p"), TEXT16("h"), 1), "p:4294967295:h:1");
    for (size_t i = 0; i < 61; i++)
        process[i] = 'p';
    assert_int_equal(strlen(composed(process, TEXT16("h"), 0)), 60 + 12 + 1);
    process[60] = 0;
    assert_int_equal(strlen(composed(process, TEXT16("h"), 0)), 60 + 12 + 1);
    process[59] = 0;
    assert_int_equal(strlen(composed(process, TEXT16("h"), 0)), 59 + 12 + 1);
    for (size_t i = 0; i < 129; i++)
        heap[i] = 'h';
    assert_int_equal(strlen(composed(TEXT16("p"), heap, 0)), HEAP_NAME_LENGTH);
    assert_string_equal(composed(TEXT16("p"), heap, 12) + HEAP_NAME_LENGTH - 5, "hh:12");
    heap[HEAP_NAME_LENGTH - 13] = ' '; /* the first one that is cut off: 13 units are before it */
    assert_string_equal(composed(TEXT16("p"), heap, 0) + HEAP_NAME_LENGTH - 2, "hh");
    heap[HEAP_NAME_LENGTH - 14] = ' '; /* the last one that is kept */
    assert_string_equal(composed(TEXT16("p"), heap, 0) + HEAP_NAME_LENGTH - 2, "h_");
}

static void a_name_is_of_the_process_whose_number_follows_its_first_part(void **state)
{
    static const struct {
        const WCHAR *name;
        bool is_of;
    } cases[] = {
        { TEXT16("p:12:h"), true },   { TEXT16("p:12:"), true },    { TEXT16("p:12"), false },
        { TEXT16(":12:h"), false },   { TEXT16("p:123:h"), false }, { TEXT16("p:1:h"), false },
        { TEXT16("p:q:12:h"), true }, { TEXT16("p:13:h"), false },  { TEXT16("p"), false },
        { TEXT16(""), false },        { TEXT16("p12:h"), false },
    };
    WCHAR name[70];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const size_t length = text_length(cases[i].name);
        WCHAR *exact = malloc(length * sizeof(*exact) + !length);

        memcpy(exact, cases[i].name, length * sizeof(*exact));
        if (heap_name_is_of(exact, length, 12) != cases[i].is_of)
            fail_msg("case %u", (unsigned)i);
        free(exact);
    }
    assert_true(heap_name_is_of(TEXT16("p:12:h"), 5, 12));
    assert_false(heap_name_is_of(TEXT16("p:12:h"), 4, 12)); /* what follows is not its own */
    assert_false(heap_name_is_of(TEXT16("p:12:h"), 3, 12));
    for (size_t i = 0; i < UNIT_COUNT(name); i++)
        name[i] = 'p';
    memcpy(name + 60, TEXT16(":12:h"), 5 * sizeof(*name));
    assert_true(heap_name_is_of(name, 65, 12));
    name[60] = 'p';
    memcpy(name + 61, TEXT16(":12:h"), 5 * sizeof(*name));
    assert_false(heap_name_is_of(name, 66, 12));
}

static void a_hash_is_of_all_units_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(heap_name_hash(TEXT16("abc"), 2), heap_name_hash(TEXT16("abd"), 2));
    assert_int_not_equal(heap_name_hash(TEXT16("abc"), 3), heap_name_hash(TEXT16("abd"), 3));
    assert_int_not_equal(heap_name_hash(TEXT16("bbc"), 3), heap_name_hash(TEXT16("abc"), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_no_characters_with_a_meaning),
        cmocka_unit_test(a_clean_name_has_1_to_127_units),
        cmocka_unit_test(a_cut_keeps_pairs_whole),
        cmocka_unit_test(what_comes_from_outside_is_cleaned),
        cmocka_unit_test(a_long_text_is_cleaned_up_to_127_units),
        cmocka_unit_test(a_name_has_a_process_of_60_units_and_127_in_all),
        cmocka_unit_test(a_name_is_of_the_process_whose_number_follows_its_first_part),
        cmocka_unit_test(a_hash_is_of_all_units_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
