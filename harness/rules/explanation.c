/* SPDX-License-Identifier: MIT
 *
 * The explanations, expanded from explanations.def.
 */
#include "explanation.h"

const struct explanation explanations[RULE_COUNT] = {
#define EXPLANATION(id, why, wrong, right, logs, readers)                                          \
    [RULE_##id] = { why, wrong, right, logs, readers },
#include "explanations.def"
#undef EXPLANATION
};
