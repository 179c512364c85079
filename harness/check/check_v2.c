/* SPDX-License-Identifier: MIT
 *
 * What applies only to V2 providers: breaches that the emulation of PERFLIB finds, repeated starts
 * and stops, and failing allocations of PERFLIB.
 */
#include "check_stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_answers.h"
#include "check_call.h"
#include "check_collect.h"
#include "check_life_cycle.h"
#include "check_options.h"
#include "check_report.h"
#include "check_state.h"
#include "check_v2_findings.h"
#include "v2_session.h"

/* All are chosen. */
#define RESTARTS 3
#define FAILURES_LIMIT 64 /* most allocations that are made to fail, one after the other */
#define LEAK_PARTS 3      /* parts of a run, all of which must grow */
#define LEAK_ROUNDS 12    /* failing starts in a part */
#define LEAK_STEP 3072    /* least growth of a part in bytes */

/* ---- again and again --------------------------------------------------------------------- */

/* Whether the first query still has an answer. */
static bool has_data(struct check *check)
{
    struct check_answer answer = { 0 };
    const bool result =
        !check->query_count ||
        check_collect_ask_whole(check, check->queries[0].text, &answer) == CHECK_ANSWER;

    check_answer_release(&answer);
    return result;
}

static void check_restarts(struct check *check)
{
    if (!check_report_begin_stage(check, "started again while it stays loaded"))
        return;
    check_report_mark(check, RULE_reopen);
    for (int i = 0; i < RESTARTS && check_life_cycle_ensure_open(check); i++) {
        if (!has_data(check))
            check_report_breach(check, RULE_reopen, NULL, 0, NULL,
                                "After %d stops and starts, the provider has no data", i);
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
        check->is_open = false;
    }
}

/* ---- memory that PERFLIB does not get ---------------------------------------------------- */

static bool load(struct check *check)
{
    return check->is_loaded || check_life_cycle_succeeds(check, PROVIDER_LOAD, 0);
}

static void close(struct check *check)
{
    check_life_cycle_call(check, PROVIDER_CLOSE, 0);
    check->is_open = false;
}

/* Make a start in which one allocation fails, and the stop if the start succeeded nevertheless. */
static void start_failing(struct check *check, uint32_t failing)
{
    const struct provider_call call = { .kind = PROVIDER_OPEN, .failing_allocation = failing };
    struct provider_observation observation;
    const bool has_returned = check_call(check, &call, NULL, &observation);
    const bool is_open = has_returned && observation.return_code == ERROR_SUCCESS;

    provider_observation_release(&observation);
    if (is_open) {
        check->is_open = true;
        has_data(check);
        close(check);
    }
}

static void fail_allocation(struct check *check, uint32_t failing, uint32_t count)
{
    struct findings temporary;
    char what[80];

    snprintf(what, sizeof(what), "With PERFLIB's allocation %" PRIu32 " of %" PRIu32 " failing",
             failing, count);
    if (!load(check))
        return;
    check_report_begin_temporary(check, &temporary);
    start_failing(check, failing);
    check_report_end_temporary(check, &temporary, RULE_v2_allocation_failure, what);
    if (!check->is_loaded) /* it crashed, which is reported already */
        return;
    check_v2_findings_take(check);

    const struct check_call_result opened = check_life_cycle_call(check, PROVIDER_OPEN, 0);

    check->is_open = opened.has_returned && opened.code == ERROR_SUCCESS;
    if (check_life_cycle_has_refused(&opened))
        check_report_breach(check, RULE_v2_allocation_failure, NULL, 0, NULL,
                            "After that (allocation %" PRIu32 " of %" PRIu32
                            "), with memory again, the start returns %" PRIu32,
                            failing, count, opened.code);
    else if (check->is_open && !has_data(check))
        check_report_breach(check, RULE_v2_allocation_failure, NULL, 0, NULL,
                            "After that (allocation %" PRIu32 " of %" PRIu32
                            "), with memory again, the provider has no data",
                            failing, count);
    if (check->is_open)
        close(check);
}

/* Measure the memory that failing starts lose in the provider's own heap. */
static void check_failing_leaks(struct check *check, uint32_t count)
{
    const struct provider_call resources = { .kind = PROVIDER_RESOURCES };
    uint64_t sizes[LEAK_PARTS + 1] = { 0 };
    bool grows = true;

    for (size_t part = 0; part <= LEAK_PARTS; part++) {
        struct provider_observation observation;

        for (uint32_t i = 0; i < LEAK_ROUNDS * count; i++) {
            if (!load(check))
                return;
            start_failing(check, i % count + 1);
        }
        check_v2_findings_take(check);
        const bool is_counted = check_call(check, &resources, NULL, &observation);
        sizes[part] = is_counted ? observation.resources.memory_size : 0;
        provider_observation_release(&observation);
        grows = grows && (part == 0 || sizes[part] >= sizes[part - 1] + LEAK_STEP);
    }
    if (grows)
        check_report_breach(check, RULE_leak_memory, NULL, 0, "failing starts",
                            "%" PRIu64 " bytes in use at first, %" PRIu64 " after %" PRIu32
                            " starts in which PERFLIB got no memory",
                            sizes[0], sizes[LEAK_PARTS], LEAK_PARTS * LEAK_ROUNDS * count);
}

static void check_allocations(struct check *check)
{
    if (!check_report_begin_stage(check, "PERFLIB gets no memory"))
        return;
    check_life_cycle_ensure_unloaded(check);
    if (!check_life_cycle_ensure_open(check))
        return;
    has_data(check); /* so that allocations for the first collection are counted, too */

    uint32_t count = check_v2_findings_take(check);

    close(check);
    check_report_mark(check, RULE_v2_allocation_failure);
    check_report_mark(check, RULE_v2_error_ignored);
    if (count > FAILURES_LIMIT) {
        check_report_note(check->report,
                          "PERFLIB asks for memory %" PRIu32
                          " times; the first %d of them were refused",
                          count, FAILURES_LIMIT);
        count = FAILURES_LIMIT;
    }
    for (uint32_t i = 1; i <= count && !check->is_over && !check->error; i++)
        fail_allocation(check, i, count);
    if (count && !check->findings->broken[RULE_v2_allocation_failure] &&
        check_report_begin_stage(check, "what grows when PERFLIB gets no memory"))
        check_failing_leaks(check, count);
}

void check_v2(struct check *check)
{
    /* Without the rules that only PERFLIB itself could break. */
    static const enum rule_id tried[] = {
        RULE_v2_memory_pair,
        RULE_v2_memory_alignment,
        RULE_v2_memory_overlap,
        RULE_v2_memory_damage,
        RULE_v2_handle,
        RULE_v2_instance,
        RULE_v2_instance_left,
        RULE_v2_instance_name,
        RULE_v2_counter_width,
        RULE_v2_callback_slow,
        RULE_v2_no_counterset,
        RULE_v2_provider_left,
        RULE_v2_call_failed,
        RULE_v2_callback_error,
        RULE_v2_memory_size,
        RULE_v2_memory_free_writes,
        RULE_v2_memory_context_stack,
        RULE_v2_instance_header,
        RULE_v2_decrement_below_zero,
        RULE_v2_reference_alignment,
        RULE_v2_stop_in_callback,
    };

    for (size_t i = 0; i < sizeof(tried) / sizeof(*tried); i++)
        check_report_mark(check, tried[i]);
    if (check->options->start.manifest)
        check_report_mark(check, RULE_v2_manifest);
    check_v2_findings_take(check);
    check_restarts(check);
    check_allocations(check);
}
