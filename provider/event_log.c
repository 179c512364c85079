/* SPDX-License-Identifier: MIT
 *
 * Reports events, with a limit on their rate. The time of the last event of each kind stays in
 * memory while the library is loaded. No handle is kept open.
 */
#include "event_log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "os.h"

/* Between two events of a kind: Collect may be called every second. */
enum { QUIET_SECONDS = 60 };

struct log_event {
    uint32_t number;
    enum os_event_level level;
    const char *text;
};

static const struct log_event events[EVENT_COUNT] = {
#define EVENT(id, number, level, text) [EVENT_##id] = { number, level, text },
#include "events.def"
#undef EVENT
};

static struct os_lock lock;
static bool was_reported[EVENT_COUNT]; /* both are protected by the lock */
static uint64_t report_ticks[EVENT_COUNT];

/* Whether this kind of event may be reported now; if so, the next is possible in a minute. */
static bool take_turn(enum event_id id)
{
    uint64_t now = os_clock_ticks();
    bool is_due;

    os_lock_acquire(&lock);
    is_due = !was_reported[id] || now - report_ticks[id] >= QUIET_SECONDS * os_clock_frequency();
    if (is_due) {
        was_reported[id] = true;
        report_ticks[id] = now;
    }
    os_lock_release(&lock);
    return is_due;
}

void event_log_report(enum event_id id, const char *detail)
{
    const struct log_event *log_event = &events[id];
    const char *mark = strstr(log_event->text, "%s");
    char text[512];
    const char *strings[] = { text };

    if (!take_turn(id))
        return;
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark - log_event->text), log_event->text, detail,
             mark + 2);
    os_event_report("heapctrs", log_event->level, log_event->number, strings, 1);
}

void event_log_report_number(enum event_id id, unsigned long long number)
{
    char detail[24];

    snprintf(detail, sizeof(detail), "%llu", number);
    event_log_report(id, detail);
}
