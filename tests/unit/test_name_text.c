/* SPDX-License-Identifier: MIT
 *
 * name_text.c: names of a data block as UTF-8. The bytes are in memory of exactly their size, so
 * that a sanitizer sees every read beyond them.
 */
#include "unit.h"

#include "name_text.h"
#include "wintypes.h"

static void a_name_becomes_utf8(void **state)
{
    static const struct {
        const char *name;
        uint32_t code_page;
        size_t size;
        const char *bytes, *text;
    } cases[] = {
        { "nothing", 0, 0, "", "" },
        { "ASCII", 0, 4, "a\0b\0", "ab" },
        { "five units of ASCII", 0, 10, "a\0b\0c\0d\0e\0", "abcde" },
        { "eight units of ASCII", 0, 16, "a\0b\0c\0d\0e\0f\0g\0h\0", "abcdefgh" },
        { "a terminator", 0, 6, "a\0\0\0b\0", "a" },
        { "a terminator among four units", 0, 10, "a\0b\0\0\0d\0e\0", "ab" },
        { "a terminator that is the fourth unit", 0, 10, "a\0b\0c\0\0\0e\0", "abc" },
        { "half a unit at the end", 0, 3, "a\0b", "a" },
        { "U+007F and U+0080 among four", 0, 8, "a\0\x7F\0\x80\0b\0",
          "a\x7F\xC2\x80"
          "b" },
        { "U+0100, whose low byte is 0, among four", 0, 8, "a\0\0\1b\0c\0",
          "a\xC4\x80"
          "bc" },
        { "U+FFFF", 0, 2, "\xFF\xFF", "\xEF\xBF\xBF" },
        { "U+D7FF and U+E000, beside the surrogates", 0, 4, "\xFF\xD7\0\xE0",
          "\xED\x9F\xBF\xEE\x80\x80" },
        { "the lowest pair", 0, 4, "\0\xD8\0\xDC", "\xF0\x90\x80\x80" },
        { "the highest pair", 0, 4, "\xFF\xDB\xFF\xDF", "\xF4\x8F\xBF\xBF" },
        { "a pair whose second half is outside", 0, 2, "\0\xD8", "\xEF\xBF\xBD" },
        { "a pair with half of its second half", 0, 3, "\0\xD8\0", "\xEF\xBF\xBD" },
        { "a first half without second", 0, 4,
          "\0\xD8"
          "a\0",
          "\xEF\xBF\xBD"
          "a" },
        { "a second half alone", 0, 4,
          "\0\xDC"
          "a\0",
          "\xEF\xBF\xBD"
          "a" },
        { "a second half after a letter", 0, 4, "a\0\0\xDC", "a\xEF\xBF\xBD" },
        { "two second halves", 0, 4, "\0\xDC\0\xDC", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "the last second half alone", 0, 2, "\xFF\xDF", "\xEF\xBF\xBD" },
        { "bytes in UTF-8", 65001, 3, "a\xC3\xA4", "a\xC3\xA4" },
        { "bytes in Latin 1", 1252, 2, "a\xE4", "a\xC3\xA4" },
        { "bytes in Latin 1, then ASCII", 1252, 3,
          "\xE4"
          "bc",
          "\xC3\xA4"
          "bc" },
        { "bytes with a terminator", 1252, 4, "ab\0c", "ab" },
        { "no bytes", 1252, 0, "", "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct output output = { 0 };
        unsigned char *exact = malloc(cases[i].size);

        memcpy(exact, cases[i].bytes, cases[i].size);
        name_text_add(&output, (struct span){ exact, cases[i].size }, cases[i].code_page);
        if (output.size != strlen(cases[i].text) ||
            memcmp(output.data ? output.data : "", cases[i].text, output.size) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, output.data);
        output_release(&output);
        free(exact);
    }
}

/* Four units are read at once, and two make a pair: what follows the name would complete either. */
static void what_follows_a_name_is_not_part_of_it(void **state)
{
    static const WCHAR letters[] = TEXT16("abcdefghijklmnop");
    static const WCHAR pair[] = { 0xD83D, 0xDE00 };
    struct output output = { 0 };

    (void)state;
    for (size_t count = 0; count <= 9; count++) {
        output_clear(&output);
        name_text_add(&output, (struct span){ (const unsigned char *)letters, 2 * count }, 0);
        assert_int_equal(output.size, count);
        assert_memory_equal(output.data ? output.data : "", "abcdefghi", count);
    }
    output_clear(&output);
    name_text_add(&output, (struct span){ (const unsigned char *)pair, 2 }, 0);
    assert_int_equal(output.size, 3);
    assert_memory_equal(output.data, "\xEF\xBF\xBD", 3); /* U+FFFD */
    output_clear(&output);
    name_text_add(&output, (struct span){ NULL, 0 }, 1252);
    assert_int_equal(output.size, 0);
    output_release(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_becomes_utf8),
        cmocka_unit_test(what_follows_a_name_is_not_part_of_it),
    };

    return cmocka_run_group_tests_name("name_text", tests, NULL, NULL);
}
