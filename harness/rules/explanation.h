/* SPDX-License-Identifier: MIT
 *
 * Each rule explained to the author of a provider: one explanation for each line of
 * explanations.def. rules.h has the description and the remedy of a rule.
 */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include "rules.h"

struct explanation {
    const char *why;     /* what goes wrong if the rule is broken, and for whom */
    const char *wrong;   /* code or a registration that breaks the rule; lines end with \n */
    const char *right;   /* the same code, keeping the rule */
    const char *logs;    /* what Windows writes to its event log, or that it writes nothing */
    const char *readers; /* which known readers misread the answer, and how */
};

/** By rule. */
extern const struct explanation explanations[RULE_COUNT];

#endif /* EXPLANATION_H */
