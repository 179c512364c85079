/* SPDX-License-Identifier: MIT
 *
 * Tests event_table.c.
 */
#include "unit.h"

#include "event_table.h"

static void events_are_ordered_and_found_by_id(void **state)
{
    (void)state;
    for (size_t i = 0; i < event_table_count; i++) {
        assert_ptr_equal(event_table_find(event_table_rows[i].id), &event_table_rows[i]);
        if (i)
            assert_true(event_table_rows[i - 1].id < event_table_rows[i].id);
    }
    assert_null(event_table_find(1012)); /* not in the manifest of Windows */
}

static void every_text_uses_only_strings_that_the_event_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < event_table_count; i++) {
        const struct event_definition *event = &event_table_rows[i];
        size_t count = event_table_string_count(event);

        assert_true(count <= EVENT_TABLE_STRINGS);
        for (const char *at = event->text; *at; at++)
            if (*at == '%' && (at[1] < '1' || at[1] > (char)('0' + count)))
                fail_msg("event %u", (unsigned)event->id);
    }
}

static void insertion_strings_replace_their_numbers(void **state)
{
    const char *strings[] = { "svc", "x.dll", "5" };
    char text[200], cut[20];

    (void)state;
    const struct event_definition *event = event_table_find(1008);
    assert_int_equal(event_table_string_count(event), 3);
    event_table_format(event, strings, 3, text, sizeof(text));
    assert_string_equal(
        text, "Open of service svc (x.dll) failed with error 5; the service has no data.");
    event_table_format(event, strings, 3, cut, sizeof(cut));
    assert_string_equal(cut, "Open of service svc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_ordered_and_found_by_id),
        cmocka_unit_test(every_text_uses_only_strings_that_the_event_has),
        cmocka_unit_test(insertion_strings_replace_their_numbers),
    };

    return cmocka_run_group_tests_name("event_table", tests, NULL, NULL);
}
