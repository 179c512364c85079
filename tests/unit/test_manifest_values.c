/* SPDX-License-Identifier: MIT
 *
 * manifest_values.c, manifest_words.c and manifest_messages.c: each kind of value at its limits, the sizes of
 * counters, and the list of messages when it is full.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "manifest_values.h"

/* A text of so many copies of a part. The caller frees it. */
static char *repeated(const char *part, size_t count)
{
    const size_t length = strlen(part);
    char *text = malloc(count * length + 1);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, part, length);
    text[count * length] = 0;
    return text;
}

/* Whether a text is accepted. It is kept as it is, or not at all. */
static bool accepts(manifest_parser *parse, const char *value)
{
    char *member = NULL;
    const bool is_accepted = parse(value, &member) == NULL;

    if (is_accepted && *value)
        assert_string_equal(member, value);
    else
        assert_null(member);
    free(member);
    return is_accepted;
}

static void a_text_is_not_empty(void **state)
{
    (void)state;
    assert_true(accepts(manifest_values_parse_TEXT, "a"));
    assert_true(accepts(manifest_values_parse_TEXT, "\n"));
    assert_false(accepts(manifest_values_parse_TEXT, ""));
}

static void a_text_replaces_the_one_before(void **state)
{
    char *member = NULL;

    (void)state;
    assert_null(manifest_values_parse_TEXT("first", &member));
    assert_null(manifest_values_parse_TEXT("second", &member));
    assert_string_equal(member, "second");
    free(member);
}

static void a_name_is_one_line(void **state)
{
    (void)state;
    assert_true(accepts(manifest_values_parse_NAME, " "));
    assert_true(accepts(manifest_values_parse_NAME, "\x7F"));
    assert_true(accepts(manifest_values_parse_NAME, "\xC3\xA4"));
    assert_false(accepts(manifest_values_parse_NAME, ""));
    assert_false(accepts(manifest_values_parse_NAME, "a\x1F"));
    assert_false(accepts(manifest_values_parse_NAME, "a\nb"));
}

/* Characters count, not bytes. */
static void a_name_has_a_longest_length(void **state)
{
    static const char *const parts[] = { "a", "\xC3\xA4", "\xE6\xBC\xA2", "\xF0\x9F\x8C\x8A" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(parts); i++) {
        char *longest = repeated(parts[i], 1023), *longer = repeated(parts[i], 1024);

        assert_true(accepts(manifest_values_parse_NAME, longest));
        assert_false(accepts(manifest_values_parse_NAME, longer));
        free(longest);
        free(longer);
    }
}

static void a_symbol_is_an_identifier_of_c(void **state)
{
    static const struct {
        const char *value;
        bool is_symbol;
    } cases[] = {
        { "a", true },   { "z", true },   { "A", true },    { "Z", true },         { "_", true },
        { "a0", true },  { "a9", true },  { "aZz_", true }, { "0", false },        { "9", false },
        { "9a", false }, { "`", false },  { "{", false },   { "@", false },        { "[", false },
        { "a/", false }, { "a:", false }, { "a b", false }, { "\xC3\xA4", false }, { "a-", false },
        { "^", false },  { "-", false },
    };
    char *longest = repeated("a", 255), *longer = repeated("a", 256);

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (accepts(manifest_values_parse_SYMBOL, cases[i].value) != cases[i].is_symbol ||
            accepts(manifest_values_parse_IDENTIFIER, cases[i].value) != cases[i].is_symbol)
            fail_msg("%s", cases[i].value);
    assert_true(accepts(manifest_values_parse_SYMBOL, longest));
    assert_false(accepts(manifest_values_parse_SYMBOL, longer));
    assert_true(accepts(manifest_values_parse_SYMBOL, "")); /* as if it were not there */
    assert_false(accepts(manifest_values_parse_IDENTIFIER, ""));
    free(longest);
    free(longer);
}

static void a_guid_has_one_form(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "01234567-89ab-cdef-ABCD-EF9876543210",
        "{01234567-89ab-cdef-ABCD-EF987654321}",
        "{01234567-89ab-cdef-ABCD-EF98765432100}",
        "{01234567-89ab-cdef-ABCD-EF9876543210}0",
        "(01234567-89ab-cdef-ABCD-EF9876543210)",
        "{01234567-89ab-cdef-ABCD-EF9876543210)",
        "{01234567089ab-cdef-ABCD-EF9876543210}",
        "{0123456-789ab-cdef-ABCD-EF9876543210}",
        "{0123456g-89ab-cdef-ABCD-EF9876543210}",
        "{0123456`-89ab-cdef-ABCD-EF9876543210}",
        "{0123456G-89ab-cdef-ABCD-EF9876543210}",
        "{0123456@-89ab-cdef-ABCD-EF9876543210}",
        "{0123456/-89ab-cdef-ABCD-EF9876543210}",
        "{0123456:-89ab-cdef-ABCD-EF9876543210}",
        "{01234567-89ab-cdef-ABCD-EF987654321 }",
    };
    static const GUID expected = {
        0x01234567, 0x89AB, 0xCDEF, { 0xAB, 0xCD, 0xEF, 0x98, 0x76, 0x54, 0x32, 0x10 }
    };
    GUID guid = { 0 };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        static const GUID none = { 0 };

        if (!manifest_values_parse_GUID(wrong[i], &guid))
            fail_msg("%s", wrong[i]);
        assert_memory_equal(&guid, &none, sizeof(guid));
    }
    assert_null(manifest_values_parse_GUID("{01234567-89ab-cdef-ABCD-EF9876543210}", &guid));
    assert_memory_equal(&guid, &expected, sizeof(guid));
}

static void a_number_has_32_bits(void **state)
{
    static const struct {
        const char *value;
        bool is_number;
        uint32_t number;
    } cases[] = {
        { "0", true, 0 },
        { "00", true, 0 },
        { "9", true, 9 },
        { "10", true, 10 },
        { "0000000000012", true, 12 },
        { "4294967295", true, 4294967295u },
        { "4294967296", false, 0 },
        { "18446744073709551617", false, 0 }, /* 2^64 + 1 */
        { "99999999999999999999999999999999", false, 0 },
        { "0x0", true, 0 },
        { "0xf", true, 15 },
        { "0XaF", true, 0xAF },
        { "0x12345678", true, 0x12345678 },
        { "0xFFFFFFFF", true, 0xFFFFFFFF },
        { "0x000000001", false, 0 }, /* nine digits */
        { "0x", false, 0 },
        { "0xg", false, 0 },
        { "0x 1", false, 0 },
        { "1x1", false, 0 },
        { "0y1", false, 0 },
        { "x1", false, 0 },
        { "", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "+1", false, 0 },
        { "-1", false, 0 },
        { "1a", false, 0 },
        { "a", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct manifest_number number = { 77, false };
        const bool is_number = manifest_values_parse_NUMBER(cases[i].value, &number) == NULL;

        if (is_number != cases[i].is_number || number.is_given != cases[i].is_number ||
            number.value != (is_number ? cases[i].number : 77))
            fail_msg("%s: %u", cases[i].value, (unsigned)number.value);
    }
}

static void a_scale_is_a_power_of_ten(void **state)
{
    static const struct {
        const char *value;
        bool is_scale;
        int32_t scale;
    } cases[] = {
        { "0", true, 0 },    { "-0", true, 0 },           { "10", true, 10 },  { "-10", true, -10 },
        { "0xA", true, 10 }, { "-3", true, -3 },          { "11", false, 0 },  { "-11", false, 0 },
        { "", false, 0 },    { "-", false, 0 },           { "--1", false, 0 }, { "+1", false, 0 },
        { "a", false, 0 },   { "-4294967295", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        int32_t scale = 77;
        const bool is_scale = manifest_values_parse_SCALE(cases[i].value, &scale) == NULL;

        if (is_scale != cases[i].is_scale || scale != (is_scale ? cases[i].scale : 77))
            fail_msg("%s: %d", cases[i].value, (int)scale);
    }
}

static void there_are_three_versions(void **state)
{
    static const struct {
        const char *value;
        uint32_t version;
    } cases[] = { { "1.0", 100 }, { "1.1", 101 }, { "2.0", 200 }, { "2.1", 7 },
                  { "", 7 },      { "1", 7 },     { "1.10", 7 } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint32_t version = 7;

        assert_int_equal(manifest_values_parse_VERSION(cases[i].value, &version) != NULL,
                         cases[i].version == 7);
        assert_int_equal(version, cases[i].version);
    }
}

static void a_flag_has_two_words(void **state)
{
    static const struct {
        manifest_parser *parse;
        const char *off, *on;
    } cases[] = { { manifest_values_parse_MODE, "userMode", "kernelMode" },
                  { manifest_values_parse_CALLBACK, "default", "custom" } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        bool flag = false;

        assert_null(cases[i].parse(cases[i].on, &flag));
        assert_true(flag);
        assert_non_null(cases[i].parse("", &flag));
        assert_non_null(cases[i].parse("KernelMode", &flag));
        assert_true(flag);
        assert_null(cases[i].parse(cases[i].off, &flag));
        assert_false(flag);
    }
}

/* Types are in lower case; other words are as they are. */
static void each_word_of_a_list_is_accepted(void **state)
{
    static const struct {
        manifest_parser *parse;
        const struct manifest_word *words;
    } lists[] = { { manifest_values_parse_DETAIL, manifest_words_details },
                  { manifest_values_parse_INSTANCES, manifest_words_instances },
                  { manifest_values_parse_AGGREGATE, manifest_words_aggregates } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lists); i++) {
        const struct manifest_word *found = NULL;

        for (const struct manifest_word *word = lists[i].words; word->text; word++) {
            assert_null(lists[i].parse(word->text, &found));
            assert_ptr_equal(found, word);
        }
        assert_non_null(lists[i].parse("", &found));
        assert_non_null(lists[i].parse("Standard", &found));
        assert_non_null(lists[i].parse("singles", &found));
        assert_non_null(found);
    }
}

static void a_type_is_one_that_a_manifest_may_have(void **state)
{
    static const char *const wrong[] = {
        "perf_counter_nodata",        "perf_counter_histogram_type", "perf_counter_composite",
        "PERF_COUNTER_RAWCOUNT",      "perf_counter_rawcoun",        "perf_counter_rawcount_",
        "perf_counter_rawcount_hexa", "perf_counter_rowcount",       "",
    };
    const struct manifest_word *found = NULL;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        if (!manifest_values_parse_TYPE(wrong[i], &found))
            fail_msg("%s", wrong[i]);
        assert_null(found);
    }
    assert_non_null(
        strstr(manifest_values_parse_TYPE("perf_counter_nodata", &found), "not allowed"));
    assert_non_null(
        strstr(manifest_values_parse_TYPE("perf_counter_histogram_type", &found), "not allowed"));
    assert_non_null(strstr(manifest_values_parse_TYPE("perf_counter_composite", &found),
                           "has no counter type"));
    assert_null(manifest_values_parse_TYPE("perf_counter_rawcount", &found));
    assert_string_equal(found->text, "PERF_COUNTER_RAWCOUNT");
    assert_null(manifest_values_parse_TYPE("perf_counter_multi_base", &found));
    assert_string_equal(found->text, "PERF_COUNTER_MULTI_BASE");
    assert_null(manifest_values_parse_TYPE("perf_100nsec_timer", &found));
    assert_string_equal(found->text, "PERF_100NSEC_TIMER");
}

static void each_attribute_is_given_once(void **state)
{
    uint32_t bits = 0, all = 0;

    (void)state;
    for (const struct manifest_word *word = manifest_words_attributes; word->text; word++) {
        assert_null(manifest_values_parse_ATTRIBUTES(word->text, &bits));
        all |= word->value;
        assert_int_equal(bits, all);
        assert_non_null(manifest_values_parse_ATTRIBUTES(word->text, &bits));
        assert_int_equal(bits, all);
    }
    bits = 0;
    assert_non_null(manifest_values_parse_ATTRIBUTES("", &bits));
    assert_non_null(manifest_values_parse_ATTRIBUTES("nodisplay", &bits));
    assert_int_equal(bits, 0);
}

static void the_type_decides_the_size_of_a_value(void **state)
{
    /* PERF_COUNTER_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT and PERF_COUNTER_TEXT: 0x300 are the bits of the size. */
    static const struct {
        uint32_t type, size;
    } cases[] = { { 0x00010000, 4 }, { 0x00010100, 8 }, { 0x00000B00, 4 }, { 0x40000200, 4 } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct manifest_word type = { "type", cases[i].type, "TYPE" };
        const struct manifest_counter counter = { .type = &type };

        assert_int_equal(manifest_words_value_size(&counter), cases[i].size);
    }
}

#define LIMIT UNIT_COUNT(((struct manifest_messages *)NULL)->items)

static void add(struct manifest_messages *messages, size_t count, bool is_warning, const char *text)
{
    for (size_t i = 0; i < count; i++)
        manifest_messages_add(messages, is_warning, (struct xml_place){ 7, 8 }, "%s %u", text,
                              (unsigned)i + 1);
}

static void messages_are_kept_up_to_a_limit(void **state)
{
    static struct manifest_messages messages;

    (void)state;
    add(&messages, 1, true, "warning");
    assert_false(messages.has_error);
    assert_int_equal(messages.items[0].place.line, 7);
    assert_int_equal(messages.items[0].place.column, 8);
    add(&messages, 1, false, "error");
    add(&messages, 1, true, "warning");
    assert_true(messages.has_error);
    assert_true(messages.items[0].is_warning && !messages.items[1].is_warning);
    add(&messages, LIMIT - 3, false, "error");
    assert_int_equal(messages.count, LIMIT);
    assert_string_equal(messages.items[LIMIT - 1].text, "error 61");
    add(&messages, 1, false, "error");
    assert_int_equal(messages.count, LIMIT);
    assert_string_equal(messages.items[LIMIT - 1].text, "error 61");
}

/* A manifest that is refused has an error that says why. */
static void the_first_error_is_kept_in_any_case(void **state)
{
    static struct manifest_messages messages;

    (void)state;
    add(&messages, LIMIT + 1, true, "warning");
    assert_false(messages.has_error);
    assert_string_equal(messages.items[LIMIT - 1].text, "warning 64");
    add(&messages, 2, false, "error");
    add(&messages, 1, true, "warning");
    assert_true(messages.has_error);
    assert_int_equal(messages.count, LIMIT);
    assert_string_equal(messages.items[LIMIT - 2].text, "warning 63");
    assert_string_equal(messages.items[LIMIT - 1].text, "error 1");
    assert_false(messages.items[LIMIT - 1].is_warning);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_not_empty),
        cmocka_unit_test(a_text_replaces_the_one_before),
        cmocka_unit_test(a_name_is_one_line),
        cmocka_unit_test(a_name_has_a_longest_length),
        cmocka_unit_test(a_symbol_is_an_identifier_of_c),
        cmocka_unit_test(a_guid_has_one_form),
        cmocka_unit_test(a_number_has_32_bits),
        cmocka_unit_test(a_scale_is_a_power_of_ten),
        cmocka_unit_test(there_are_three_versions),
        cmocka_unit_test(a_flag_has_two_words),
        cmocka_unit_test(each_word_of_a_list_is_accepted),
        cmocka_unit_test(a_type_is_one_that_a_manifest_may_have),
        cmocka_unit_test(each_attribute_is_given_once),
        cmocka_unit_test(the_type_decides_the_size_of_a_value),
        cmocka_unit_test(messages_are_kept_up_to_a_limit),
        cmocka_unit_test(the_first_error_is_kept_in_any_case),
    };

    return cmocka_run_group_tests_name("manifest_values", tests, NULL, NULL);
}
