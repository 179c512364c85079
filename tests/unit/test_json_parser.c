/* SPDX-License-Identifier: MIT
 *
 * The JSON reader: values, order, limits, and what is not JSON.
 */
#include "unit.h"

#include "json_parser.h"

static struct json_parser reader_of(const char *text)
{
    struct json_parser json;

    json_parser_init(&json, text, strlen(text));
    return json;
}

static void members_come_in_order_and_unknown_ones_are_skipped(void **state)
{
    struct json_parser json =
        reader_of("\xEF\xBB\xBF{ \"skipped\": [1, {\"deep\": [[], {}, null, true, -1.5e3]}], "
                  "\"number\": 17,\n"
                  "\"text\": \"a\\u00e4\\ud83d\\ude00\\n\", \"nothing\": null }\n");
    char key[16], *text = NULL, *nothing = (char *)1;
    uint64_t number = 0;
    int seen = 0;

    (void)state;
    assert_true(json_parser_begin_object(&json));
    while (json_parser_next_member(&json, key, sizeof(key))) {
        seen++;
        if (strcmp(key, "number") == 0)
            assert_true(json_parser_unsigned(&json, &number));
        else if (strcmp(key, "text") == 0)
            assert_true(json_parser_string(&json, &text));
        else if (strcmp(key, "nothing") == 0)
            assert_true(json_parser_string(&json, &nothing));
        else
            assert_true(json_parser_skip(&json));
    }
    assert_true(json_parser_end(&json));
    assert_int_equal(seen, 4);
    assert_int_equal(number, 17);
    assert_string_equal(text, "a\xC3\xA4\xF0\x9F\x98\x80\n");
    assert_null(nothing);
    free(text);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {
        "",         "x",     "[",         "[1",          "[1 2]",
        "[1,",      "[1,]x", "{\"a\"}",   "{\"a\" 1}",   "{\"a\": }",
        "{a: 1}",   "[\"a]", "[\"\\x\"]", "[\"\\u12\"]", "[\"\\u0000\"]",
        "[\"\t\"]", "[nul]", "[1] [",     "[+]]",        "{\"a\": 1}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_parser json = reader_of(texts[i]);

        json_parser_skip(&json);
        if (json_parser_end(&json))
            fail_msg("taken for JSON: %s", texts[i]);
        assert_non_null(json.problem);
    }
}

static void depth_is_limited_and_numbers_are(void **state)
{
    char text[2 * JSON_PARSER_DEPTH + 3] = "";
    uint64_t number = 1;
    struct json_parser json;

    (void)state;
    for (size_t depth = JSON_PARSER_DEPTH; depth <= JSON_PARSER_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        json_parser_init(&json, text, 2 * depth);
        assert_int_equal(json_parser_skip(&json), depth == JSON_PARSER_DEPTH);
    }
    json = reader_of("18446744073709551615");
    assert_true(json_parser_unsigned(&json, &number));
    assert_true(number == UINT64_MAX);
    static const char *const bad[] = { "18446744073709551616", "-1", "1.5", "\"1\"", "1e3" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json = reader_of(bad[i]);
        number = 7;
        assert_false(json_parser_unsigned(&json, &number));
        assert_int_equal(number, 7);
    }
}

static void every_cut_of_a_text_ends_with_a_problem(void **state)
{
    static const char text[] = "{\"a\": [1, \"\\ud83d\\ude00\", {\"b\": null}], \"c\": true}";

    (void)state;
    for (size_t size = 0; size < strlen(text); size++) {
        char *copy = malloc(size + !size); /* so that a sanitizer sees every read beyond the text */
        struct json_parser json;

        assert_non_null(copy);
        memcpy(copy, text, size);
        json_parser_init(&json, copy, size);
        json_parser_skip(&json);
        assert_false(json_parser_end(&json));
        free(copy);
    }
}

/* The text is in memory of exactly its size. NULL for `value`: refused. */
static void a_string_has_escapes_and_no_half_pairs(void **state)
{
    static const struct {
        const char *json, *value;
    } cases[] = {
        { "\"\"", "" },
        { "\" \"", " " },
        { "\"\x1F\"", NULL },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"\\a\"", NULL },
        { "\"\\", NULL },
        { "\"\\u", NULL },
        { "\"\\u004", NULL },
        { "\"\\u0041", NULL },
        { "\"\\u0041\"", "A" },
        { "\"\\u0039\\u003a\\u003F\"", "9:?" },
        { "\"\\u00aA\\u00fF\"", "\xC2\xAA\xC3\xBF" },
        { "\"\\u004/\"", NULL },
        { "\"\\u004:\"", NULL },
        { "\"\\u004@\"", NULL },
        { "\"\\u004G\"", NULL },
        { "\"\\u004`\"", NULL },
        { "\"\\u004g\"", NULL },
        { "\"\\u004h\"", NULL },
        { "\"\\x0041\"", NULL },
        { "\"\\u0041\\uDC00\"", "A\xEF\xBF\xBD" },
        { "x\"", NULL },
        { "\"\\u0000\"", NULL },
        { "\"\\uD7FF\\uE000\"", "\xED\x9F\xBF\xEE\x80\x80" },
        { "\"\\uD800\\uDC00\"", "\xF0\x90\x80\x80" },
        { "\"\\uDBFF\\uDFFF\"", "\xF4\x8F\xBF\xBF" },
        { "\"\\uD800\"", "\xEF\xBF\xBD" },
        { "\"\\uDC00\"", "\xEF\xBF\xBD" },
        { "\"\\uDFFF\"", "\xEF\xBF\xBD" },
        { "\"\\uD800\\n\"", "\xEF\xBF\xBD\n" },
        { "\"\\uD800xu0041\"", "\xEF\xBF\xBDxu0041" },
        { "\"\\uD800\\uDBFF\"", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\"\\uD800\\uE000\"", "\xEF\xBF\xBD\xEE\x80\x80" },
        { "\"\\uDC00\\uDC00\"", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\"\\uD800\\uDC0\"", NULL },
        { "\"\\uD800\\", NULL },
        { "x", NULL },
        { "7", NULL },
        { "nul", NULL },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const size_t size = strlen(cases[i].json);
        char *exact = malloc(size), *text = (char *)1;
        struct json_parser json;

        assert_non_null(exact);
        memcpy(exact, cases[i].json, size);
        json_parser_init(&json, exact, size);
        const bool is_read = json_parser_string(&json, &text);
        if (is_read != (cases[i].value != NULL) || json_parser_end(&json) != is_read ||
            (is_read && strcmp(text ? text : "(null)", cases[i].value) != 0))
            fail_msg("%s: %s", cases[i].json, is_read ? text : json.problem);
        if (text != (char *)1)
            free(text);
        free(exact);
    }
}

/* Digits beside others; a mark of UTF-8 alone; the ends of the words. */
static void values_at_the_end_of_the_text_are_read_to_its_end(void **state)
{
    static const struct {
        const char *json;
        bool is_json;
    } cases[] = {
        { "0", true },
        { "9", true },
        { "/", false },
        { ":", false },
        { "true", true },
        { "tru", false },
        { "truex", false },
        { "false", true },
        { "fals", false },
        { "null", true },
        { "nul", false },
        { "-1.5e+3", true },
        { "\xEF\xBB\xBF"
          "1",
          true },
        { "\xEF\xBB\xBF", false },
        { "\xEF\xBB", false },
        { "1 \t\r\n", true },
        { "1\v", false },
        { "\"x\"", true },
        { "{}", true },
        { "{\"a\":1,}", false },
        { "[,1]", false },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const size_t size = strlen(cases[i].json);
        char *exact = malloc(size);
        struct json_parser json;

        assert_non_null(exact);
        memcpy(exact, cases[i].json, size);
        json_parser_init(&json, exact, size);
        const bool is_skipped = json_parser_skip(&json), is_at_end = json_parser_end(&json);
        if ((is_skipped && is_at_end) != cases[i].is_json)
            fail_msg("%s: %s", cases[i].json, json.problem ? json.problem : "taken");
        if (!is_skipped && is_at_end)
            fail_msg("%s: an end after a problem", cases[i].json);
        free(exact);
    }
    uint64_t number = 7;
    struct json_parser json = reader_of("0");
    assert_true(json_parser_unsigned(&json, &number));
    assert_int_equal(number, 0);
    json = reader_of("9");
    assert_true(json_parser_unsigned(&json, &number));
    assert_int_equal(number, 9);
    json = reader_of(":");
    assert_false(json_parser_unsigned(&json, &number));
    json = reader_of("/");
    assert_false(json_parser_unsigned(&json, &number));
}

/* The bytes after the text would continue it. NULL for `problem`: it is read up to its end. */
static void what_follows_a_text_is_not_part_of_it(void **state)
{
    static const char *const texts[][3] = {
        /* text, what follows it, problem */
        { "1", "2", NULL },
        { "1", " ", NULL },
        { "1", ".", NULL },
        { "true", " ", NULL },
        { "tru", "e", "a value is expected here" },
        { "\"a", "\"", "a text has no end" },
        { "\"\\", "n\"", "an escape that JSON does not have" },
        { "\"\\u004", "1\"", "\\u needs four hexadecimal digits" },
        { "\"\\uD800", "\\u0041\"", "a text has no end" },
        { "\xEF\xBB",
          "\xBF"
          "1",
          "a value is expected here" },
        { "", "1", "a value is expected here" },
        { "[", "]", "a value is expected here" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct json_parser json;
        char whole[32];

        snprintf(whole, sizeof(whole), "%s%s", texts[i][0], texts[i][1]);
        json_parser_init(&json, whole, strlen(texts[i][0]));
        const bool is_skipped = json_parser_skip(&json);
        if (is_skipped != !texts[i][2] || json_parser_end(&json) != is_skipped ||
            json.at > json.size || (json.problem && strcmp(json.problem, texts[i][2]) != 0))
            fail_msg("%s: %s at %zu", texts[i][0], json.problem, json.at);
    }
    uint64_t number;
    struct json_parser json;
    json_parser_init(&json, "12", 1);
    assert_true(json_parser_unsigned(&json, &number));
    assert_int_equal(number, 1);
    json_parser_init(&json, "1.", 1);
    assert_true(json_parser_unsigned(&json, &number));
}

static void a_zero_byte_is_not_the_end(void **state)
{
    struct json_parser json;
    uint64_t number;

    (void)state;
    json_parser_init(&json, "1\0x", 3);
    assert_true(json_parser_unsigned(&json, &number));
    assert_false(json_parser_end(&json));
    assert_string_equal(json.problem, "something follows the end");
    json_parser_init(&json, "1\0", 2);
    assert_true(json_parser_skip(&json));
    assert_int_equal(json.at, 1);
    assert_false(json_parser_end(&json));
}

/* Each call finds what it wants, but a problem came first. */
static void after_a_problem_nothing_is_read(void **state)
{
    static const char first[] = "an object is expected here";
    uint64_t number = 7;
    char *text = (char *)1, key[4] = "key";

    (void)state;
    for (int call = 0; call < 6; call++) {
        static const char *const texts[] = { "[", "null", "\"x\"", "1", "1", "{\"a\":1}" };
        struct json_parser json = reader_of(texts[call]);

        json.problem = first;
        assert_false(call == 0   ? json_parser_begin_array(&json)
                     : call <= 2 ? json_parser_string(&json, &text)
                     : call == 3 ? json_parser_unsigned(&json, &number)
                     : call == 4 ? json_parser_end(&json)
                                 : json_parser_begin_object(&json));
        assert_ptr_equal(json.problem, first);
        assert_int_equal(json.at, 0);
    }
    struct json_parser json = reader_of("[]");
    assert_true(json_parser_begin_array(&json));
    json.problem = first;
    assert_false(json_parser_next_element(&json));
    assert_false(json_parser_begin_object(&json));
    assert_ptr_equal(json.problem, first);
    assert_int_equal(number, 7);
    json = reader_of("{a: 1}");
    assert_true(json_parser_begin_object(&json));
    assert_false(json_parser_next_member(&json, key, sizeof(key)));
    assert_string_equal(key, "key");
}

static void outside_of_objects_and_arrays_nothing_goes_on(void **state)
{
    static const char *const texts[] = { "]", "}", ", 1" };
    char key[4];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct json_parser json = reader_of(texts[i]);

        assert_false(json_parser_next_element(&json));
        assert_false(json_parser_next_member(&json, key, sizeof(key)));
        assert_int_equal(json.depth, 0);
        assert_int_equal(json.at, 0);
    }
}

static void a_key_that_is_too_long_writes_nothing_beyond(void **state)
{
    struct json_parser json = reader_of("{\"abcdefghijkl\": 1, \"\": 2}");
    char key[8] = "-------";

    (void)state;
    assert_true(json_parser_begin_object(&json));
    assert_true(json_parser_next_member(&json, key, 4));
    assert_string_equal(key, "");
    assert_string_equal(key + 4, "---");
    assert_true(json_parser_skip(&json));
    key[0] = 'x';
    assert_true(json_parser_next_member(&json, key, 4));
    assert_string_equal(key, "");
}

static void a_long_key_is_one_without_a_request(void **state)
{
    struct json_parser json = reader_of("{\"abcd\": 1, \"abc\": 2}");
    char key[4];

    (void)state;
    assert_true(json_parser_begin_object(&json));
    assert_true(json_parser_next_member(&json, key, sizeof(key)));
    assert_string_equal(key, "");
    assert_true(json_parser_skip(&json));
    assert_true(json_parser_next_member(&json, key, sizeof(key)));
    assert_string_equal(key, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_order_and_unknown_ones_are_skipped),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_limited_and_numbers_are),
        cmocka_unit_test(every_cut_of_a_text_ends_with_a_problem),
        cmocka_unit_test(a_string_has_escapes_and_no_half_pairs),
        cmocka_unit_test(values_at_the_end_of_the_text_are_read_to_its_end),
        cmocka_unit_test(what_follows_a_text_is_not_part_of_it),
        cmocka_unit_test(a_zero_byte_is_not_the_end),
        cmocka_unit_test(after_a_problem_nothing_is_read),
        cmocka_unit_test(outside_of_objects_and_arrays_nothing_goes_on),
        cmocka_unit_test(a_key_that_is_too_long_writes_nothing_beyond),
        cmocka_unit_test(a_long_key_is_one_without_a_request),
    };

    return cmocka_run_group_tests_name("json_parser", tests, NULL, NULL);
}
