/* SPDX-License-Identifier: MIT
 *
 * What a process holds (handles, threads, memory), what a thread's state is (error mode, floating
 * point, ...), and pages that nobody may touch.
 */
#ifndef PROCESS_STATE_H
#define PROCESS_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "provider_observation.h"
#include "wintypes.h"

/** Limits that are watched; which they are is the system's affair. */
#define PROCESS_LIMITS 8

/** State of the calling thread and of the process, to be compared with a later one. */
struct process_state {
    uint64_t error_mode, priority, floating_point, directory, signals, locale; /* fingerprints */
    uint64_t limits[PROCESS_LIMITS]; /* UINT64_MAX: none */
};

/** Take the state of now. */
void process_state_take(struct process_state *state);

/** What differs: enum provider_side_effect bits. */
uint32_t process_state_compare(const struct process_state *before,
                               const struct process_state *after);

/** Count what this process holds. */
void process_resources_count(struct provider_resources *resources);

/**
 * List the threads of this process.
 *
 * @param threads  receives the first `limit` of them, as os_thread_id tells them
 * @return how many there are; 0 when the system does not tell
 */
size_t process_threads_list(uint32_t threads[], size_t limit);

/**
 * What the system still has of libraries that were unloaded (library_place.h): threads, and handlers in
 * their code.
 *
 * @param known  threads that are not theirs, as os_thread_id tells them
 * @param text   receives what there is, for people: "a thread, a handler of signal 10"; "" for nothing
 */
void process_left_behind(const uint32_t known[], size_t known_count, char *text, size_t size);

/** Address space that nobody may touch, in whole pages; NULL when there is none left. */
void *process_pages_reserve(size_t size);

/** Make whole pages of it ordinary memory, zeroed. */
DWORD process_pages_allow(void *pages, size_t size);

/** Give all of a reservation back. NULL is allowed. */
void process_pages_release(void *pages, size_t size);

#endif /* PROCESS_STATE_H */
