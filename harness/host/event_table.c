/* SPDX-License-Identifier: MIT
 *
 * The table of perflib's events, and their texts.
 */
#include "event_table.h"

#include <string.h>

const struct event_definition event_table_rows[] = {
#define EVENT(id, level, strings, text) { id, OS_EVENT_##level, strings, text },
#include "event_table.def"
#undef EVENT
};

const size_t event_table_count = sizeof(event_table_rows) / sizeof(*event_table_rows);

const struct event_definition *event_table_find(uint32_t id)
{
    for (size_t i = 0; i < event_table_count; i++)
        if (event_table_rows[i].id == id)
            return &event_table_rows[i];
    return NULL;
}

size_t event_table_string_count(const struct event_definition *event)
{
    size_t count = *event->strings ? 1 : 0;

    for (const char *at = event->strings; *at; at++)
        count += *at == ',';
    return count;
}

void event_table_format(const struct event_definition *event, const char *const strings[],
                        size_t count, char *text, size_t size)
{
    size_t used = 0;

    for (const char *at = event->text; *at && used + 1 < size; at++) {
        if (*at != '%' || at[1] < '1' || at[1] > '9') {
            text[used++] = *at;
            continue;
        }
        size_t number = (size_t)(*++at - '1');
        const char *insert = number < count ? strings[number] : "?";
        size_t length = strlen(insert);
        if (length > size - 1 - used)
            length = size - 1 - used;
        memcpy(text + used, insert, length);
        used += length;
    }
    text[used] = 0;
}
