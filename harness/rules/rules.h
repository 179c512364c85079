/* SPDX-License-Identifier: MIT
 *
 * The rules as data: one for each line of rules.def. Most belong to the V1 contract, against which
 * `check` tests providers and saved answers. Rules whose names begin with v2- are what the
 * emulation of PERFLIB V2 sees (harness/perflib/). A rule's name is stable: findings carry it,
 * `check --rules` lists it, users filter by it.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>

/** What a breach means for the programs that read the provider. */
enum rule_severity {
    RULE_WARNING, /* Windows tolerates it, or only some readers are harmed */
    RULE_ERROR,   /* Windows discards the data, or the consumer is damaged or reads wrong values */
};

/**
 * The stage of `check` that tries a rule. All rules of a stage are tried together, unless a stage
 * marks its own.
 */
enum rule_stage {
    RULE_STAGE_REGISTRATION,
    RULE_STAGE_LOAD,       /* the library and its exports */
    RULE_STAGE_CALL,       /* what a call does to its process */
    RULE_STAGE_MEMORY,     /* bytes outside the buffer */
    RULE_STAGE_OUTPUTS,    /* return code, counts, and the answer as a whole */
    RULE_STAGE_QUERY,      /* which objects the provider answers */
    RULE_STAGE_DATA_BLOCK, /* the header of a saved answer */
    RULE_STAGE_STRUCTURE,  /* objects, definitions, instances */
    RULE_STAGE_SAMPLES,    /* from one Collect to the next */
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
    const char *name; /* e.g. "guard-overrun" */
    enum rule_stage stage;
    enum rule_severity severity;
    const char *description; /* one line: what holds when the rule is kept */
    const char *remedy;      /* one line: what to do when it is not */
    const char *source;      /* where the rule comes from */
};

/** All rules, in the order of rules.def. */
extern const struct rule rules[RULE_COUNT];

/**
 * Whether the rule applies to that kind of provider: rules of RULE_STAGE_V2 apply only to V2
 * providers.
 */
bool rule_concerns(enum rule_id rule, bool is_v2);

/** The number of rules that apply to that kind of provider. */
size_t rules_count(bool is_v2);

/** Find the rule of that name. Returns false if it is absent; then *rule is unchanged. */
bool rule_find(const char *name, enum rule_id *rule);

/** "error" or "warning". */
const char *rule_severity_name(enum rule_severity severity);

#endif /* RULES_H */
