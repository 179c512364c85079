/* SPDX-License-Identifier: MIT
 *
 * Translates the rules of object_walk, which does not know the table of rules, into rows of that
 * table.
 */
#include "walk_rule.h"

static const enum rule_id ids[] = {
#define WALK_RULE(id) [WALK_RULE_##id] = RULE_##id,
#include "walk_rules.def"
#undef WALK_RULE
};

enum rule_id walk_rule_id(enum walk_rule rule)
{
    return ids[rule];
}

const char *walk_rule_name(enum walk_rule rule)
{
    return rules[ids[rule]].name;
}
