/* SPDX-License-Identifier: MIT
 *
 * What a reader remembers of regions and heaps between two queries. The parts of the reader share
 * it.
 */
#ifndef CACHED_REGION_H
#define CACHED_REGION_H

#include "heap_name.h"
#include "heap_totals.h"
#include "region_budget.h"
#include "region_view.h"

struct taken_name;

/** A heap, from when it is found until it has gone and is no longer shown. */
struct cached_heap {
    /* The first members are those that each read needs. */
    struct cached_region *region;     /* NULL: the region has gone */
    const struct region_shard *shard; /* while it is watched: its only shard */
    size_t shown_index;               /* its index while it is shown */
    struct heap_totals last;          /* the totals that were last returned, which never fall */

    uint32_t record; /* its index in the region */
    uint32_t number;
    uint64_t open_time;
    uint64_t identity;
    uint64_t serial;
    uint32_t name_hash;
    uint32_t name_length;
    bool is_shown;
    uint64_t visits;                  /* shard visits of its last read: see region_view.h */
    struct cached_heap *next_of_name; /* next heap in the same bucket of the set of names */
    struct taken_name *taken;         /* the stem that gave it its suffix; NULL: it has no suffix */
    struct cached_heap *next_gone;
    heap_name name;
};

#define CACHED_HEAP_READ_SIZE offsetof(struct cached_heap, record)

struct known_directory;

/** A region, from when it is found until it has gone and is no longer shown. */
struct cached_region {
    char *directory, *name;
    struct known_directory *place; /* its directory, while it is in the set */
    /* its budgets, while it is in the set; the owner's stays longer */
    struct region_budget *owner, *process;
    uint64_t budget_size; /* bytes that count against its owner's budget */
    struct region_view view;
    uint64_t change_count;              /* the region's change count when its records were read */
    bool is_read;                       /* whether its records were read */
    bool is_listed;                     /* it is in the last listing of its directory */
    uint64_t checked_at;                /* os_clock_ticks when its owner was last known to live */
    uint32_t left_out;                  /* heaps that its owner's budget excludes */
    uint32_t beyond_limit;              /* heaps in a part that is not mapped: see LIMIT_MAPPED */
    uint32_t unpublished;               /* heaps for which its publisher had no space */
    uint64_t lost_count;                /* sum over its heaps' records when they were read */
    struct cached_heap **heaps;         /* indexed by record */
    size_t heap_capacity;               /* heaps above the last record are NULL */
    struct cached_region *next_of_name; /* next region in the same bucket of the set of regions */
    size_t index;                       /* its position in the set of regions */
    struct cached_region *next_gone;
};

#endif /* CACHED_REGION_H */
