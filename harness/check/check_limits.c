/* SPDX-License-Identifier: MIT
 *
 * See check_limits.h. The mean duration of a Collect is the measure.
 */
#include "check_limits.h"

#include "check_state.h"

#define OVERHEAD_MS 1000 /* chosen: the harness's own part of a call, under load */
/* The limit of several calls in a row is the sum of two: ROW_MS or ROW_LIMITS times the limit of a single
   call, whichever is more; and ROW_SLOWER times the time that all of them should take. Chosen. */
#define ROW_MS 3000
#define ROW_LIMITS 4
#define ROW_SLOWER 16
#define STAGE_100NS 15000000u /* chosen: time for repeated calls of a slow provider */

/* The mean duration of a Collect so far, in 100 ns. */
static uint64_t mean_time(const struct check *check)
{
    return check->collect_count ? check->collect_100ns / check->collect_count : 0;
}

uint32_t check_limits_repetitions(const struct check *check, uint32_t count, uint32_t least)
{
    const uint64_t mean = mean_time(check);
    const uint64_t possible = mean ? STAGE_100NS / mean : count;

    return possible >= count ? count : possible > least ? (uint32_t)possible : least;
}

uint32_t check_limits_of_row(const struct check *check, uint32_t limit_ms, uint32_t times)
{
    const uint64_t single = (uint64_t)limit_ms * ROW_LIMITS;
    const uint64_t usual = mean_time(check) * times / TICKS_PER_MS;
    const uint64_t whole = (uint64_t)limit_ms * times,
                   patient = (single > ROW_MS ? single : ROW_MS) + usual * ROW_SLOWER;
    const uint64_t limit = whole < patient ? whole : patient;

    return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

uint32_t check_limits_of_call(const struct check *check, uint32_t limit_ms, uint32_t together)
{
    const uint64_t usual = mean_time(check) * together * ROW_SLOWER / TICKS_PER_MS;
    const uint64_t limit = (uint64_t)limit_ms + (limit_ms < OVERHEAD_MS ? limit_ms : OVERHEAD_MS) +
                           (together > 1 ? usual : 0);

    return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}
