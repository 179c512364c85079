/* SPDX-License-Identifier: MIT
 *
 * Patterns of rules, baselines, and the exit status of `check`.
 */
#include "check_policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_causes.h"
#include "command.h"
#include "name_pattern.h"
#include "options.h"
#include "os.h"
#include "output.h"

#define PATTERN_SIZE 128 /* bytes of a pattern, terminator included; chosen */

/* ---- which rules --------------------------------------------------------------------------- */

bool check_policy_find_rule(const char *name, enum rule_id *rule)
{
    const char *nearest = NULL;
    size_t nearest_distance = 5;

    if (rule_find(name, rule))
        return true;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const size_t distance = options_distance(name, rules[i].name);

        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = rules[i].name;
        }
    }
    command_complain("there is no rule \"%s\"%s%s%s", name, nearest ? "; did you mean \"" : "",
                     nearest ? nearest : "; check --list-rules names all", nearest ? "\"?" : "");
    return false;
}

/* Set `chosen` for each rule that a pattern matches. A pattern that matches no rule is an error. */
static bool choose(const char *pattern, bool chosen[RULE_COUNT])
{
    bool has_any = false;
    enum rule_id rule;

    for (size_t i = 0; i < RULE_COUNT; i++)
        if (name_pattern_matches(pattern, rules[i].name))
            chosen[i] = has_any = true;
    if (has_any)
        return true;
    if (!strpbrk(pattern, "*?"))
        return check_policy_find_rule(pattern, &rule);
    command_complain("no rule matches \"%s\"; check --list-rules names all", pattern);
    return false;
}

static bool choose_all(const struct option_texts *texts, bool chosen[RULE_COUNT])
{
    for (size_t i = 0; i < texts->count; i++)
        for (const char *at = texts->items[i];;) {
            const size_t length = strcspn(at, ",");
            char pattern[PATTERN_SIZE];

            if (length >= sizeof(pattern)) {
                command_complain(
                    "a pattern of a rule is too long: %.40s…; check --list-rules shows the names",
                    at);
                return false;
            }
            memcpy(pattern, at, length);
            pattern[length] = 0;
            if (!choose(pattern, chosen))
                return false;
            if (!at[length])
                break;
            at += length + 1;
        }
    return true;
}

static bool choose_rules(struct check_policy *policy)
{
    bool are_asked_for[RULE_COUNT] = { false }, are_skipped[RULE_COUNT] = { false };
    const bool has_rules = policy->options->rules.count > 0;

    if (!choose_all(&policy->options->rules, are_asked_for) ||
        !choose_all(&policy->options->skips, are_skipped))
        return false;
    for (size_t i = 0; i < RULE_COUNT; i++)
        policy->is_left_out[i] = (has_rules && !are_asked_for[i]) || are_skipped[i];
    return true;
}

/* ---- baselines ----------------------------------------------------------------------------- */

static bool read_baseline(struct check_policy *policy, struct baseline_file *baseline)
{
    const char *const path = policy->options->baseline;
    char problem[512];

    if (baseline_file_read(baseline, path, baseline_file_day(os_time_100ns()), problem,
                           sizeof(problem)))
        return true;
    command_complain("%s: %s", path, problem);
    return false;
}

static void report_expired(const struct check_policy *policy)
{
    for (size_t i = 0; i < policy->baseline.count; i++) {
        const struct baseline_entry *entry = &policy->baseline.entries[i];

        if (entry->is_expired)
            command_complain("%s: the entry for %s of %s ended on %s and has no effect; remove it, "
                             "or give it a later day",
                             policy->options->baseline, rules[entry->rule].name, entry->target,
                             entry->expires);
    }
}

int check_policy_open(struct check_policy *policy, const struct check_policy_options *options)
{
    *policy =
        (struct check_policy){ .options = options, .has_baseline = options->baseline != NULL };
    if (!choose_rules(policy))
        return EXIT_BAD_USAGE;
    if (!policy->has_baseline)
        return EXIT_FINE;
    if (!read_baseline(policy, &policy->baseline))
        return EXIT_BAD_USAGE;
    report_expired(policy);
    if (options->write_baseline && !read_baseline(policy, &policy->written))
        return EXIT_BAD_USAGE;
    return EXIT_FINE;
}

const struct baseline_file *check_policy_apply(struct check_policy *policy, const char *target,
                                               struct check_report *report)
{
    check_report_leave_out(report, policy->is_left_out);
    check_causes_find(&report->findings);
    if (!policy->options->write_baseline)
        return policy->has_baseline ? &policy->baseline : NULL;

    /* A finding may still exist if its rule could not be tested. */
    if (check_report_status(report) == CHECK_OK || check_report_status(report) == CHECK_BROKEN)
        baseline_file_prune(&policy->written, target, &report->findings, report->was_checked);
    for (size_t i = 0; i < report->findings.count; i++)
        policy->is_incomplete |=
            !baseline_file_record(&policy->written, target, &report->findings.items[i]);
    return policy->has_baseline ? &policy->baseline : NULL;
}

int check_policy_finish(struct check_policy *policy)
{
    const char *const path = policy->options->write_baseline;
    struct output output = { 0 };
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (!path)
        return EXIT_FINE;
    baseline_file_write(&policy->written, &output);
    if (!output.is_lost && !policy->is_incomplete)
        error = os_file_write_all(path, output.data, output.size);
    output_release(&output);
    return error ? command_complain_output(path, error) : EXIT_FINE;
}

/* ---- the status ---------------------------------------------------------------------------- */

int check_policy_status(const struct check_policy *policy, const struct check_result *result)
{
    const int fail_on = policy->options->fail_on;
    const size_t error_count = check_result_count_new(result, RULE_ERROR);
    const size_t warning_count = check_result_count_new(result, RULE_WARNING);

    switch (check_report_status(result->report)) {
    case CHECK_UNREADABLE:
        return EXIT_BAD_USAGE;
    case CHECK_NOT_TESTED:
    case CHECK_OK:
    case CHECK_BROKEN:
        break;
    }
    /* With --write-baseline, everything that was found is known from now on. */
    if (fail_on != FAIL_ON_NEVER && !policy->options->write_baseline &&
        (error_count || (fail_on == FAIL_ON_WARNING && warning_count)))
        return EXIT_BROKEN_RULE;
    return check_report_status(result->report) == CHECK_NOT_TESTED ? EXIT_NOTHING : EXIT_FINE;
}

void check_policy_close(struct check_policy *policy)
{
    baseline_file_release(&policy->baseline);
    baseline_file_release(&policy->written);
}
