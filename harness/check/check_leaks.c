/* SPDX-License-Identifier: MIT
 *
 * Growth of handles, threads and memory, over many collects and over many Opens and Closes. Only
 * growth in every part of the run counts; caches that fill up once do not.
 */
#include "check_stages.h"

#include <inttypes.h>

#include "check_call.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_limits.h"
#include "check_report.h"
#include "check_state.h"
#include "text.h"

/* All are chosen: a cache that fills once does not grow in each part. */
#define PARTS 3                 /* parts of a run, all of which must grow */
#define COLLECTS 256            /* collects in a part */
#define CYCLES 12               /* Open, Collect, Close in a part */
#define MEMORY_STEP (24u << 10) /* least growth of a part in bytes */
#define QUERY_LENGTH 64         /* units; enough for the queries that the stages repeat */

static bool count(struct check *check, struct provider_resources *resources)
{
    const struct provider_call call = { .kind = PROVIDER_RESOURCES };
    struct provider_observation observation;
    const bool is_counted = check_call(check, &call, NULL, &observation);

    if (is_counted)
        *resources = observation.resources;
    provider_observation_release(&observation);
    return is_counted;
}

static bool collect(struct check *check, uint32_t repeat)
{
    WCHAR query[QUERY_LENGTH];
    const struct check_ask asked = { .query = check->queries[0].text,
                                     .size = check->buffer_size,
                                     .guard = PROVIDER_GUARD_NONE };
    struct provider_observation observation;
    struct provider_call call;
    bool has_returned;

    check_collect_fill_call(check, &asked, query, QUERY_LENGTH, &call);
    call.repeat = repeat;
    call.timeout_ms = check_limits_of_row(check, check->collect_limit_ms, 4 + repeat);
    has_returned = check_call(check, &call, asked.query, &observation);
    provider_observation_release(&observation);
    return has_returned;
}

static bool collect_part(struct check *check, uint32_t count)
{
    return collect(check, count);
}

static bool cycle_part(struct check *check, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!check_life_cycle_succeeds(check, PROVIDER_CLOSE, 0))
            return false;
        check->is_open = false;
        if (!check_life_cycle_succeeds(check, PROVIDER_OPEN, 0))
            return false;
        check->is_open = true;
        if (!collect(check, 1))
            return false;
    }
    return true;
}

/* Whether each part added at least `step`. */
static bool grows(const uint64_t values[PARTS + 1], uint64_t step)
{
    for (size_t i = 0; i < PARTS; i++)
        if (values[i + 1] < values[i] + step)
            return false;
    return true;
}

static void judge(struct check *check, const struct provider_resources resources[PARTS + 1],
                  uint32_t cycles, const char *what)
{
    uint64_t handles[PARTS + 1], threads[PARTS + 1], memory[PARTS + 1];
    const uint64_t step = cycles < 16 ? cycles / 2 : 8;
    /* A few cycles lose less memory than many collects, so the limit is lower. */
    const uint64_t memory_step = cycles < 16 ? MEMORY_STEP / 8 : MEMORY_STEP;

    for (size_t i = 0; i <= PARTS; i++) {
        handles[i] = resources[i].handles;
        threads[i] = resources[i].threads;
        memory[i] = resources[i].memory_size;
    }
    if (grows(threads, step))
        check_report_breach(check, RULE_leak_threads, check->queries[0].text, check->buffer_size,
                            NULL, "%" PRIu64 " threads at first, %" PRIu64 " after %u %s",
                            threads[0], threads[PARTS], (unsigned)(cycles * PARTS), what);
    else if (grows(handles, step))
        check_report_breach(check, RULE_leak_handles, check->queries[0].text, check->buffer_size,
                            NULL, "%" PRIu64 " handles at first, %" PRIu64 " after %u %s",
                            handles[0], handles[PARTS], (unsigned)(cycles * PARTS), what);
    else if (grows(memory, memory_step))
        check_report_breach(check, RULE_leak_memory, check->queries[0].text, check->buffer_size,
                            NULL, "%" PRIu64 " bytes in use at first, %" PRIu64 " after %u %s",
                            memory[0], memory[PARTS], (unsigned)(cycles * PARTS), what);
}

static void measure(struct check *check, bool (*part)(struct check *check, uint32_t count),
                    uint32_t cycles, const char *what)
{
    struct provider_resources resources[PARTS + 1];

    /* Run one part before the first count: memory that is allocated only once is not growth. */
    if (!check_life_cycle_ensure_open(check) || !part(check, cycles) ||
        !count(check, &resources[0]))
        return;
    for (size_t i = 1; i <= PARTS; i++)
        if (!part(check, cycles) || !count(check, &resources[i]))
            return;
    judge(check, resources, cycles, what);
}

void check_leaks(struct check *check)
{
    if (!check->query_count || !check_report_begin_stage(check, "what grows"))
        return;
    check_report_mark_stage(check->report, RULE_STAGE_LEAK);
    /* Use a process in which no library was unloaded yet: the remains of an unloaded library
       would grow, too, or end the process early. */
    check_life_cycle_ensure_unloaded(check);
    check_life_cycle_forget_child(check);
    measure(check, collect_part, check_limits_repetitions(check, COLLECTS, 16), "collects");
    if (check_report_begin_stage(check, "what grows with Open and Close"))
        measure(check, cycle_part, check_limits_repetitions(check, CYCLES, 4),
                "times Close, Open and Collect");
}
