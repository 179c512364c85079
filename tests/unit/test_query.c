/* SPDX-License-Identifier: MIT
 *
 * Query strings: which of three objects each selects. The index 238 is a part of the text of 2380;
 * 500 is costly.
 */
#include "unit.h"

#include "query.h"

#define NOTHING QUERY_NOTHING
#define METADATA QUERY_METADATA
#define DATA QUERY_DATA

static const struct {
    const char *name;
    const WCHAR *text;
    enum query_answer global_238, global_2380, costly_500;
} cases[] = {
    { "NULL", NULL, NOTHING, NOTHING, NOTHING },
    { "empty", TEXT16(""), NOTHING, NOTHING, NOTHING },
    { "only blanks", TEXT16(" \t  "), NOTHING, NOTHING, NOTHING },
    { "Global", TEXT16("Global"), DATA, DATA, NOTHING },
    { "Costly", TEXT16("Costly"), NOTHING, NOTHING, DATA },
    { "case does not count", TEXT16("gLOBAL"), DATA, DATA, NOTHING },
    { "case does not count, costly", TEXT16("COSTLY"), NOTHING, NOTHING, DATA },
    { "blanks around", TEXT16("  Global\t"), DATA, DATA, NOTHING },
    { "prefix of a word", TEXT16("Globa"), NOTHING, NOTHING, NOTHING },
    { "longer word", TEXT16("Globally"), NOTHING, NOTHING, NOTHING },
    { "two words in one", TEXT16("GlobalCostly"), NOTHING, NOTHING, NOTHING },
    { "union of words", TEXT16("Global Costly"), DATA, DATA, DATA },
    { "an index", TEXT16("238"), DATA, NOTHING, NOTHING },
    { "an index that contains another", TEXT16("2380"), NOTHING, DATA, NOTHING },
    { "a list", TEXT16("2 2380 4 238"), DATA, DATA, NOTHING },
    { "a list with tabs", TEXT16("2\t238"), DATA, NOTHING, NOTHING },
    { "a costly object by its index", TEXT16("500"), NOTHING, NOTHING, DATA },
    { "leading zeros", TEXT16("000238"), DATA, NOTHING, NOTHING },
    { "many leading zeros", TEXT16("00000000000000000000000000238"), DATA, NOTHING, NOTHING },
    { "a word and an index", TEXT16("Costly 238"), DATA, NOTHING, DATA },
    { "plus sign", TEXT16("+238"), NOTHING, NOTHING, NOTHING },
    { "minus sign", TEXT16("-238"), NOTHING, NOTHING, NOTHING },
    { "hexadecimal", TEXT16("0xEE"), NOTHING, NOTHING, NOTHING },
    { "digits and letters", TEXT16("238a"), NOTHING, NOTHING, NOTHING },
    { "comma", TEXT16("238,2380"), NOTHING, NOTHING, NOTHING },
    { "2^32 + 238", TEXT16("4294967534"), NOTHING, NOTHING, NOTHING },
    { "2^64 + 238", TEXT16("18446744073709551854"), NOTHING, NOTHING, NOTHING },
    { "too large, then ours", TEXT16("99999999999999999999999 238"), DATA, NOTHING, NOTHING },
    { "Foreign", TEXT16("Foreign"), NOTHING, NOTHING, NOTHING },
    { "Foreign and a computer", TEXT16("Foreign SERVER"), NOTHING, NOTHING, NOTHING },
    { "Foreign and our index", TEXT16("Foreign SERVER 238"), NOTHING, NOTHING, NOTHING },
    { "Foreign with our index at once", TEXT16("foreign 238"), NOTHING, NOTHING, NOTHING },
    { "Foreign and Global", TEXT16(" FOREIGN Global"), NOTHING, NOTHING, NOTHING },
    { "Foreign after a word", TEXT16("Global Foreign"), DATA, DATA, NOTHING },
    { "MetadataGlobal", TEXT16("MetadataGlobal"), METADATA, METADATA, NOTHING },
    { "MetadataCostly", TEXT16("metadatacostly"), NOTHING, NOTHING, METADATA },
    { "data goes before metadata", TEXT16("MetadataGlobal 238"), DATA, METADATA, NOTHING },
    { "OLD_Global", TEXT16("OLD_Global"), NOTHING, NOTHING, NOTHING },
    { "unknown words", TEXT16("no such thing"), NOTHING, NOTHING, NOTHING },
    { "unknown words around ours", TEXT16("no 238 such"), DATA, NOTHING, NOTHING },
    { "full-width digits", TEXT16("\uFF12\uFF13\uFF18"), NOTHING, NOTHING, NOTHING },
    { "high unit whose low byte is G", TEXT16("\u0147lobal"), NOTHING, NOTHING, NOTHING },
    { "Kelvin sign in no keyword", TEXT16("\u212A238"), NOTHING, NOTHING, NOTHING },
    { "no-break space is no blank", TEXT16("238\u00A02380"), NOTHING, NOTHING, NOTHING },
    { "Explain 009", TEXT16("Explain 009"), NOTHING, NOTHING, NOTHING },
};

static void each_query_selects_what_the_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct query query;

        query_parse(&query, cases[i].text);
        if (query_wants(&query, 238, false) != cases[i].global_238 ||
            query_wants(&query, 2380, false) != cases[i].global_2380 ||
            query_wants(&query, 500, true) != cases[i].costly_500)
            fail_msg("%s", cases[i].name);
    }
}

static void the_largest_index_is_an_index(void **state)
{
    struct query query;

    (void)state;
    query_parse(&query, TEXT16("4294967295"));
    assert_int_equal(query_wants(&query, UINT32_MAX, false), QUERY_DATA);
    query_parse(&query, TEXT16("4294967296"));
    assert_int_equal(query_wants(&query, 0, false), QUERY_NOTHING);
}

static void an_index_at_the_end_of_a_huge_list_is_found(void **state)
{
    const size_t length = 8u << 20;
    WCHAR *text = malloc((length + 1) * sizeof(WCHAR));
    struct query query;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = i % 2 ? ' ' : '7';
    memcpy(text + length - 4, TEXT16(" 238"), 4 * sizeof(WCHAR));
    text[length] = 0;
    query_parse(&query, text);
    assert_int_equal(query_wants(&query, 238, false), QUERY_DATA);
    assert_int_equal(query_wants(&query, 8, false), QUERY_NOTHING);
    free(text);
}

static void a_huge_word_selects_nothing(void **state)
{
    const size_t length = 8u << 20;
    WCHAR *text = malloc((length + 1) * sizeof(WCHAR));
    struct query query;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < length; i++)
        text[i] = '9';
    text[length] = 0;
    query_parse(&query, text);
    assert_int_equal(query_wants(&query, 999999999, false), QUERY_NOTHING);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_query_selects_what_the_rules_say),
        cmocka_unit_test(the_largest_index_is_an_index),
        cmocka_unit_test(an_index_at_the_end_of_a_huge_list_is_found),
        cmocka_unit_test(a_huge_word_selects_nothing),
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
