/* SPDX-License-Identifier: MIT
 *
 * The result of a report: which findings are known, the verdict on each rule, and why a rule was
 * not tried. All formats print this.
 */
#ifndef CHECK_RESULT_H
#define CHECK_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "baseline_file.h"
#include "check_report.h"

/** The verdict on a rule. */
enum check_verdict {
    CHECK_KEPT,
    CHECK_KNOWN,  /* broken, but all its findings are in the baseline */
    CHECK_WARNED, /* a warning that is not known */
    CHECK_FAILED, /* an error that is not known */
    CHECK_NOT_TRIED,
};

#define CHECK_VERDICTS (CHECK_NOT_TRIED + 1)

struct check_result {
    const char *target; /* a path or a service, as in the arguments */
    const struct check_report *report;
    bool has_baseline;
    const struct baseline_entry **known;  /* by finding: the entry that makes it known, or NULL */
    const struct baseline_entry **absent; /* entries of this target whose finding did not occur
                                             although their rule was tried */
    size_t absent_count;
};

/**
 * Compare a report with a baseline.
 *
 * @param baseline  may be NULL; must outlive the result
 * @return false if there is no memory; then no finding is known
 */
bool check_result_init(struct check_result *result, const char *target,
                       const struct check_report *report, const struct baseline_file *baseline);

void check_result_release(struct check_result *result);

/** The number of findings of a severity that are not known. */
size_t check_result_count_new(const struct check_result *result, enum rule_severity severity);

enum check_verdict check_result_verdict(const struct check_result *result, enum rule_id rule);

/** The number of rules with each verdict, among those that apply to the target. */
void check_result_count_verdicts(const struct check_result *result, size_t counts[CHECK_VERDICTS]);

/** Why a rule with the verdict CHECK_NOT_TRIED was not tried: a phrase, never NULL. */
const char *check_result_reason(const struct check_result *result, enum rule_id rule);

/** Whether nothing is known of the target, so that "no error" would mislead. */
bool check_result_is_untested(const struct check_result *result);

/** Why nothing is known of it: a phrase, never NULL. */
const char *check_result_why_untested(const struct check_result *result);

/** "new", "unchanged", or NULL if there is no baseline. */
const char *check_result_state(const struct check_result *result, size_t finding);

#endif /* CHECK_RESULT_H */
