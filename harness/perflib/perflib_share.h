/* SPDX-License-Identifier: MIT
 *
 * Countersets of other processes, as on Windows. A program's providers are published in a file in
 * the region directory (os_region.h), and a consumer sees the sets of other programs and its own.
 *
 * Only its owner writes the file. A consumer sends a request with os_region_ask and waits until the
 * owner has written a new state. A thread of the owner looks for requests ten times a second. It
 * calls the control callbacks with PERF_COLLECT_START, writes all sets with their values of that
 * moment, and calls the callbacks with PERF_COLLECT_END. Without a request it calls nothing.
 * PERF_ADD_COUNTER, PERF_REMOVE_COUNTER and PERF_ENUM_INSTANCES reach the callbacks through a file
 * of the consumer: share_wishes.h. The history of deleted instances is not published.
 *
 * A consumer checks every byte of a file: perflib_image.h. Files above a limit of
 * perflib_shared_file.h are left out. A file is read if os_region.h accepts its directory and its
 * owner, if it has one name (no other hard link), and if its process is live and belongs to its
 * owner.
 *
 * Programs that link libperflib.a publish and read. The harness's own processes do so only on
 * request, because a provider under test must not be visible to other programs.
 */
#ifndef PERFLIB_SHARE_H
#define PERFLIB_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "perflib_shared_file.h"

/** Set what this process does from now on. Both are off at first, except in libperflib.a. */
void perflib_share(bool publishes, bool reads);

/**
 * Providers or their sets have changed: begin or stop publishing. Never under the emulation's lock.
 */
void perflib_share_changed(void);

/**
 * Update the copies of other processes' providers. Never under the emulation's lock.
 *
 * @param oldest_ms  the age that the last state may have; 0 requests a new state
 */
void perflib_share_refresh(uint32_t oldest_ms);

/** For tests. */
struct perflib_share_counts perflib_share_counts(void);

#endif /* PERFLIB_SHARE_H */
