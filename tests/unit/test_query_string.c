/* SPDX-License-Identifier: MIT
 *
 * Tests query_string.c.
 */
#include "unit.h"

#include "query_string.h"
#include "text.h"

enum {
    G = QUERY_STRING_GLOBAL,
    C = QUERY_STRING_COSTLY,
    F = QUERY_STRING_FOREIGN,
    MG = QUERY_STRING_METADATA_GLOBAL,
    MC = QUERY_STRING_METADATA_COSTLY
};

static const struct {
    const char *name;
    const WCHAR *query;
    uint32_t words;
    size_t index_count;
    uint32_t first; /* index */
    const WCHAR *text, *plain;
} cases[] = {
    { "word", TEXT16("Global"), G, 0, 0, TEXT16("Global"), TEXT16("Global") },
    { "case", TEXT16("gLOBAL"), G, 0, 0, TEXT16("Global"), TEXT16("Global") },
    { "costly", TEXT16("COSTLY"), C, 0, 0, TEXT16("Costly"), TEXT16("Costly") },
    { "old", TEXT16("OLD_Global"), G, 0, 0, TEXT16("Global"), TEXT16("Global") },
    { "old, case", TEXT16("old_metadataglobal"), MG, 0, 0, TEXT16("MetadataGlobal"),
      TEXT16("Global") },
    { "metadata", TEXT16("MetadataCostly"), MC, 0, 0, TEXT16("MetadataCostly"), TEXT16("Costly") },
    { "index", TEXT16("238"), 0, 1, 238, TEXT16("238"), TEXT16("238") },
    { "indices", TEXT16("238 2 4"), 0, 3, 238, TEXT16("238 2 4"), TEXT16("238 2 4") },
    { "duplicates", TEXT16("2 2"), 0, 2, 2, TEXT16("2 2"), TEXT16("2 2") },
    { "blanks", TEXT16("  2\t 4  "), 0, 2, 2, TEXT16("  2\t 4  "), TEXT16("  2\t 4  ") },
    { "leading zero", TEXT16("0238"), 0, 1, 238, TEXT16("0238"), TEXT16("0238") },
    { "largest", TEXT16("4294967295"), 0, 1, 4294967295u, TEXT16("4294967295"),
      TEXT16("4294967295") },
    { "too large", TEXT16("4294967296"), 0, 0, 0, TEXT16("4294967296"), TEXT16("4294967296") },
    { "sign", TEXT16("-1"), 0, 0, 0, TEXT16("-1"), TEXT16("-1") },
    { "hex", TEXT16("0x10"), 0, 0, 0, TEXT16("0x10"), TEXT16("0x10") },
    { "unknown", TEXT16("invalid counter name"), 0, 0, 0, TEXT16("invalid counter name"),
      TEXT16("invalid counter name") },
    { "part of a word", TEXT16("Globa"), 0, 0, 0, TEXT16("Globa"), TEXT16("Globa") },
    { "more than a word", TEXT16("Globals"), 0, 0, 0, TEXT16("Globals"), TEXT16("Globals") },
    { "union", TEXT16("global 238"), G, 1, 238, TEXT16("Global 238"), TEXT16("Global 238") },
    { "foreign", TEXT16("foreign"), F, 0, 0, TEXT16("Foreign"), TEXT16("Foreign") },
    { "foreign computer", TEXT16("foreign HOST 12 global"), F, 0, 0,
      TEXT16("Foreign HOST 12 global"), TEXT16("Foreign HOST 12 global") },
    { "empty", TEXT16(""), 0, 0, 0, TEXT16(""), TEXT16("") },
    { "blanks only", TEXT16(" \t "), 0, 0, 0, TEXT16(" \t "), TEXT16(" \t ") },
};

static bool same(const WCHAR *left, const WCHAR *right)
{
    return text_length(left) == text_length(right) &&
           memcmp(left, right, text_length(left) * sizeof(*left)) == 0;
}

static void a_query_selects_what_its_tokens_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct query_string query;
        assert_int_equal(query_string_parse(&query, cases[i].query), ERROR_SUCCESS);
        if (query.kind != QUERY_STRING_DATA || query.words != cases[i].words ||
            query.index_count != cases[i].index_count ||
            (query.index_count && query.indices[0] != cases[i].first) ||
            !same(query.text, cases[i].text) || !same(query.plain_text, cases[i].plain))
            fail_msg("%s: words %u, %u indices", cases[i].name, (unsigned)query.words,
                     (unsigned)query.index_count);
        query_string_release(&query);
    }
}

static void no_name_selects_nothing(void **state)
{
    struct query_string query;

    (void)state;
    assert_int_equal(query_string_parse(&query, NULL), ERROR_SUCCESS);
    assert_int_equal(query.kind, QUERY_STRING_DATA);
    assert_false(query_string_selects(&query));
    assert_false(query_string_concerns(&query, false, NULL, 0));
    query_string_release(&query);
}

static void name_tables_are_asked_for_by_language(void **state)
{
    static const struct {
        const WCHAR *query;
        enum query_string_kind kind;
        uint32_t language;
    } names[] = {
        { TEXT16("Counter 009"), QUERY_STRING_NAMES, 9 },
        { TEXT16("counter 00C"), QUERY_STRING_NAMES, 12 },
        { TEXT16("Counter 9"), QUERY_STRING_NAMES, 9 },
        { TEXT16("Counter"), QUERY_STRING_NAMES, 9 },
        { TEXT16("Help 407"), QUERY_STRING_HELP, 0x407 },
        { TEXT16("Explain 009"), QUERY_STRING_HELP, 9 },
        { TEXT16("Counter xyz"), QUERY_STRING_NAMES, 9 },
        { TEXT16("Counters 009"), QUERY_STRING_NAMES, 9 },
        { TEXT16("cOuNtErwine"), QUERY_STRING_NAMES, 9 },
        { TEXT16("hElPwine"), QUERY_STRING_HELP, 9 },
        { TEXT16("Explainwine"), QUERY_STRING_DATA, 9 },
        { TEXT16("Count"), QUERY_STRING_DATA, 9 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        struct query_string query;
        assert_int_equal(query_string_parse(&query, names[i].query), ERROR_SUCCESS);
        assert_int_equal(query.kind, names[i].kind);
        assert_int_equal(query.language, names[i].language);
        query_string_release(&query);
    }
}

static void indices_go_to_those_whose_list_has_them(void **state)
{
    static const uint32_t list[] = { 2, 238 };
    struct query_string query;

    (void)state;
    assert_int_equal(query_string_parse(&query, TEXT16("4 238")), ERROR_SUCCESS);
    assert_true(query_string_concerns(&query, true, list, 2));
    assert_false(query_string_concerns(&query, true, list, 1));
    assert_false(query_string_concerns(&query, true, NULL, 0));
    assert_true(query_string_concerns(&query, false, NULL, 0));
    query_string_release(&query);
    assert_int_equal(query_string_parse(&query, TEXT16("Global")), ERROR_SUCCESS);
    assert_true(query_string_concerns(&query, true, NULL, 0));
    query_string_release(&query);
}

static void a_very_long_query_is_parsed_whole(void **state)
{
    enum { COUNT = 100000 };
    WCHAR *text = malloc((COUNT * 2 + 1) * sizeof(*text));
    struct query_string query;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        text[i * 2] = '7';
        text[i * 2 + 1] = ' ';
    }
    text[COUNT * 2] = 0;
    assert_int_equal(query_string_parse(&query, text), ERROR_SUCCESS);
    assert_int_equal(query.index_count, COUNT);
    query_string_release(&query);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_selects_what_its_tokens_say),
        cmocka_unit_test(no_name_selects_nothing),
        cmocka_unit_test(name_tables_are_asked_for_by_language),
        cmocka_unit_test(indices_go_to_those_whose_list_has_them),
        cmocka_unit_test(a_very_long_query_is_parsed_whole),
    };

    return cmocka_run_group_tests_name("query_string", tests, NULL, NULL);
}
