/* SPDX-License-Identifier: MIT
 *
 * What a run of `check` takes into account: which rules are tried, which findings are known, and
 * what makes it fail.
 */
#ifndef CHECK_POLICY_H
#define CHECK_POLICY_H

#include <stdbool.h>

#include "baseline_file.h"
#include "check_result.h"
#include "command_option.h"

/** In the order of the words in --fail-on. */
enum check_fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NEVER };

#define FAIL_ON_WORDS "error|warning|never"

/** The values of the command line. */
struct check_policy_options {
    int fail_on;
    struct option_texts rules, skips; /* patterns, separated by commas */
    const char *baseline, *write_baseline;
};

struct check_policy {
    const struct check_policy_options *options;
    bool is_left_out[RULE_COUNT];
    bool has_baseline;
    struct baseline_file baseline; /* the known findings */
    struct baseline_file written;  /* what --write-baseline will write */
    bool is_incomplete;            /* there was no memory to record some findings */
};

/**
 * Interpret the options.
 *
 * @return EXIT_FINE, or EXIT_BAD_USAGE with a message on stderr. The policy must be closed in
 *         either case.
 */
int check_policy_open(struct check_policy *policy, const struct check_policy_options *options);

/**
 * The baseline to compare a report with, or NULL. The report is prepared for that:
 * rules are left out, causes found, and with --write-baseline its findings are recorded.
 */
const struct baseline_file *check_policy_apply(struct check_policy *policy, const char *target,
                                               struct check_report *report);

/** The exit status for a result. */
int check_policy_status(const struct check_policy *policy, const struct check_result *result);

/** Write the new baseline, if requested. Returns EXIT_FINE, or EXIT_BAD_USAGE with a message. */
int check_policy_finish(struct check_policy *policy);

void check_policy_close(struct check_policy *policy);

/** Find the rule of that name. If it is unknown, a message on stderr names the nearest one. */
bool check_policy_find_rule(const char *name, enum rule_id *rule);

#endif /* CHECK_POLICY_H */
