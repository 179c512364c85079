/* SPDX-License-Identifier: MIT
 *
 * The rules as data: one for each line of rules.def. Most are the V1 contract's, which `check`
 * holds providers and saved answers against; the last ones, whose names begin with v2-, are what
 * the emulation of PERFLIB V2 sees (harness/perflib/). A rule's name is stable: findings carry it,
 * `check --rules` lists it, people filter by it.
 */
#ifndef RULES_H
#define RULES_H

#include <stddef.h>

/** What a breach means for those who read the provider. */
enum rule_severity {
    RULE_WARNING, /* tolerated by Windows, or harmful only to some */
    RULE_ERROR,   /* discarded by Windows, damages the consumer, or makes it read wrong values */
};

/** Position of each rule in `rules`: RULE_guard_overrun and so on. */
enum rule_id {
#define RULE(id, name, severity, description, remedy, source) RULE_##id,
#include "rules.def"
#undef RULE
    RULE_COUNT,
    RULE_V1_COUNT = RULE_v2_memory_pair /* rules of the V1 contract: those before this one */
};

struct rule {
    const char *name; /* "guard-overrun" */
    enum rule_severity severity;
    const char *description; /* one line: what holds when the rule is kept */
    const char *remedy;      /* one line: what to do when it is not */
    const char *source;      /* where the rule comes from */
};

/** All rules, in the order of rules.def. */
extern const struct rule rules[RULE_COUNT];

/** The rule of that name, or NULL. */
const struct rule *rules_find(const char *name);

/** "error" or "warning". */
const char *rule_severity_name(enum rule_severity severity);

#endif /* RULES_H */
