/* SPDX-License-Identifier: MIT
 *
 * A snapshot of live blocks by call site, read from the text that live_blocks.h describes. The text
 * is hostile: every line is checked, and a bad one ends the reading.
 */
#ifndef LEAK_SNAPSHOT_H
#define LEAK_SNAPSHOT_H

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
    uint64_t offset;
    char *symbol; /* "function (file:line)"; NULL if it is not known */
};

struct leak_site {
    uint64_t count, bytes;
    struct leak_place place;
};

struct leak_fault {
    const char *kind; /* as in the text */
    uint64_t count, address;
    struct leak_place place, first;
};

struct leak_snapshot {
    char *text; /* the file, cut into words; all names above point into it */
    const char *heap;
    uint64_t process_id, time_100ns;
    uint64_t count, bytes; /* of all sites */
    uint64_t unmatched_count, lost_count, missed_count;
    struct leak_module *modules;
    size_t module_count;
    struct leak_site *sites;
    size_t site_count;
    struct leak_fault *faults;
    size_t fault_count;
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

/** Add a name as it is in snapshots: % and characters that control a terminal become %XX. */
void leak_snapshot_add_name(struct output *output, const char *name);

#endif /* LEAK_SNAPSHOT_H */
