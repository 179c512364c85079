/* SPDX-License-Identifier: MIT
 *
 * text.c: conversion between UTF-8 and UTF-16, with bad input of every kind and every buffer size.
 */
#include "unit.h"

#include <stdlib.h>

#include "text.h"

/* One character of each length, in both encodings, and the result of invalid bytes. */
static const struct conversion {
    const char *name;
    const char *utf8;
    WCHAR utf16[8];
    bool exact; /* the conversion back gives the same bytes */
} conversions[] = {
    { "nothing", "", { 0 }, true },
    { "ASCII", "a~", { 'a', '~', 0 }, true },
    { "two bytes, first and last", "\xC2\x80\xDF\xBF", { 0x80, 0x7FF, 0 }, true },
    { "three bytes, first and last", "\xE0\xA0\x80\xEF\xBF\xBF", { 0x800, 0xFFFF, 0 }, true },
    { "below the surrogates", "\xED\x9F\xBF", { 0xD7FF, 0 }, true },
    { "above the surrogates", "\xEE\x80\x80", { 0xE000, 0 }, true },
    { "four bytes, first", "\xF0\x90\x80\x80", { 0xD800, 0xDC00, 0 }, true },
    { "four bytes, last", "\xF4\x8F\xBF\xBF", { 0xDBFF, 0xDFFF, 0 }, true },
    { "a lone continuation byte", "\x80x", { 0xFFFD, 'x', 0 }, false },
    { "an overlong slash", "\xC0\xAF", { 0xFFFD, 0xFFFD, 0 }, false },
    { "an overlong three-byte form", "\xE0\x9F\xBF", { 0xFFFD, 0xFFFD, 0xFFFD, 0 }, false },
    { "an encoded surrogate", "\xED\xA0\x80", { 0xFFFD, 0xFFFD, 0xFFFD, 0 }, false },
    { "above U+10FFFF", "\xF4\x90\x80\x80", { 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0 }, false },
    { "a byte that UTF-8 never has", "\xFF", { 0xFFFD, 0 }, false },
    { "cut after two of three bytes", "\xE2\x82", { 0xFFFD, 0 }, false },
    { "cut, then ASCII", "\xF0\x9F\x98z", { 0xFFFD, 'z', 0 }, false },
};

static void utf8_becomes_utf16_and_each_bad_part_one_replacement(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(conversions); i++) {
        const struct conversion *it = &conversions[i];
        WCHAR result[16];
        size_t units = text_from_utf8(it->utf8, strlen(it->utf8), result, UNIT_COUNT(result));

        if (units != text_length(it->utf16) ||
            memcmp(result, it->utf16, (units + 1) * sizeof(WCHAR)) != 0)
            fail_msg("%s: %zu units, the first 0x%04x", it->name, units, (unsigned)result[0]);
    }
}

static void valid_text_survives_the_way_to_utf16_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(conversions); i++) {
        const struct conversion *it = &conversions[i];
        char result[32];

        if (!it->exact)
            continue;
        size_t length = text_length(it->utf16);
        size_t size = text_to_utf8(it->utf16, length, result, sizeof(result));
        if (size != strlen(it->utf8) || strcmp(result, it->utf8) != 0)
            fail_msg("%s: %zu bytes: %s", it->name, size, result);
        if (text_utf8_size(it->utf16, length) != size)
            fail_msg("%s: text_utf8_size says %zu", it->name, text_utf8_size(it->utf16, length));
    }
}

static void unpaired_surrogates_become_replacements(void **state)
{
    static const struct {
        WCHAR units[4];
        size_t length;
        const char *utf8;
    } cases[] = {
        { { 0xD800 }, 1, "\xEF\xBF\xBD" },
        { { 0xDC00 }, 1, "\xEF\xBF\xBD" },
        { { 0xDC00, 0xD800 }, 2, "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { { 0xD800, 'x' }, 2, "\xEF\xBF\xBDx" },
        { { 0xD800, 0xD83D, 0xDE00 }, 3, "\xEF\xBF\xBD\xF0\x9F\x98\x80" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        char result[32];

        text_to_utf8(cases[i].units, cases[i].length, result, sizeof(result));
        assert_string_equal(result, cases[i].utf8);
        assert_false(text_is_valid(cases[i].units, cases[i].length));
    }
}

static void utf16_is_cut_at_a_whole_character_at_every_size(void **state)
{
    const char *text = "a\xF0\x9F\x98\x80z"; /* 1, 2 and 1 units */
    static const size_t fits[] = { 0, 0, 1, 1, 3, 4, 4 };
    WCHAR result[8];

    (void)state;
    for (size_t count = 1; count < UNIT_COUNT(fits); count++) {
        memset(result, 0x55, sizeof(result));
        assert_int_equal(text_from_utf8(text, strlen(text), result, count), fits[count]);
        assert_int_equal(result[fits[count]], 0);
        assert_int_equal(result[count], 0x5555); /* no byte after the buffer */
    }
}

static void utf8_is_cut_at_a_whole_character_at_every_size(void **state)
{
    static const WCHAR text[] = { 'a', 0x20AC, 0xD83D, 0xDE00, 0 }; /* 1, 3 and 4 bytes */
    static const size_t fits[] = { 0, 0, 1, 1, 1, 4, 4, 4, 4, 8, 8 };
    char result[16];

    (void)state;
    for (size_t size = 1; size < UNIT_COUNT(fits); size++) {
        memset(result, 0x55, sizeof(result));
        assert_int_equal(text_to_utf8(text, 4, result, size), fits[size]);
        assert_int_equal(result[fits[size]], 0);
        assert_int_equal(result[size], 0x55);
    }
}

static void a_source_is_not_read_past_its_length(void **state)
{
    /* In memory from malloc, unterminated and of exactly this size, so that AddressSanitizer
       sees reads beyond it. */
    char *bytes = malloc(2);
    WCHAR *units = malloc(sizeof(WCHAR)), wide[8];
    char narrow[8];

    (void)state;
    assert_non_null(bytes);
    assert_non_null(units);
    memcpy(bytes, "\xE2\x82", 2);
    units[0] = 0xD83D;
    assert_int_equal(text_from_utf8(bytes, 2, wide, 8), 1);
    assert_int_equal(wide[0], 0xFFFD);
    assert_int_equal(text_to_utf8(units, 1, narrow, 8), 3);
    assert_int_equal(text_utf8_size(units, 1), 3);
    assert_false(text_is_valid(units, 1));
    free(bytes);
    free(units);
}

static void a_zero_inside_a_counted_text_is_a_character(void **state)
{
    static const WCHAR text[] = { 'a', 0, 'b' };
    char narrow[8];
    WCHAR wide[8];

    (void)state;
    assert_int_equal(text_to_utf8(text, 3, narrow, 8), 3);
    assert_memory_equal(narrow, "a\0b", 4);
    assert_int_equal(text_from_utf8("a\0b", 3, wide, 8), 3);
    assert_memory_equal(wide, text, sizeof(text));
}

static void valid_utf16_has_pairs_and_no_zero(void **state)
{
    static const WCHAR pair[] = { 0xD83D, 0xDE00 }, zero[] = { 'a', 0 }, replacement[] = { 0xFFFD };

    (void)state;
    assert_true(text_is_valid(TEXT16("Custom Heap"), 11));
    assert_true(text_is_valid(pair, 2));
    assert_true(text_is_valid(replacement, 1)); /* the character itself is valid */
    assert_true(text_is_valid(zero, 0));
    assert_false(text_is_valid(pair, 1));
    assert_false(text_is_valid(pair + 1, 1));
    assert_false(text_is_valid(zero, 2));
}

static void ascii_case_is_ignored_and_only_that(void **state)
{
    static const struct {
        const WCHAR *left, *right;
        const char *left8, *right8;
        bool equal;
    } cases[] = {
        { TEXT16(""), TEXT16(""), "", "", true },
        { TEXT16("Global"), TEXT16("GLOBAL"), "Global", "GLOBAL", true },
        { TEXT16("azAZ09"), TEXT16("AZaz09"), "azAZ09", "AZaz09", true },
        { TEXT16("Global"), TEXT16("Globa"), "Global", "Globa", false },
        { TEXT16("Globa"), TEXT16("Global"), "Globa", "Global", false },
        { TEXT16("["), TEXT16("{"), "[", "{", false }, /* after Z and z: as far apart as letters */
        { TEXT16("@"), TEXT16("`"), "@", "`", false },
        { TEXT16("\u00C4"), TEXT16("\u00E4"), "\xC3\x84", "\xC3\xA4", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        if (text_equal_ignore_case(cases[i].left, cases[i].right) != cases[i].equal)
            fail_msg("UTF-16 %s and %s", cases[i].left8, cases[i].right8);
        if (text_utf8_equal_ignore_case(cases[i].left8, cases[i].right8) != cases[i].equal)
            fail_msg("UTF-8 %s and %s", cases[i].left8, cases[i].right8);
    }
}

static void texts_are_ordered_without_ascii_case_and_the_shorter_first(void **state)
{
    static const char *const ordered[] = { "", "a", "A[", "aA", "ab", "AC", "b", "\xC3\x84" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(ordered); i++)
        for (size_t j = 0; j < UNIT_COUNT(ordered); j++) {
            int order = text_utf8_compare_ignore_case(ordered[i], strlen(ordered[i]), ordered[j],
                                                      strlen(ordered[j]));
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("%s and %s: %d", ordered[i], ordered[j], order);
        }
    assert_int_equal(text_utf8_compare_ignore_case("Name=", 4, "nAME", 4), 0);
}

static void a_file_name_is_what_follows_the_last_separator_of_either_kind(void **state)
{
    (void)state;
    assert_string_equal(text_utf8_file_name("one.dll"), "one.dll");
    assert_string_equal(text_utf8_file_name("a/b\\one.dll"), "one.dll");
    assert_string_equal(text_utf8_file_name("C:\\a/one.dll"), "one.dll");
    assert_string_equal(text_utf8_file_name("lib/libfoo.a(bar.o)"), "libfoo.a(bar.o)");
    assert_string_equal(text_utf8_file_name("a/"), "");
    assert_string_equal(text_utf8_file_name(""), "");
}

static void a_number_is_decimal_of_32_bits_and_nothing_else(void **state)
{
    static const struct {
        WCHAR text[24];
        const char *name;
        bool is_number;
        uint32_t number;
    } cases[] = {
        { TEXT16("0"), "0", true, 0 },
        { TEXT16("007"), "007", true, 7 },
        { TEXT16("4294967295"), "4294967295", true, UINT32_MAX },
        { TEXT16("4294967296"), "4294967296", false, 0 },
        { TEXT16("18446744073709551617"), "2 to the 64th and 1", false, 0 },
        { TEXT16(""), "nothing", false, 0 },
        { TEXT16("12x"), "12x", false, 0 },
        { TEXT16(" 1"), "a blank", false, 0 },
        { TEXT16("-1"), "-1", false, 0 },
        { TEXT16("\uFF11"), "a digit that is not ASCII", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint32_t number = 12345;
        bool is_number = text_parse_number(cases[i].text, text_length(cases[i].text), &number);

        if (is_number != cases[i].is_number || number != (is_number ? cases[i].number : 12345))
            fail_msg("%s: %u", cases[i].name, (unsigned)number);
    }
}

static void every_code_point_survives_the_way_there_and_back(void **state)
{
    (void)state;
    for (uint32_t point = 1; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 17) {
        WCHAR units[3], again[3];
        char bytes[8];
        size_t length = point < 0x10000 ? 1 : 2;

        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        units[0] = (WCHAR)(length == 1 ? point : 0xD800 + ((point - 0x10000) >> 10));
        units[1] = (WCHAR)(length == 1 ? 0 : 0xDC00 + ((point - 0x10000) & 0x3FF));
        units[length] = 0;
        size_t size = text_to_utf8(units, length, bytes, sizeof(bytes));
        if (size != (point < 0x80      ? 1u
                     : point < 0x800   ? 2u
                     : point < 0x10000 ? 3u
                                       : 4u) ||
            text_from_utf8(bytes, size, again, 3) != length ||
            memcmp(units, again, (length + 1) * sizeof(WCHAR)) != 0)
            fail_msg("U+%04X: %zu bytes", (unsigned)point, size);
    }
}

static void a_copy_is_the_same_text_elsewhere(void **state)
{
    static const char text[] = "ein Wörterbuch";
    char *copy = text_utf8_copy(text), *empty = text_utf8_copy("");

    (void)state;
    assert_string_equal(copy, text);
    assert_ptr_not_equal(copy, text);
    assert_string_equal(empty, "");
    assert_null(text_utf8_copy(NULL));
    free(copy);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_becomes_utf16_and_each_bad_part_one_replacement),
        cmocka_unit_test(valid_text_survives_the_way_to_utf16_and_back),
        cmocka_unit_test(unpaired_surrogates_become_replacements),
        cmocka_unit_test(utf16_is_cut_at_a_whole_character_at_every_size),
        cmocka_unit_test(utf8_is_cut_at_a_whole_character_at_every_size),
        cmocka_unit_test(a_source_is_not_read_past_its_length),
        cmocka_unit_test(a_zero_inside_a_counted_text_is_a_character),
        cmocka_unit_test(valid_utf16_has_pairs_and_no_zero),
        cmocka_unit_test(ascii_case_is_ignored_and_only_that),
        cmocka_unit_test(texts_are_ordered_without_ascii_case_and_the_shorter_first),
        cmocka_unit_test(a_file_name_is_what_follows_the_last_separator_of_either_kind),
        cmocka_unit_test(a_copy_is_the_same_text_elsewhere),
        cmocka_unit_test(a_number_is_decimal_of_32_bits_and_nothing_else),
        cmocka_unit_test(every_code_point_survives_the_way_there_and_back),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
