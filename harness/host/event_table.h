/* SPDX-License-Identifier: MIT
 *
 * The events of event_table.def as C data.
 */
#ifndef EVENT_TABLE_H
#define EVENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "os.h"

/** The largest number of insertion strings of an event. */
#define EVENT_TABLE_STRINGS 4

struct event_definition {
    uint32_t id;
    enum os_event_level level;
    const char *strings; /* names of the insertion strings, e.g. "Service, Library" */
    const char *text;    /* %1 is the first insertion string */
};

/** All events, ordered by id. */
extern const struct event_definition event_table_rows[];
extern const size_t event_table_count;

/** The event of that id, or NULL. */
const struct event_definition *event_table_find(uint32_t id);

/** The number of insertion strings of an event. */
size_t event_table_string_count(const struct event_definition *event);

/** Write the event's text with its insertion strings. It is cut if it does not fit. */
void event_table_format(const struct event_definition *event, const char *const strings[],
                        size_t count, char *text, size_t size);

#endif /* EVENT_TABLE_H */
