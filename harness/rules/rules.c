/* SPDX-License-Identifier: MIT
 *
 * The table of rules, expanded from rules.def.
 */
#include "rules.h"

#include <string.h>

const struct rule rules[RULE_COUNT] = {
#define RULE(id, name, stage, severity, description, remedy, source)                               \
    [RULE_##id] = { name, RULE_STAGE_##stage, RULE_##severity, description, remedy, source },
#include "rules.def"
#undef RULE
};

bool rule_concerns(enum rule_id rule, bool is_v2)
{
    return is_v2 || rules[rule].stage != RULE_STAGE_V2;
}

size_t rules_count(bool is_v2)
{
    size_t count = 0;

    for (size_t i = 0; i < RULE_COUNT; i++)
        count += rule_concerns((enum rule_id)i, is_v2);
    return count;
}

bool rule_find(const char *name, enum rule_id *rule)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0) {
            *rule = (enum rule_id)i;
            return true;
        }
    return false;
}

const char *rule_severity_name(enum rule_severity severity)
{
    return severity == RULE_ERROR ? "error" : "warning";
}
