/* SPDX-License-Identifier: MIT
 *
 * Each rule explained to the author of a provider: one for each line of explanations.def. What holds
 * and what to do is in rules.h.
 */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include "rules.h"

struct explanation {
    const char *why;     /* what goes wrong otherwise, and for whom */
    const char *wrong;   /* code or a registration that breaks the rule; lines end with \n */
    const char *right;   /* the same, kept */
    const char *logs;    /* what Windows writes to its event log, or that it writes nothing */
    const char *readers; /* which known readers misread it, and how */
};

/** By rule. */
extern const struct explanation explanations[RULE_COUNT];

#endif /* EXPLANATION_H */
