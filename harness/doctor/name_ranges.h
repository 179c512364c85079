/* SPDX-License-Identifier: MIT
 *
 * Which indices belong to which service, and which names have no owner. The ranges that the caller
 * gives are believed. English names outside of all of them have no owner. Runs of such names are
 * the evidence for where the names of another service really are.
 */
#ifndef NAME_RANGES_H
#define NAME_RANGES_H

#include "machine.h"

/** Indices of a service that is believed: a sane range, see machine.h. */
struct name_range {
    uint32_t first, last;
    const struct machine_service *service;
    uint32_t reach;  /* the highest `last` of this range and all before it */
    size_t farthest; /* the position of the range that has it */
};

/** Names that follow each other without a range of a service between them, and have no owner. */
struct name_run {
    uint32_t first, last;
    size_t count;
};

/** Zeroed, it is empty. */
struct name_ranges {
    struct name_range *ranges; /* by first, then last */
    size_t range_count;
    struct name_run *runs; /* increasing */
    size_t run_count, run_capacity;
    struct name_run *parts; /* of runs, without a gap; increasing */
    size_t part_count, part_capacity;
    struct name_run *blocks; /* runs and parts; by last - first, then first */
    size_t block_count, block_capacity;
};

/**
 * Sort ranges and find the ownerless runs.
 *
 * @param ranges  filled with `ranges` and `range_count` by the caller, from malloc
 * @param names   the English names; NULL: no runs
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD name_ranges_sort(struct name_ranges *ranges, const struct machine_table *names);

/** A range that has an index in [first, last] and is not that of `except`; NULL: no such range. Of those
    that begin at or below `last`, the one that reaches farthest is preferred. */
const struct name_range *name_ranges_overlap(const struct name_ranges *ranges, uint32_t first,
                                             uint32_t last, const struct machine_service *except);

/** The run that contains an index, or NULL. */
const struct name_run *name_ranges_run_at(const struct name_ranges *ranges, uint32_t index);

/** The part of a run without a gap that contains an index, or NULL. */
const struct name_run *name_ranges_part_at(const struct name_ranges *ranges, uint32_t index);

/**
 * The next run, or part of a run without a gap, whose last index minus its first is `span`; or
 * NULL. *at is 0 at the first call; each call changes it for the next.
 */
const struct name_run *name_ranges_run_of_span(const struct name_ranges *ranges, uint32_t span,
                                               size_t *at);

/** Free all memory. The struct is empty and can be used again. */
void name_ranges_release(struct name_ranges *ranges);

#endif /* NAME_RANGES_H */
