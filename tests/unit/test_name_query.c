/* SPDX-License-Identifier: MIT
 *
 * Tests name_query.c.
 */
#include "unit.h"

#include "name_query.h"

static struct name_table_entry entries[] = {
    { 9, NAME_TABLE_COUNTER, 2, (char *)(uintptr_t) "System" },
    { 9, NAME_TABLE_COUNTER, 4, (char *)(uintptr_t) "Memory" },
    { 9, NAME_TABLE_HELP, 3, (char *)(uintptr_t) "About it" },
    { 12, NAME_TABLE_COUNTER, 2, (char *)(uintptr_t) "Syst\xC3\xA8me" },
};

static struct registration registration_of(void)
{
    return (struct registration){ .names = { entries, UNIT_COUNT(entries) }, .base_index = 1847 };
}

static void names_come_as_pairs_with_the_last_index_first(void **state)
{
    static const WCHAR expected[] = TEXT16("1\0") TEXT16("1847\0") TEXT16("2\0") TEXT16("System\0")
        TEXT16("4\0") TEXT16("Memory\0") TEXT16("1846\0") TEXT16("End Marker\0");
    struct registration registration = registration_of();
    BYTE data[256];
    DWORD size = sizeof(data);

    (void)state;
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_COUNTER, data, &size), 0);
    assert_int_equal(size, sizeof(expected));
    assert_memory_equal(data, expected, size);
}

static void the_size_can_be_asked_for_first(void **state)
{
    struct registration registration = registration_of();
    BYTE data[256];
    DWORD probe = 77, size;

    (void)state;
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_HELP, NULL, &probe), 0);
    size = probe;
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_HELP, data, &size), 0);
    assert_int_equal(size, probe);
    assert_int_equal(size, (2 + 9 + 5 + 11 + 1) * 2); /* "3", "About it", "1847", "End Marker", 0 */
    size = probe - 1;
    memset(data, 0x77, sizeof(data));
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_HELP, data, &size),
                     ERROR_MORE_DATA);
    assert_int_equal(size, probe);
    assert_int_equal(data[0], 0x77);
}

static void another_language_is_answered_where_it_is_known(void **state)
{
    static const WCHAR french[] =
        TEXT16("1\0") TEXT16("1847\0") TEXT16("2\0") TEXT16("Syst\u00E8me\0");
    struct registration registration = registration_of();
    BYTE data[256], english[256];
    DWORD size = sizeof(data), english_size = sizeof(english);

    (void)state;
    assert_int_equal(name_query_answer(&registration, 12, NAME_TABLE_COUNTER, data, &size), 0);
    assert_int_equal(size, sizeof(french));
    assert_memory_equal(data, french, size);
    size = sizeof(data);
    assert_int_equal(name_query_answer(&registration, 7, NAME_TABLE_COUNTER, data, &size), 0);
    name_query_answer(&registration, 9, NAME_TABLE_COUNTER, english, &english_size);
    assert_int_equal(size, english_size);
    assert_memory_equal(data, english, size);
}

static void help_is_english_in_every_language(void **state)
{
    static struct name_table_entry both[] = {
        { 9, NAME_TABLE_HELP, 3, (char *)(uintptr_t) "About it" },
        { 12, NAME_TABLE_HELP, 3, (char *)(uintptr_t) "De lui" },
    };
    struct registration registration = { .names = { both, UNIT_COUNT(both) } };
    WCHAR data[64];
    DWORD size = sizeof(data);

    (void)state;
    assert_int_equal(name_query_answer(&registration, 12, NAME_TABLE_HELP, (BYTE *)data, &size), 0);
    assert_memory_equal(data, TEXT16("3\0") TEXT16("About it\0"), 22); /* (2 + 9) * 2 */
}

static void an_end_marker_comes_in_order_and_only_once(void **state)
{
    static struct name_table_entry around[] = {
        { 9, NAME_TABLE_COUNTER, 2, (char *)(uintptr_t) "A" },
        { 9, NAME_TABLE_COUNTER, 3000, (char *)(uintptr_t) "B" },
    };
    static struct name_table_entry taken[] = {
        { 9, NAME_TABLE_COUNTER, 1846, (char *)(uintptr_t) "Mine" },
    };
    static const WCHAR in_order[] = TEXT16("1\0") TEXT16("1847\0") TEXT16("2\0") TEXT16("A\0")
        TEXT16("1846\0") TEXT16("End Marker\0") TEXT16("3000\0") TEXT16("B\0");
    static const WCHAR only_once[] =
        TEXT16("1\0") TEXT16("1847\0") TEXT16("1846\0") TEXT16("Mine\0");
    struct registration registration = { .names = { around, UNIT_COUNT(around) } };
    BYTE data[256];
    DWORD size = sizeof(data);

    (void)state;
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_COUNTER, data, &size), 0);
    assert_int_equal(size, sizeof(in_order));
    assert_memory_equal(data, in_order, size);
    registration.names = (struct name_table){ taken, UNIT_COUNT(taken) };
    size = sizeof(data);
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_COUNTER, data, &size), 0);
    assert_int_equal(size, sizeof(only_once));
    assert_memory_equal(data, only_once, size);
}

static void a_long_text_is_not_cut_inside_a_character(void **state)
{
    char text[400 * 3 + 2];
    struct name_table_entry entry = { 9, NAME_TABLE_HELP, 3, text };
    struct registration registration = { .names = { &entry, 1 } };
    WCHAR data[500];
    DWORD size = sizeof(data);

    (void)state;
    text[0] = 'x';
    for (size_t i = 0; i < 400; i++)
        memcpy(text + 1 + i * 3, "\xE2\x82\xAC", 3); /* the euro sign */
    text[400 * 3 + 1] = 0;
    assert_int_equal(name_query_answer(&registration, 9, NAME_TABLE_HELP, (BYTE *)data, &size), 0);
    assert_int_equal(size, (2 + 402 + 5 + 11 + 1) * 2); /* 402: x, the signs, a terminator */
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(data[3 + i], 0x20AC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_as_pairs_with_the_last_index_first),
        cmocka_unit_test(the_size_can_be_asked_for_first),
        cmocka_unit_test(another_language_is_answered_where_it_is_known),
        cmocka_unit_test(help_is_english_in_every_language),
        cmocka_unit_test(an_end_marker_comes_in_order_and_only_once),
        cmocka_unit_test(a_long_text_is_not_cut_inside_a_character),
    };

    return cmocka_run_group_tests_name("name_query", tests, NULL, NULL);
}
