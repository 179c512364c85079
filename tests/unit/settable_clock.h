/* SPDX-License-Identifier: MIT
 *
 * A clock that a test can advance: the system's time, plus what the test has added. The test is
 * linked with --wrap=os_clock_ticks: see the Makefile.
 */
#ifndef SETTABLE_CLOCK_H
#define SETTABLE_CLOCK_H

#include "os.h"

static uint64_t passed_ticks;
static uint64_t stopped_at; /* 0: the clock runs */

uint64_t __real_os_clock_ticks(void);
uint64_t __wrap_os_clock_ticks(void);

uint64_t __wrap_os_clock_ticks(void)
{
    return (stopped_at ? stopped_at : __real_os_clock_ticks()) + passed_ticks;
}

/* From now on only pass_time_ms advances the clock. */
static inline void stop_clock(void)
{
    stopped_at = __real_os_clock_ticks();
}

static inline void start_clock(void)
{
    stopped_at = 0;
}

/* Advance the clock without waiting. */
static inline void pass_time_ms(uint64_t milliseconds)
{
    passed_ticks += milliseconds * os_clock_frequency() / 1000;
}

#endif /* SETTABLE_CLOCK_H */
