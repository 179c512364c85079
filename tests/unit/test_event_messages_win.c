/* SPDX-License-Identifier: MIT
 *
 * heapctrs_events.dll: Windows finds the text of every event in it.
 */
#include "unit.h"

#include <string.h>

#include "event_table.h"
#include "os.h"
#include "text.h"

static HMODULE messages;

static int open_messages(void **state)
{
    char path[OS_PATH_SIZE];
    WCHAR wide[OS_PATH_SIZE];

    (void)state;
    if (os_program_path(path, sizeof(path)))
        return -1;
    for (int folders = 0; folders < 2; folders++) {
        char *slash = strrchr(path, '/'), *backslash = strrchr(path, '\\');
        char *end = backslash > slash ? backslash : slash;
        if (!end)
            return -1;
        *end = 0;
    }
    strcat(path, "\\heapctrs_events.dll");
    text_from_utf8(path, strlen(path), wide, OS_PATH_SIZE);
    messages = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_AS_DATAFILE);
    return messages ? 0 : -1;
}

static int close_messages(void **state)
{
    (void)state;
    FreeLibrary(messages);
    return 0;
}

/* Format an event as the event viewer does, without the line break at the end. */
static void format(DWORD id, const char *const strings[], char *text, size_t size)
{
    WCHAR inserts[9][64], *arguments[9], buffer[2048];

    for (size_t i = 0; i < 9; i++) {
        text_from_utf8(strings[i], strlen(strings[i]), inserts[i], 64);
        arguments[i] = inserts[i];
    }
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                                  messages, id, 0, buffer, 2048, (va_list *)(void *)arguments);
    while (length && (buffer[length - 1] == L'\n' || buffer[length - 1] == L'\r'))
        length--;
    text_to_utf8(buffer, length, text, size);
}

static const char *const strings[9] = { "one", "two",   "three", "four", "five",
                                        "six", "seven", "eight", "nine" };

static void every_event_of_the_harness_has_its_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < event_table_count; i++) {
        char expected[2048], actual[2048];

        event_table_format(&event_table_rows[i], strings, 9, expected, sizeof(expected));
        format(event_table_rows[i].id, strings, actual, sizeof(actual));
        assert_string_equal(actual, expected);
    }
}

static void an_event_of_the_provider_shows_the_text_that_it_was_given(void **state)
{
    static const uint32_t ids[] = {
#define EVENT(id, number, level, text) number,
#include "events.def"
#undef EVENT
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        char actual[2048];

        format(ids[i], strings, actual, sizeof(actual));
        assert_string_equal(actual, "one");
    }
}

static void an_unknown_event_has_no_text(void **state)
{
    char actual[2048];

    (void)state;
    format(999, strings, actual, sizeof(actual)); /* the events of the harness begin above */
    assert_string_equal(actual, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_of_the_harness_has_its_text),
        cmocka_unit_test(an_event_of_the_provider_shows_the_text_that_it_was_given),
        cmocka_unit_test(an_unknown_event_has_no_text),
    };
    return cmocka_run_group_tests_name("event messages", tests, open_messages, close_messages);
}
