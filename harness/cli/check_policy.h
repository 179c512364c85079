/* SPDX-License-Identifier: MIT
 *
 * What a run of `check` takes into account: which rules, which findings are known, and what makes it
 * fail.
 */
#ifndef CHECK_POLICY_H
#define CHECK_POLICY_H

#include <stdbool.h>

#include "baseline_file.h"
#include "check_result.h"
#include "command_option.h"

/** In the order of the words that --fail-on takes. */
enum check_fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NEVER };

#define FAIL_ON_WORDS "error|warning|never"

/** What the command line says. */
struct check_policy_options {
    int fail_on;
    struct option_texts rules, skips; /* patterns, several of them with commas between */
    const char *baseline, *write_baseline;
};

struct check_policy {
    const struct check_policy_options *options;
    bool is_left_out[RULE_COUNT];
    bool has_baseline;
    struct baseline_file baseline; /* what is known */
    struct baseline_file written;  /* what --write-baseline will write */
    bool is_incomplete;            /* memory ran out while findings were recorded */
};

/**
 * Find out what the options mean.
 *
 * @return EXIT_FINE, or EXIT_BAD_USAGE with a message on stderr. The policy must be closed in either
 *         case.
 */
int check_policy_open(struct check_policy *policy, const struct check_policy_options *options);

/** The baseline to compare a report with, which is prepared for that: rules are left out, causes found,
    and with --write-baseline its findings recorded. NULL: there is none. */
const struct baseline_file *check_policy_apply(struct check_policy *policy, const char *target,
                                               struct check_report *report);

/** The exit status that a result leads to. */
int check_policy_status(const struct check_policy *policy, const struct check_result *result);

/** Write the new baseline, if that is asked for. EXIT_FINE, or EXIT_BAD_USAGE with a message. */
int check_policy_finish(struct check_policy *policy);

void check_policy_close(struct check_policy *policy);

/** The rule of that name, or a message on stderr with the nearest name there is. */
bool check_policy_find_rule(const char *name, enum rule_id *rule);

#endif /* CHECK_POLICY_H */
