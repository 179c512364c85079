/* SPDX-License-Identifier: MIT
 *
 * Compares a report with a baseline, and finds the reason why a rule was not tried.
 */
#include "check_result.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Whether an entry belongs to this target, has not expired, and its rule was tried. */
static bool could_occur(const struct check_result *result, const struct baseline_entry *entry)
{
    return !entry->is_expired && strcmp(entry->target, text_utf8_file_name(result->target)) == 0 &&
           result->report->was_checked[entry->rule];
}

bool check_result_init(struct check_result *result, const char *target,
                       const struct check_report *report, const struct baseline_file *baseline)
{
    const struct findings *findings = &report->findings;

    *result = (struct check_result){ .target = target,
                                     .report = report,
                                     .has_baseline = baseline != NULL };
    if (!baseline)
        return true;
    result->known = calloc(findings->count + 1, sizeof(const struct baseline_entry *));
    result->absent = calloc(baseline->count + 1, sizeof(const struct baseline_entry *));
    if (!result->known || !result->absent) {
        check_result_release(result);
        return false;
    }
    for (size_t i = 0; i < findings->count; i++)
        result->known[i] = baseline_file_find(baseline, target, &findings->items[i]);
    for (size_t i = 0; i < baseline->count; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        bool is_found = false;

        for (size_t k = 0; k < findings->count && !is_found; k++)
            is_found = result->known[k] == entry;
        if (!is_found && could_occur(result, entry))
            result->absent[result->absent_count++] = entry;
    }
    return true;
}

void check_result_release(struct check_result *result)
{
    free(result->known);
    free(result->absent);
    result->known = result->absent = NULL;
    result->absent_count = 0;
}

static bool is_known(const struct check_result *result, size_t finding)
{
    return result->known && result->known[finding];
}

size_t check_result_count_new(const struct check_result *result, enum rule_severity severity)
{
    const struct findings *findings = &result->report->findings;
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += rules[findings->items[i].rule].severity == severity && !is_known(result, i);
    return count;
}

enum check_verdict check_result_verdict(const struct check_result *result, enum rule_id rule)
{
    const struct findings *findings = &result->report->findings;

    if (!findings->broken[rule])
        return result->report->was_checked[rule] ? CHECK_KEPT : CHECK_NOT_TRIED;
    if (!result->known)
        return rules[rule].severity == RULE_ERROR ? CHECK_FAILED : CHECK_WARNED;

    bool has_findings = false, has_new = false;

    for (size_t i = 0; i < findings->count; i++) {
        has_findings |= findings->items[i].rule == rule;
        has_new |= findings->items[i].rule == rule && !is_known(result, i);
    }
    /* A breach beyond the limit of findings is in no list, so it is not known. */
    if (has_findings && !has_new)
        return CHECK_KNOWN;
    return rules[rule].severity == RULE_ERROR ? CHECK_FAILED : CHECK_WARNED;
}

void check_result_count_verdicts(const struct check_result *result, size_t counts[CHECK_VERDICTS])
{
    memset(counts, 0, CHECK_VERDICTS * sizeof(*counts));
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rule_concerns((enum rule_id)i, result->report->is_v2))
            counts[check_result_verdict(result, (enum rule_id)i)]++;
}

const char *check_result_reason(const struct check_result *result, enum rule_id rule)
{
    const struct check_report *report = result->report;
    const enum rule_stage stage = rules[rule].stage;

    if (report->is_left_out[rule])
        return "left out by --rule or --skip";
    if (report->not_tried[rule])
        return report->not_tried[rule];
    if (report->is_unreadable)
        return check_result_why_untested(result);
    if (stage == RULE_STAGE_READER)
        return "no --reader asks for it";
    if (report->is_blob)
        return "a saved answer does not show what its provider does";
    if (stage == RULE_STAGE_DATA_BLOCK)
        return "only a saved answer has a data block";
    if (stage == RULE_STAGE_REGISTRATION && !report->is_v2)
        return "the provider is not registered";
    if (report->reason)
        return report->reason;
    if (report->is_v2 && stage != RULE_STAGE_V2)
        return "PERFLIB does this for a V2 provider";
    return "no call or answer of this run made it possible";
}

bool check_result_is_untested(const struct check_result *result)
{
    const enum check_status status = check_report_status(result->report);

    return status == CHECK_NOT_TESTED || status == CHECK_UNREADABLE;
}

const char *check_result_why_untested(const struct check_result *result)
{
    return result->report->reason ? result->report->reason : "no reason is known";
}

const char *check_result_state(const struct check_result *result, size_t finding)
{
    return !result->has_baseline ? NULL : is_known(result, finding) ? "unchanged" : "new";
}
