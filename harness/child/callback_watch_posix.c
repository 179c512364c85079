/* SPDX-License-Identifier: MIT
 *
 * callback_watch.h for Linux: /proc/self/timers lists the timers of timer_create, getitimer has those of
 * setitimer and alarm. Handlers of signals are in process_state_posix.c.
 */
#include "callback_watch.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "count_text.h"

static bool has_begun;
static unsigned timers_before;

/* The number of timers of timer_create; 0 if the kernel does not list them. */
static unsigned count_timers(void)
{
    char line[128];
    unsigned count = 0;
    FILE *list = fopen("/proc/self/timers", "re");

    while (list && fgets(line, sizeof(line), list))
        count += strncmp(line, "ID:", 3) == 0;
    if (list)
        fclose(list);
    return count;
}

static unsigned count_interval_timers(void)
{
    static const __itimer_which_t kinds[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
    unsigned count = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct itimerval timer;

        if (getitimer(kinds[i], &timer) == 0)
            count += timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0;
    }
    return count;
}

void callback_watch_begin(const char *library)
{
    (void)library;
    if (!has_begun)
        timers_before = count_timers();
    has_begun = true;
}

void callback_watch_list(char *text, size_t size)
{
    const unsigned timers = count_timers();

    if (timers > timers_before)
        count_text_add(text, size, timers - timers_before, "a timer", "timers");
    if (count_interval_timers())
        count_text_add(text, size, count_interval_timers(), "an interval timer", "interval timers");
}
