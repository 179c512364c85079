/* SPDX-License-Identifier: MIT
 *
 * Countersets beyond this process, as on Windows: a program's providers are published in a file of
 * the region directory (os_region.h), and a consumer sees those of other programs beside its own.
 *
 * The file is written by its owner alone. A consumer asks with os_region_ask and waits until the
 * owner has written a new state: a thread of the owner looks ten times a second whether it is
 * asked, calls the control callbacks with PERF_COLLECT_START, writes all sets with the values of
 * that moment, and calls them with PERF_COLLECT_END. Nothing is called while no consumer asks.
 * PERF_ADD_COUNTER, PERF_REMOVE_COUNTER and PERF_ENUM_INSTANCES stay inside a process; so does the
 * history of instances that were deleted.
 *
 * A consumer trusts nothing in a file: perflib_image.h. Limits: SHARE_IMAGE_LIMIT bytes a process,
 * SHARE_USER_LIMIT files of one user, SHARE_FILE_LIMIT files, SHARE_TOTAL_LIMIT bytes; what is
 * beyond them is left out. A file counts if its directory and its owner are those that os_region.h
 * accepts, if it has one name, and if the process that it names lives and is its owner's.
 *
 * Programs that link libperflib.a share both ways. The harness's own processes do so only where
 * they say it: a provider under test is nobody else's.
 */
#ifndef PERFLIB_SHARE_H
#define PERFLIB_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

#define SHARE_IMAGE_LIMIT (4u << 20)
#define SHARE_TOTAL_LIMIT (64u << 20)
#define SHARE_USER_LIMIT 64
#define SHARE_FILE_LIMIT 1024

/** Start of the file. The two copies take turns: number n is the copy n % 2. */
struct share_header {
    char magic[8];
    uint32_t header_size; /* sizeof(struct share_header) */
    uint32_t process_id;
    uint64_t process_start;
    _Atomic uint64_t begun;    /* the number that is being written, or was last */
    _Atomic uint64_t finished; /* the number that is complete; 0: none yet */
    struct share_copy {
        _Atomic uint64_t offset, size; /* bytes in the file */
    } copies[2];
};

#define SHARE_MAGIC "PERFV2\x01" /* and a zero byte */

/** What this process does from now on; both are off at first, except in libperflib.a. */
void perflib_share(bool publishes, bool reads);

/** Providers or their sets have changed: publish, or end that. Never under the emulation's lock. */
void perflib_share_changed(void);

/**
 * Bring the copies of other processes' providers up to date. Never under the emulation's lock.
 *
 * @param oldest_ms  how old the last state may be; 0: ask for a new one
 */
void perflib_share_refresh(uint32_t oldest_ms);

/** Files that were read at the last refresh, and those that were refused. For tests. */
struct perflib_share_counts {
    size_t read, refused;
};
struct perflib_share_counts perflib_share_counts(void);

#endif /* PERFLIB_SHARE_H */
