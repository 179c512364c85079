/* SPDX-License-Identifier: MIT
 *
 * What the doctor reports: findings, with causes before their consequences, and the changes that
 * repair them. A diagnosis owns all its texts.
 */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor_faults.h"
#include "reg_tree.h"
#include "text_pool.h"
#include "wintypes.h"

#define DIAGNOSIS_NONE SIZE_MAX

/** Most findings of one fault that are kept; chosen. The others are counted. */
#define DIAGNOSIS_MOST_OF_A_FAULT 500

/** A value as it is or as it should be. */
struct diagnosis_fact {
    bool is_known;  /* false: JSON's null, as for a value that is absent */
    bool is_absent; /* known: the value is not there, or should not be there */
    bool is_number;
    uint32_t number;
    const char *text; /* when it is neither absent nor a number */
};

struct diagnosis_finding {
    enum doctor_fault_id fault;
    const char *service; /* NULL: it concerns no service */
    const char *other;   /* another service that the finding concerns, or NULL */
    const char *key;     /* path of the registry key, or a file's name */
    const char *value;   /* name of the value, or NULL */
    struct diagnosis_fact actual, expected;
    const char *detail; /* one or two sentences about this case */
    size_t caused_by;   /* position of another finding, or DIAGNOSIS_NONE */
    size_t repair;      /* position of the chosen repair, or DIAGNOSIS_NONE */
    bool is_ambiguous;  /* several repairs are possible: one must be preferred */
    bool is_contested;  /* ambiguous because another service's repair needs the same indices */
    size_t serial;      /* order in which it was found */
};

/** One way to repair a finding. */
struct diagnosis_repair {
    const char *id;
    size_t finding;
    const char *what; /* one line for people who choose */
    bool is_optional; /* done only if it is preferred by its id */
    bool is_chosen;
    bool is_withdrawn;    /* out of date, because a later round knows more */
    uint32_t first, last; /* indices that it gives to a service; both 0: no indices */
};

/** One value that a repair changes. */
struct diagnosis_change {
    size_t repair;
    const char *key, *value;
    bool had_value, has_value; /* before and after; false: the value is not there */
    uint32_t type_before, type_after;
    const void *before, *after;
    size_t size_before, size_after;
    const char *why; /* what it does and why it is safe */
};

struct diagnosis {
    struct text_pool pool;
    struct diagnosis_finding *findings;
    size_t finding_count, finding_capacity;
    struct diagnosis_repair *repairs;
    size_t repair_count, repair_capacity;
    struct diagnosis_change *changes;
    size_t change_count, change_capacity;
    size_t counts[DOCTOR_FAULT_COUNT]; /* findings of each fault, also those not kept */
    const char *const *preferred;      /* ids of repairs; the caller's */
    size_t preferred_count;
    bool is_lost; /* memory ran out: it is not complete */
};

/** Make a fact: a number, a text (copied), an absent value, or an unknown one. */
struct diagnosis_fact diagnosis_number(uint32_t number);
struct diagnosis_fact diagnosis_text(struct diagnosis *diagnosis, const char *text);
struct diagnosis_fact diagnosis_absent(void);
struct diagnosis_fact diagnosis_unknown(void);

/** Make the fact about a value: a number, a text or its size; absent if it is NULL. */
struct diagnosis_fact diagnosis_value(struct diagnosis *diagnosis, const struct reg_value *value);

/** Whether no further finding of a fault is kept. Its texts need not be made then: diagnosis_add only counts it. */
bool diagnosis_is_full(const struct diagnosis *diagnosis, enum doctor_fault_id fault);

/**
 * Add a finding; texts are copied except `detail`, which is of the diagnosis' pool.
 *
 * @return its position; DIAGNOSIS_NONE if it was not kept
 */
size_t diagnosis_add(struct diagnosis *diagnosis, const struct diagnosis_finding *finding);

/** The first finding of a fault about a service (NULL: about any); DIAGNOSIS_NONE. */
size_t diagnosis_find(const struct diagnosis *diagnosis, enum doctor_fault_id fault,
                      const char *service);

/**
 * Add a repair of a finding. If several are not optional, the user has to choose: one is chosen only if
 * it is preferred.
 *
 * @return its position, for diagnosis_change_number and _remove; DIAGNOSIS_NONE if there is no
 *         finding
 */
size_t diagnosis_add_repair(struct diagnosis *diagnosis, size_t finding, bool is_optional,
                            const char *id, const char *what);

/** Record which indices a repair gives to a service. At most one of two repairs is chosen that give the
    same indices to different services. */
void diagnosis_claim(struct diagnosis *diagnosis, size_t repair, uint32_t first, uint32_t last);

/** The value that a change of a repair concerns. */
struct diagnosis_target {
    const char *key, *name;
    const struct reg_value *before; /* NULL: there is no such value yet */
};

/** The data that a change writes. */
struct diagnosis_data {
    uint32_t type; /* REG_... */
    const void *bytes;
    size_t size;
};

/** Add a change that writes a number, unless the value has that number already. */
void diagnosis_change_number(struct diagnosis *diagnosis, size_t repair,
                             const struct diagnosis_target *target, uint32_t number,
                             const char *why);

/** Add a change that writes data. */
void diagnosis_change_data(struct diagnosis *diagnosis, size_t repair,
                           const struct diagnosis_target *target,
                           const struct diagnosis_data *after, const char *why);

/** Add a change that removes a value. */
void diagnosis_change_remove(struct diagnosis *diagnosis, size_t repair, const char *key,
                             const struct reg_value *before, const char *why);

/** Put causes before consequences, and choose repairs. Positions of findings change. May be called
    again after more was added. */
void diagnosis_finish(struct diagnosis *diagnosis);

/** How many findings have at least that severity. */
size_t diagnosis_count(const struct diagnosis *diagnosis, enum doctor_severity severity);

/** Whether the value of a change is part of a chosen repair. */
bool diagnosis_is_chosen(const struct diagnosis *diagnosis, const struct diagnosis_change *change);

/** Free all memory. The struct is empty and can be used again. */
void diagnosis_release(struct diagnosis *diagnosis);

#endif /* DIAGNOSIS_H */
