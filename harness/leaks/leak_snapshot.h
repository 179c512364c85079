/* SPDX-License-Identifier: MIT
 *
 * A snapshot of live blocks by call site, read from the text that live_blocks.h describes. The text
 * is hostile: every line is checked, and a bad one ends the reading.
 */
#ifndef LEAK_SNAPSHOT_H
#define LEAK_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "wintypes.h"

#define LEAK_NO_MODULE UINT32_MAX

struct leak_module {
    uint64_t begin;
    char *path;
};

/** A place in the code. */
struct leak_place {
    uint32_t module; /* LEAK_NO_MODULE: `offset` is an address, 0 if it is not known */
    bool is_inlined; /* the function before it is inlined into this one: same offset */
    uint64_t offset;
    const char *symbol; /* "function (file:line)"; NULL if it is not known */
};

/** A call site, or a whole stack. */
struct leak_site {
    uint64_t count, bytes;                     /* live blocks */
    uint64_t allocated_count, allocated_bytes; /* of snapshots with stacks: since the start */
    int64_t growth;                            /* of `bytes`, while the profile was taken */
    struct leak_place place;                   /* innermost */
    struct leak_place *callers;                /* outwards */
    size_t caller_count;
};

struct leak_fault {
    const char *kind; /* as in the text */
    uint64_t count, address;
    struct leak_place place, first;
};

struct leak_snapshot {
    char *text; /* the file, cut into words; names point into it */
    const char *heap;
    uint64_t process_id, time_100ns;
    uint64_t count, bytes; /* of all sites */
    uint64_t unmatched_count, lost_count, missed_count;
    uint64_t rate;   /* mean distance of samples in bytes; 1: every block; 0: without stacks */
    bool has_growth; /* whether the sites have growth */
    struct leak_module *modules;
    size_t module_count;
    struct leak_site *sites;
    size_t site_count;
    struct leak_fault *faults;
    size_t fault_count;
    char **names; /* names that were found afterwards */
    size_t name_count, name_capacity;
};

/** The error in a text. */
struct leak_parse_error {
    size_t line;      /* counted from 1 */
    const char *rule; /* what is expected there */
};

/**
 * Read a snapshot.
 *
 * @param error  filled in for ERROR_INVALID_DATA
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY: then there is nothing to
 *         release
 */
DWORD leak_snapshot_parse(struct leak_snapshot *snapshot, const char *text, size_t size,
                          struct leak_parse_error *error);

void leak_snapshot_release(struct leak_snapshot *snapshot);

/** Remove the stacks of which no block is live. */
void leak_snapshot_keep_live(struct leak_snapshot *snapshot);

/** Write the text of a snapshot, with the names that were found. */
void leak_snapshot_write(struct output *output, const struct leak_snapshot *snapshot);

/**
 * Keep a copy of a name until the snapshot is released.
 *
 * @return the copy; NULL if there is no memory
 */
const char *leak_snapshot_keep_name(struct leak_snapshot *snapshot, const char *name);

/** The place `index` of a site's stack; 0 is the innermost. */
static inline const struct leak_place *leak_site_place(const struct leak_site *site, size_t index)
{
    return index ? &site->callers[index - 1] : &site->place;
}

#endif /* LEAK_SNAPSHOT_H */
