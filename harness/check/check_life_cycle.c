/* SPDX-License-Identifier: MIT
 *
 * Loads, opens, closes and unloads the provider as a stage needs it.
 */
#include "check_life_cycle.h"

#include <inttypes.h>
#include <string.h>

#include "check_call.h"
#include "check_options.h"
#include "check_report.h"
#include "check_state.h"
#include "check_v2_findings.h"
#include "os.h"

/* Chosen: the wait for threads that outlive their library. The first SETTLES unloads always have it, later
   ones only if something remains at once. */
#define SETTLE_MS 20
#define SETTLES 3

struct check_call_result check_life_cycle_call(struct check *check, enum provider_call_kind kind,
                                               uint32_t thread)
{
    const struct provider_call call = { .kind = kind, .thread = thread };
    struct provider_observation observation;
    struct check_call_result result = { 0 };

    result.has_returned = check_call(check, &call, NULL, &observation);
    if (result.has_returned && (kind == PROVIDER_OPEN || kind == PROVIDER_CLOSE))
        result.code = observation.return_code;
    provider_observation_release(&observation);
    if (check->options->start.is_v2 && kind != PROVIDER_LOAD && result.has_returned)
        check_v2_findings_take(check);
    if (kind == PROVIDER_LOAD)
        check->is_loaded = result.has_returned;
    if (kind == PROVIDER_UNLOAD && result.has_returned)
        check->is_loaded = check->is_open = false;
    if (kind == PROVIDER_CLOSE && check_life_cycle_has_refused(&result))
        check_report_breach(check, RULE_return_code, NULL, 0, check_call_procedure_of(check, kind),
                            "%s returns %" PRIu32 ", expected ERROR_SUCCESS",
                            check_call_procedure_of(check, kind), result.code);
    return result;
}

bool check_life_cycle_succeeds(struct check *check, enum provider_call_kind kind, uint32_t thread)
{
    const struct check_call_result result = check_life_cycle_call(check, kind, thread);

    return result.has_returned && result.code == ERROR_SUCCESS;
}

/* The rule that a refused Open breaks. */
static enum rule_id refused_rule(const struct check *check)
{
    if (check->can_open && check->life.loads > 1)
        return RULE_reload;
    return check->can_open && check->life.opens > 1 ? RULE_reopen : RULE_open_refused;
}

bool check_life_cycle_ensure_open(struct check *check)
{
    /* This may have waited too often, so the stage may be over. */
    if (!check_report_begin_stage(check, check->stage.name))
        return false;
    if (!check->is_loaded) {
        check_report_mark_stage(check->report, RULE_STAGE_LOAD);
        if (!check_life_cycle_succeeds(check, PROVIDER_LOAD, 0)) {
            check->is_over |= !check->can_open;
            return false;
        }
    }
    if (check->is_open)
        return true;

    const struct check_call_result opened = check_life_cycle_call(check, PROVIDER_OPEN, 0);

    check_report_mark_stage(check->report, RULE_STAGE_CALL);
    if (opened.has_returned && opened.code == ERROR_SUCCESS) {
        check->is_open = check->can_open = true;
        return true;
    }
    if (opened.has_returned) {
        check_report_breach(check, refused_rule(check), NULL, 0, NULL,
                            check->can_open
                                ? "%s returns %" PRIu32 ", although it succeeded before "
                                  "(%s, while trying \"%s\")"
                                : "%s returns %" PRIu32 " when it is first called (%s, while "
                                  "trying \"%s\")",
                            check_call_procedure_of(check, PROVIDER_OPEN), opened.code,
                            check->life.loads > 1   ? "after unloading and loading"
                            : check->life.opens > 1 ? "after Close, still loaded"
                                                    : "in a new process",
                            check->stage.name);
        if (!check->can_open)
            check_report_explain(check->report,
                                 "%s returns %" PRIu32 ", and nothing else is called",
                                 check_call_procedure_of(check, PROVIDER_OPEN), opened.code);
    }
    check->is_over |= !check->can_open;
    return false;
}

/* After unloading: check that the process lives and that nothing of the library remains in it. Unloading
   is the cause in any stage. Remains are reported only if `is_settled`. Returns whether
   nothing remains. */
static bool check_after_unload(struct check *check, bool is_settled)
{
    bool is_clean = false;

    const struct provider_call call = { .kind = PROVIDER_RESOURCES };
    struct provider_observation observation;
    struct findings *const findings = check->findings;

    check_report_mark(check, RULE_left_behind);
    if (check_call(check, &call, NULL, &observation))
        is_clean = !observation.detail[0];
    if (is_settled && observation.detail[0]) {
        check->findings = &check->report->findings;
        check_report_breach(check, RULE_left_behind, NULL, 0, NULL,
                            "The library is unloaded, but this remains: %s (while trying \"%s\")",
                            observation.detail, check->stage.name);
        check->findings = findings;
    }
    provider_observation_release(&observation);
    return is_clean;
}

void check_life_cycle_ensure_unloaded(struct check *check)
{
    if (check->is_open) {
        check_life_cycle_call(check, PROVIDER_CLOSE, 0);
        check->is_open = false;
    }
    if (!check->is_loaded)
        return;
    check_report_mark(check, RULE_unload_crash);
    check_report_mark(check, RULE_unload_hang);
    if (check_life_cycle_succeeds(check, PROVIDER_UNLOAD, 0)) {
        /* A thread that runs in unloaded code fails a moment later. */
        if (check->unload_count++ < SETTLES || !check_after_unload(check, false)) {
            os_sleep_ms(SETTLE_MS);
            check_after_unload(check, true);
        }
    }
    check->is_loaded = false;
}

void check_life_cycle_forget_child(struct check *check)
{
    provider_process_kill(check->process);
    memset(&check->life, 0, sizeof(check->life));
    check->is_loaded = check->is_open = false;
}
