/* SPDX-License-Identifier: MIT
 *
 * The rules that object_walk checks, as rows of the table of rules.
 */
#ifndef WALK_RULE_H
#define WALK_RULE_H

#include "object_walk.h"
#include "rules.h"

/** The row of the table for a rule of the walk. */
enum rule_id walk_rule_id(enum walk_rule rule);

/** The name of that row, e.g. "object-length". */
const char *walk_rule_name(enum walk_rule rule);

#endif /* WALK_RULE_H */
