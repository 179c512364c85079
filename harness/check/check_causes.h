/* SPDX-License-Identifier: MIT
 *
 * Finds which findings are consequences of others, by a table of rules.
 */
#ifndef CHECK_CAUSES_H
#define CHECK_CAUSES_H

#include "findings.h"

/**
 * Set the cause of each finding that has none yet. The cause is a rule of which the finding is a usual
 * consequence, and which is broken for the same object, or for the provider as a whole.
 */
void check_causes_find(struct findings *findings);

#endif /* CHECK_CAUSES_H */
