/* SPDX-License-Identifier: MIT
 *
 * The rules as data: one for each line of rules.def. Most are the V1 contract's, which `check`
 * holds providers and saved answers against; those whose names begin with v2- are what
 * the emulation of PERFLIB V2 sees (harness/perflib/). A rule's name is stable: findings carry it,
 * `check --rules` lists it, people filter by it.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>

/** What a breach means for those who read the provider. */
enum rule_severity {
    RULE_WARNING, /* tolerated by Windows, or harmful only to some */
    RULE_ERROR,   /* discarded by Windows, damages the consumer, or makes it read wrong values */
};

/** Where a rule is tried. All rules of a stage are tried together, unless a stage marks its own. */
enum rule_stage {
    RULE_STAGE_REGISTRATION,
    RULE_STAGE_LOAD,       /* the library and its exports */
    RULE_STAGE_CALL,       /* what a call does to its process */
    RULE_STAGE_MEMORY,     /* bytes outside the buffer */
    RULE_STAGE_OUTPUTS,    /* return code, counts, and the bytes as a whole */
    RULE_STAGE_QUERY,      /* which objects are answered */
    RULE_STAGE_DATA_BLOCK, /* the header of a saved answer */
    RULE_STAGE_STRUCTURE,  /* objects, definitions, instances */
    RULE_STAGE_SAMPLES,    /* from one collect to the next */
    RULE_STAGE_LIFE_CYCLE,
    RULE_STAGE_LEAK,
    RULE_STAGE_READER, /* what known readers misread */
    RULE_STAGE_V2,     /* V2 providers only */
};

/** Position of each rule in `rules`: RULE_guard_overrun and so on. */
enum rule_id {
#define RULE(id, name, stage, severity, description, remedy, source) RULE_##id,
#include "rules.def"
#undef RULE
    RULE_COUNT
};

struct rule {
    const char *name; /* "guard-overrun" */
    enum rule_stage stage;
    enum rule_severity severity;
    const char *description; /* one line: what holds when the rule is kept */
    const char *remedy;      /* one line: what to do when it is not */
    const char *source;      /* where the rule comes from */
};

/** All rules, in the order of rules.def. */
extern const struct rule rules[RULE_COUNT];

/** Whether the rule concerns providers of that kind: rules of RULE_STAGE_V2 only V2 providers. */
bool rule_concerns(enum rule_id rule, bool is_v2);

/** How many rules concern providers of that kind. */
size_t rules_count(bool is_v2);

/** The rule of that name; false, with *rule unchanged, if there is none. */
bool rule_find(const char *name, enum rule_id *rule);

/** "error" or "warning". */
const char *rule_severity_name(enum rule_severity severity);

#endif /* RULES_H */
