/* SPDX-License-Identifier: MIT
 *
 * What a process holds (handles, threads, memory), the state of a thread (error mode, floating
 * point, ...), and inaccessible pages.
 */
#ifndef PROCESS_STATE_H
#define PROCESS_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "provider_observation.h"
#include "wintypes.h"

/** Number of limits that are compared; the system decides which they are. */
#define PROCESS_LIMITS 8

/** One limit of the process. */
struct process_limit {
    uint64_t value;  /* UINT64_MAX: no limit */
    uint32_t effect; /* bit of enum provider_side_effect if it is lowered; 0: the place is unused */
};

/** State of the calling thread and of the process, to be compared with a later one. */
struct process_state {
    uint64_t error_mode, priority, floating_point, directory, signals, locale; /* fingerprints */
    struct process_limit limits[PROCESS_LIMITS];
};

/** Take the current state. */
void process_state_take(struct process_state *state);

/** The differences: bits of enum provider_side_effect. */
uint32_t process_state_compare(const struct process_state *before,
                               const struct process_state *after);

/** Count what this process holds. */
void process_state_count_resources(struct provider_resources *resources);

/**
 * List the threads of this process.
 *
 * @param threads  receives the first `limit` of them, as os_thread_id gives them
 * @return how many there are; 0 if the system does not report them
 */
size_t process_state_list_threads(uint32_t threads[], size_t limit);

/**
 * Report what remains of libraries that were unloaded (library_place.h): threads, and handlers in
 * their code.
 *
 * @param known  threads that belong to others, as os_thread_id gives them
 * @param text   receives a text for users: "a thread, a handler of signal 10"; "" for nothing
 */
void process_state_describe_threads(const uint32_t known[], size_t known_count, char *text,
                                    size_t size);

/** Reserve inaccessible address space, in whole pages; NULL if no space is left. */
void *process_state_pages_reserve(size_t size);

/** Make whole pages of a reservation ordinary memory, filled with zeros. */
DWORD process_state_pages_allow(void *pages, size_t size);

/** Release a whole reservation. NULL is allowed. */
void process_state_pages_release(void *pages, size_t size);

#endif /* PROCESS_STATE_H */
