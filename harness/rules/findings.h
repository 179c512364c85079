/* SPDX-License-Identifier: MIT
 *
 * Findings: the breaches of rules that a check has seen, each told once. A fault that shows at a
 * thousand buffer sizes is one finding: the first place it was seen at, and how often.
 *
 * Findings are data: nothing is printed here. One `struct findings` is used by one thread at a
 * time. Memory running out is remembered in `is_incomplete`; the findings so far stay.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printf_like.h"
#include "rules.h"

/** Most findings that are kept; what comes behind them is only counted. */
#define FINDINGS_LIMIT 1000

/** Most of one rule, so that no rule takes the place of the others. */
#define FINDINGS_RULE_LIMIT 200

/** `offset` of a finding that has no place in the bytes. */
#define FINDINGS_NO_OFFSET SIZE_MAX

/** Where in the provider's source a call failed. */
struct finding_location {
    const char *function; /* NULL: unknown; likewise the file */
    const char *file;     /* as the debugging information has it, else the library */
    unsigned line;        /* 0: unknown */
    const char
        *callers; /* the frames above it, innermost first: "build at mine.c:33, Collect"; NULL */
};

struct finding {
    enum rule_id rule;
    char *query;          /* UTF-8; NULL: no query was made */
    char *subject;        /* UTF-8: what is at fault; NULL: the rule alone says it */
    uint32_t buffer_size; /* bytes of the buffer at the call, or of the blob */
    size_t offset;        /* bytes from the start of the answer; FINDINGS_NO_OFFSET */
    char *message;        /* structure, offset, found and expected, for people; UTF-8. The remedy is
                             the rule's. */
    struct finding_location location; /* all of it unknown unless the call failed in known code */
    enum rule_id caused_by;           /* valid if has_cause: the consequence of a breach of that */
    bool has_cause;
    uint64_t count; /* how often it was seen */
    uint64_t key;   /* of rule and subject: what makes two breaches the same finding */
};

struct findings {
    struct finding *items; /* in the order in which they were first seen */
    size_t count;
    size_t capacity;
    uint32_t rule_counts[RULE_COUNT]; /* items of each rule */
    uint64_t dropped;                 /* breaches beyond FINDINGS_LIMIT or FINDINGS_RULE_LIMIT */
    bool is_incomplete;               /* memory ran out */
    bool broken[RULE_COUNT];          /* rules that at least one breach was found of */
};

/** Where a breach was seen. */
struct finding_place {
    const char *query;    /* UTF-8, copied; NULL: none */
    uint32_t buffer_size; /* bytes */
    size_t offset;        /* bytes; FINDINGS_NO_OFFSET */
    const char
        *subject; /* what is at fault, e.g. "object 2380, counter 3" or the name of an export:
                             with the rule it tells findings apart, in this run and, with the query, in
                             a later one. It is printed. NULL: the rule alone does */
    const struct finding_location *location; /* copied; NULL: unknown */
    const enum rule_id *caused_by;           /* copied; NULL: a breach of its own */
};

/**
 * Add a breach: a new finding, or one more count of a known one. The message does not repeat the
 * rule's remedy, which is printed with it.
 *
 * @return false when it was dropped because there are too many of all rules: no more need be looked for
 */
PRINTF_LIKE(4, 5)
bool findings_add(struct findings *findings, enum rule_id rule, const struct finding_place *place,
                  const char *format, ...);

/** How many findings of that severity there are. */
size_t findings_count(const struct findings *findings, enum rule_severity severity);

/** Remove the findings of some rules, which count as kept then; nothing else has them as its cause. */
void findings_remove(struct findings *findings, const bool is_removed[RULE_COUNT]);

/** Free all findings; a zeroed one is allowed. */
void findings_release(struct findings *findings);

#endif /* FINDINGS_H */
