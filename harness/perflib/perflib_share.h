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
#include <stdint.h>

#include "perflib_shared_file.h"

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

/** For tests. */
struct perflib_share_counts perflib_share_counts(void);

#endif /* PERFLIB_SHARE_H */
