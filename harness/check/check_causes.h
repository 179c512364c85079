/* SPDX-License-Identifier: MIT
 *
 * Which findings are consequences of others, by a table of rules.
 */
#ifndef CHECK_CAUSES_H
#define CHECK_CAUSES_H

#include "findings.h"

/**
 * Name the cause of each finding that has none yet and whose rule is a usual consequence of another
 * one that is broken for the same object, or for the provider as a whole.
 */
void check_causes_find(struct findings *findings);

#endif /* CHECK_CAUSES_H */
