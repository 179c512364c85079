/* SPDX-License-Identifier: MIT
 *
 * The regions that a reader knows, and their directories. A directory is listed when its mark has
 * changed, and a file that is not a region is opened only once. So files of dead processes and of
 * other users cost a refresh nothing.
 */
#ifndef REGION_SET_H
#define REGION_SET_H

#include "cached_region.h"
#include "keyed_hash.h"

struct refused_file;
struct known_directory;

#define REGION_BUCKETS 1024u

/** A zeroed struct is empty. */
struct region_set {
    struct cached_region **regions; /* in no order */
    size_t count, capacity;
    struct cached_region *by_name[REGION_BUCKETS];
    struct os_region_mapping *mappings; /* of all regions, for the guard */

    struct refused_file *refused[REGION_BUCKETS];
    struct known_directory *directories[REGION_BUCKETS];
    /* mark at the time of listing the directories; 0: they have not been listed */
    uint64_t directories_mark;
    struct keyed_hash key; /* key of all buckets; zero: not chosen yet */
    struct region_budgets budgets;

    uint64_t rejected, reaped, unasked; /* totals: see struct region_counts */
    uint64_t directories_over_limit;    /* directories over their owners' limit, now */
    uint64_t refused_directories;       /* directories refused now */
    uint64_t left_out;                  /* regions left out, by the last listings */
    bool has_space;                     /* a region has gone since: those left out may fit now */
};

/** Called for a region that is in no listing any more. It has left the set. */
typedef void region_set_gone(void *context, struct cached_region *region);

/**
 * Bring the set up to date with the directories. Call this under the guard, with the set's
 * mappings.
 *
 * A failure of the system (no descriptor, no memory) changes nothing: what is known stays, it is
 * counted as unasked, and the next call tries again.
 */
void region_set_list(struct region_set *set, region_set_gone *gone, void *context);

/** Remove a region from the set. Its mapping stays until region_set_free. */
void region_set_drop(struct region_set *set, struct cached_region *region);

/** Free a region that was removed, and unmap it. */
void region_set_free(struct region_set *set, struct cached_region *region);

/**
 * Remember that a region's file is damaged, so that it is not opened again. Returns false if there
 * is no memory.
 */
bool region_set_reject(struct region_set *set, const struct cached_region *region);

/** Count what is mapped now against the owner's budget, and set the limit for further mappings. */
void region_set_charge(struct region_set *set, struct cached_region *region);

/** Add everything that is not shown, with reason and owner. */
void region_set_refusals(const struct region_set *set, struct region_refusals *refusals);

/** Free everything. All regions have been removed and freed before. */
void region_set_release(struct region_set *set);

#endif /* REGION_SET_H */
