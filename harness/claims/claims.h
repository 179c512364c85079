/* SPDX-License-Identifier: MIT
 *
 * The list of claims: what perfharness says about Windows, one sentence each, with a grade, a
 * source, and the probe that can confirm or refute it. The table is claims.def.
 *
 * A rule of `check` rests on exactly one claim; a finding carries the grade of that claim.
 *
 * Everything is constant: any thread may read it.
 */
#ifndef CLAIMS_H
#define CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

/** What a run of the probes on Windows has shown. */
enum claim_state {
    CLAIM_NOT_PROBED, /* no probe has run there yet */
    CLAIM_CONFIRMED,
    CLAIM_REFUTED,
};

/** A way to try claims on a running Windows; one probe tries several of them. */
struct claim_probe {
    const char *name; /* a C identifier: the function of the probe program */
    const char *does; /* what it calls and compares, one line */
};

struct claim {
    const char *id; /* kebab-case; stable */
    char grade;     /* 'A' to 'D'; see claim_grade_meaning */
    /* What in this program depends on the claim: "rule:guard-overrun, event:1001". claims.def
       explains the words. "" if it has no name. */
    const char *covers;
    const char *text;                /* one sentence about observable behaviour */
    const char *source;              /* where the claim comes from */
    const struct claim_probe *probe; /* NULL: no probe is possible */
    const char *no_probe;            /* why no probe is possible; NULL: there is a probe */
};

/** All claims, in the order of claims.def. */
extern const struct claim claims[];
extern const size_t claims_count;

/** The claim with that id, or NULL. */
const struct claim *claim_find(const char *id);

/** Whether `what`, e.g. "rule:guard-overrun", depends on the claim. It is compared as a whole. */
bool claim_covers(const struct claim *claim, const char *what);

/** The claim on which a rule of `check` depends; NULL if no claim names it. */
const struct claim *claim_of_rule(const char *rule);

/** The grade of that claim as text, "A" to "D"; NULL if no claim names the rule. */
const char *claim_grade_of_rule(const char *rule);

/** The number of claims with a grade, 'A' to 'D'. */
size_t claims_count_grade(char grade);

/** The state of a claim, from results.def. */
enum claim_state claim_state(const struct claim *claim);

/** The number of claims in a state. */
size_t claims_count_state(enum claim_state state);

/** What a grade means, one line; NULL if there is no such grade. */
const char *claim_grade_meaning(char grade);

/** "confirmed", "refuted" or "not-probed". */
const char *claim_state_name(enum claim_state state);

#endif /* CLAIMS_H */
