/* SPDX-License-Identifier: MIT
 *
 * The ranges of indices that a service may really have, if the numbers of its registration cannot be
 * right, and their repairs. All limits are chosen.
 */
#ifndef RANGE_CANDIDATES_H
#define RANGE_CANDIDATES_H

#include "examination.h"

/** The most ranges that are considered for one service: 12 of its own numbers, 2 of its Object List, and 10 of the
    run around each of 5 indices. */
#define RANGE_CANDIDATES_LIMIT 64
/** The most repairs that are offered: more cannot be compared at a glance. */
#define RANGE_CANDIDATES_OFFERED 4

/** A range that a service may really have. */
struct range_candidate {
    uint32_t first, last;
    unsigned changes;   /* numbers that would change */
    bool is_guess;      /* where it ends follows from ownerless names that have gaps */
    bool lacks_objects; /* the Object List lies outside */
    bool shows_last;    /* another candidate begins with the same index: the id has the last, too */
    size_t owned;       /* ownerless names that would get an owner */
};

struct range_candidates {
    struct examination *examination;
    const struct machine_service *service;
    struct range_candidate items[RANGE_CANDIDATES_LIMIT];
    size_t count;
};

/** Whether the service has an Object List, and all of it lies in a range. */
bool range_candidates_has_objects(const struct machine_service *service, uint32_t first,
                                  uint32_t last);

/**
 * Whether another stale service, except `except` (NULL is allowed), may have the same run of ownerless
 * names. With very many stale services the owner cannot be decided: the answer is then true.
 */
bool range_candidates_is_run_shared(const struct examination *examination,
                                    const struct name_run *run,
                                    const struct examined_service *except);

/**
 * Find the service's names from its Object List. In nearly every service the first object is the first
 * name. The names end where the length of the registered range says, if ownerless names end there too;
 * otherwise at the end of the part of the run that has the last object.
 */
bool range_candidates_find_objects(const struct examination *examination,
                                   const struct machine_service *service, struct name_run *run);

/** Find all candidates. The caller has set examination and service. */
void range_candidates_gather(struct range_candidates *candidates);

/**
 * Offer the best candidates as repairs of a finding: one, or several of equal rank to choose from.
 *
 * @return the best one, or NULL if there is no candidate
 */
const struct range_candidate *range_candidates_offer(struct range_candidates *candidates,
                                                     size_t finding, bool is_optional);

/** Add a repair that gives a service a range. Does nothing if the finding is DIAGNOSIS_NONE. */
void range_candidates_add_repair(struct examination *examination,
                                 const struct machine_service *service, size_t finding,
                                 const struct range_candidate *range, bool is_optional);

#endif /* RANGE_CANDIDATES_H */
