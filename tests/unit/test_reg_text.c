/* SPDX-License-Identifier: MIT
 *
 * reg_text.c: the encoding of a file by its bytes, and the same bytes again when it is written.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_text.h"
#include "registration.h"
#include "text.h"

/* What is known of a text: "UTF-16, mark: a", or the message of an error. Both functions say the same, and the text
   becomes the same bytes again. */
static const char *describe(const char *bytes, size_t size)
{
    static const char *const names[] = { "UTF-16", "UTF-8", "ANSI" };
    static char description[1024];
    struct registration_error errors[2] = { { "" }, { "" } };
    struct reg_text texts[2] = { { 0 }, { 0 } };
    char *exact = malloc(size + !size), *taken = malloc(size + !size);
    char utf8[512];

    assert_true(exact && taken);
    memcpy(exact, bytes, size);
    memcpy(taken, bytes, size);
    const DWORD failure = reg_text_decode(exact, size, "f", "a text", &texts[0], &errors[0]);
    assert_int_equal(reg_text_take(taken, size, "f", "a text", &texts[1], &errors[1]), failure);
    if (failure) {
        assert_string_equal(errors[0].message, errors[1].message);
        assert_true(!texts[0].units && !texts[1].units); /* unchanged */
        snprintf(description, sizeof(description), "%s", errors[0].message);
    } else {
        assert_int_equal(texts[0].length, texts[1].length);
        assert_int_equal(texts[0].encoding, texts[1].encoding);
        assert_int_equal(texts[0].has_mark, texts[1].has_mark);
        assert_memory_equal(texts[0].units, texts[1].units, texts[0].length * sizeof(WCHAR));
        text_to_utf8(texts[0].units, texts[0].length, utf8, sizeof(utf8));
        snprintf(description, sizeof(description), "%s%s: %s", names[texts[0].encoding],
                 texts[0].has_mark ? ", mark" : "", texts[0].length ? utf8 : "");

        void *again = NULL;
        size_t again_size = 0;
        assert_int_equal(reg_text_encode(&texts[0], &again, &again_size), ERROR_SUCCESS);
        if (!strstr(utf8, "\xEF\xBF\xBD")) {
            assert_int_equal(again_size, size);
            if (size)
                assert_memory_equal(again, bytes, size);
        }
        free(again);
        reg_text_release(&texts[0]);
        reg_text_release(&texts[1]);
    }
    free(exact);
    return description;
}

static void bytes_have_the_encoding_that_they_look_like(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *description;
    } cases[] = {
        { "", 0, "UTF-8: " },
        { "a", 1, "UTF-8: a" },
        { "\xFF", 1, "ANSI: \xC3\xBF" },
        { "\xFE", 1, "ANSI: \xC3\xBE" },
        { "a\xEF\xBF", 3, "ANSI: a\xC3\xAF\xC2\xBF" },
        { "\xFF\xFE", 2, "UTF-16, mark: " },
        { "\xFF\xFE"
          "a\0",
          4, "UTF-16, mark: a" },
        { "\xFF\xFE"
          "a",
          3, "f: is UTF-16 with half a character at its end" },
        { "\xFF"
          "a",
          2,
          "ANSI: \xC3\xBF"
          "a" },
        { "a\xFE", 2, "ANSI: a\xC3\xBE" },
        { "a\0b\0", 4, "UTF-16: ab" },
        { "a\0b\0c", 5, "f: is UTF-16 with half a character at its end" },
        { "a\0b", 3, "f:1: a zero character: this is not a text" },
        { "abc\0", 4, "f:1: a zero character" },
        { "a\0bc", 4, "f:1: a zero character" },
        { "a\0b\0\0\0", 6, "f:1: a zero character" },
        { "a\n\nb\0", 5, "f:3: a zero character" },
        { "\xFE\xFF", 2, "f: is big-endian UTF-16" },
        { "\xFE\xFF\0a", 4, "f: is big-endian UTF-16" },
        { "\xFE"
          "a",
          2,
          "ANSI: \xC3\xBE"
          "a" },
        { "a\xFF", 2, "ANSI: a\xC3\xBF" },
        { "\xEF\xBB\xBF", 3, "UTF-8, mark: " },
        { "\xEF\xBB\xBF"
          "a",
          4, "UTF-8, mark: a" },
        { "\xEF\xBB", 2, "ANSI: \xC3\xAF\xC2\xBB" },
        { "\xC3\xA4", 2, "UTF-8: \xC3\xA4" },
        { "\xE4", 1, "ANSI: \xC3\xA4" },
        { "\xEF\xBF\xBD", 3, "UTF-8: \xEF\xBF\xBD" }, /* U+FFFD itself */
        { "\xE4\xEF\xBF\xBD", 4, "ANSI: \xC3\xA4\xC3\xAF\xC2\xBF\xC2\xBD" },
        { "\xF0\x9F\xBF\xBD", 4, "UTF-8: \xF0\x9F\xBF\xBD" }, /* each differs from it in a byte */
        { "\xEF\xBC\xBD", 3, "UTF-8: \xEF\xBC\xBD" },
        { "\xEF\xBF\xBC", 3, "UTF-8: \xEF\xBF\xBC" },
        { "\xEF\xBB\xBF\xE4", 4, "UTF-8, mark: \xEF\xBF\xBD" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *found = describe(cases[i].bytes, cases[i].size);

        if (strncmp(found, cases[i].description, strlen(cases[i].description)) != 0 ||
            (found[0] != 'f' && strlen(found) != strlen(cases[i].description)))
            fail_msg("case %zu: %s", i, found);
    }
}

/* Four units are looked at together. */
static void a_zero_is_found_wherever_it_is(void **state)
{
    (void)state;
    for (size_t length = 2; length <= 11; length++)
        for (size_t zero = 0; zero <= length; zero++) {
            WCHAR units[12] = { 0xFEFF };

            for (size_t i = 0; i < length; i++)
                units[1 + i] = (WCHAR)(i == zero ? 0 : 0x8000 + i);
            const char *found = describe((const char *)units, (1 + length) * sizeof(WCHAR));
            if ((strstr(found, "a zero character") != NULL) != (zero < length))
                fail_msg("%zu of %zu: %s", zero, length, found);
        }
}

static void what_windows_1252_lacks_cannot_be_written(void **state)
{
    static const WCHAR units[] = { 'a', 0, 0x20AC, 0x416 };
    struct reg_text text = { .units = (WCHAR *)(uintptr_t)units,
                             .length = 3,
                             .encoding = REG_ENCODING_ANSI };
    void *data = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(reg_text_encode(&text, &data, &size), ERROR_SUCCESS);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "a\0\x80", 3);
    free(data);
    text.length = 4;
    assert_int_equal(reg_text_encode(&text, &data, &size), ERROR_NO_UNICODE_TRANSLATION);
}

static void an_excerpt_has_at_most_40_characters_and_no_controls(void **state)
{
    static const WCHAR units[] = { 0x1F, ' ', '~', 0x7F, 0x9F, 0xA0 };
    WCHAR many[41];
    char result[168];

    (void)state;
    reg_text_excerpt(units, UNIT_COUNT(units), result);
    assert_string_equal(result, "? ~??\xC2\xA0");
    for (size_t i = 0; i < 41; i++)
        many[i] = 'x';
    reg_text_excerpt(many, 40, result);
    assert_int_equal(strlen(result), 40);
    reg_text_excerpt(many, 41, result);
    assert_string_equal(result + 40, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_the_encoding_that_they_look_like),
        cmocka_unit_test(a_zero_is_found_wherever_it_is),
        cmocka_unit_test(what_windows_1252_lacks_cannot_be_written),
        cmocka_unit_test(an_excerpt_has_at_most_40_characters_and_no_controls),
    };

    return cmocka_run_group_tests_name("reg_text", tests, NULL, NULL);
}
