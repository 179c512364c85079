/* SPDX-License-Identifier: MIT
 *
 * Reports the events of events.def, each kind at most once a minute, because Collect is called
 * often and failures tend to last.
 */
#ifndef EVENT_LOG_H
#define EVENT_LOG_H

enum event_id {
#define EVENT(id, number, level, text) EVENT_##id,
#include "events.def"
#undef EVENT
    EVENT_COUNT
};

/**
 * Report an event, unless one of its kind was reported in this process within the last minute. Any
 * thread may call this.
 *
 * @param detail  UTF-8, inserted into the event's text
 */
void event_log_report(enum event_id id, const char *detail);

/** Report an event with a number as detail. */
void event_log_report_number(enum event_id id, unsigned long long number);

#endif /* EVENT_LOG_H */
