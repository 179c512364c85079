/* SPDX-License-Identifier: MIT
 *
 * The regions that a reader knows, and the directories that they were found in. A directory is
 * listed when its mark changed, and a file that is no region is opened once and never again: so a
 * refresh costs nothing for what dead processes or other users left.
 */
#ifndef REGION_SET_H
#define REGION_SET_H

#include "cached_region.h"
#include "keyed_hash.h"

struct refused_file;
struct known_directory;

#define REGION_BUCKETS 1024u

/** Zeroed: empty. */
struct region_set {
    struct cached_region **regions; /* in no order */
    size_t count, capacity;
    struct cached_region *by_name[REGION_BUCKETS];
    struct os_region_mapping *mappings; /* of all of them: for the guard */

    struct refused_file *refused[REGION_BUCKETS];
    struct known_directory *directories[REGION_BUCKETS];
    uint64_t directories_mark; /* when the list of directories was made; 0: make it */
    struct keyed_hash key;     /* for all buckets; zero: not yet chosen */
    struct region_budgets budgets;

    uint64_t rejected, reaped, unasked; /* totals: see struct region_counts */
    uint64_t directories_over_limit;    /* of their owners, now */
    uint64_t refused_directories;       /* now */
    uint64_t left_out;                  /* regions, by the last listings */
};

/** What to do with a region that is in no listing any more; it is in no set then. */
typedef void region_set_gone(void *context, struct cached_region *region);

/**
 * Bring the set up to date with the directories. Under the guard, with the set's mappings.
 *
 * What the system could not say (no descriptor, no memory) changes nothing: what is known stays, it
 * is counted as unasked, and the next call tries again.
 */
void region_set_list(struct region_set *set, region_set_gone *gone, void *context);

/** Take a region out of the set; its mapping stays until region_set_free. */
void region_set_drop(struct region_set *set, struct cached_region *region);

/** Free a region that was taken out, and unmap it. */
void region_set_free(struct region_set *set, struct cached_region *region);

/** Its file turned out to be damaged: not to be looked at again. False: no memory. */
bool region_set_reject(struct region_set *set, const struct cached_region *region);

/** Charge the region's owner for what is mapped now, and limit what may be mapped further. */
void region_set_charge(struct region_set *set, struct cached_region *region);

/** Add what is not shown, for which reason and whose it is. */
void region_set_refusals(const struct region_set *set, struct region_refusals *refusals);

/** Forget everything; all regions were taken out and freed. */
void region_set_release(struct region_set *set);

#endif /* REGION_SET_H */
