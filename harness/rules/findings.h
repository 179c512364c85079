/* SPDX-License-Identifier: MIT
 *
 * Findings: the breaches of rules that a check has seen. A fault that shows at a thousand buffer
 * sizes is one finding: the place where it was first seen, and how often it was seen.
 *
 * Findings are data: nothing is printed here. One `struct findings` is used by one thread at a
 * time. If there is no memory for a finding, `is_incomplete` is set and the earlier findings stay.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printf_like.h"
#include "rules.h"

/**
 * Most findings that are kept; later ones are only counted. Chosen: a longer report is not read, and
 * memory is bounded.
 */
#define FINDINGS_LIMIT 1000

/** Most findings of one rule; chosen, so that at least five rules have space. */
#define FINDINGS_RULE_LIMIT 200

/** `offset` of a finding that has no place in the bytes. */
#define FINDINGS_NO_OFFSET SIZE_MAX

/** The place in the provider's source where a call failed. */
struct finding_location {
    const char *function; /* NULL: not known; the same holds for `file` */
    const char *file;     /* from the debugging information; without it, the library */
    unsigned line;        /* 0: not known */
    const char
        /* the frames above it, innermost first: "build at mine.c:33, Collect"; may be NULL */
        *callers;
};

struct finding {
    enum rule_id rule;
    char *query;          /* UTF-8; NULL: no query was made */
    char *subject;        /* UTF-8: what is at fault; NULL: the rule alone says it */
    uint32_t buffer_size; /* bytes of the buffer at the call, or of the blob */
    size_t offset;        /* bytes from the start of the answer; FINDINGS_NO_OFFSET */
    /* structure, offset, found and expected, for people; UTF-8. The remedy is the rule's. */
    char *message;
    struct finding_location location; /* all fields are unknown unless the call failed in code whose
                                         place is known */
    enum rule_id caused_by;           /* valid if has_cause: the breach that caused this one */
    bool has_cause;
    uint64_t count; /* how often it was seen */
    uint64_t key;   /* a hash of rule and subject: two breaches with the same key are one finding */
};

struct findings {
    struct finding *items; /* in the order in which they were first seen */
    size_t count;
    size_t capacity;
    uint32_t rule_counts[RULE_COUNT]; /* number of findings of each rule */
    uint64_t dropped;                 /* breaches beyond FINDINGS_LIMIT or FINDINGS_RULE_LIMIT */
    bool is_incomplete;               /* there was no memory for some findings */
    bool broken[RULE_COUNT];          /* rules with at least one breach */
};

/** Where a breach was seen. */
struct finding_place {
    const char *query;    /* UTF-8, copied; NULL: no query was made */
    uint32_t buffer_size; /* bytes */
    size_t offset;        /* bytes; FINDINGS_NO_OFFSET */
    const char
        *subject; /* what is at fault, e.g. "object 2380, counter 3" or the name of an export. With
                     the rule it distinguishes findings of this run and, with the query, of later
                     runs. It is printed. NULL: the rule alone does */
    const struct finding_location *location; /* copied; NULL: unknown */
    /* copied; NULL: the breach has no cause in another rule */
    const enum rule_id *caused_by;
};

/**
 * Add a breach: a new finding, or one more count of a known one. The message does not repeat the
 * rule's remedy, which is printed with it.
 *
 * @return false if the limit of all rules is reached and the breach was dropped; then the caller
 *         can stop looking
 */
PRINTF_LIKE(4, 5)
bool findings_add(struct findings *findings, enum rule_id rule, const struct finding_place *place,
                  const char *format, ...);

/** The number of findings of that severity. */
size_t findings_count(const struct findings *findings, enum rule_severity severity);

/**
 * Remove all findings of some rules. These rules then count as kept, and no finding has them as its
 * cause.
 */
void findings_remove(struct findings *findings, const bool is_removed[RULE_COUNT]);

/** Free all findings. A zeroed structure is allowed. */
void findings_release(struct findings *findings);

#endif /* FINDINGS_H */
