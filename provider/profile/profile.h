/* SPDX-License-Identifier: MIT
 *
 * Sampled call stacks of a process's allocations, and the private file in which they are published: see
 * profile_file.h. Whether a profile is taken is decided at the start (HEAPCTRS_PROFILE), or by a request
 * in that file while the program runs.
 *
 * A thread counts down the bytes that it allocates, in pieces of at most 64 KiB; at the end of each it
 * calls profile_allocate. A block that is sampled stays known until it is freed: a free looks into a
 * small filter, and only if that may know the block into the table.
 *
 * No function allocates from malloc, and the stack is walked without any lock.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "unwind.h"

#define PROFILE_PIECE 65536u   /* bytes of a countdown at most */
#define PROFILE_FILTER_BITS 14 /* counters of the filter: 16 KiB */
#define PROFILE_SAMPLES_PER_SECOND 50000u

/** What a thread keeps for the profile; zeroed at first. */
struct profile_thread {
    uint64_t left;       /* bytes until the next sample, beyond the countdown */
    uint64_t generation; /* of the profile that `left` was drawn for; 0: none */
    uint64_t random;
    struct unwind_thread unwind;
};

#pragma GCC visibility push(hidden) /* found without a table of addresses */
/** Whether any block is in the filter, and the filter: a counter for each hash of addresses. */
extern _Atomic bool profile_has_samples;
extern _Atomic uint8_t profile_filter[1u << PROFILE_FILTER_BITS];
#pragma GCC visibility pop

/** At the first heap, after unwind_prepare. `rate` is what the environment says; 0: nothing. */
void profile_init(uint64_t rate);

/** The meaning of HEAPCTRS_PROFILE's value; 0 for a text that is no such value. */
uint64_t profile_rate_of(const char *text);

/**
 * A block was allocated with which the thread's countdown ended. It is sampled if its turn came.
 *
 * @param countdown  the thread's; a new one is set, at most PROFILE_PIECE
 * @param site       return address where the stack begins: see unwind_here
 */
void profile_allocate(struct profile_thread *thread, uint64_t *countdown, uintptr_t address,
                      uint64_t size, uint32_t heap, uintptr_t site);

/** A sampled block, while it is resized. */
struct profile_sample {
    uint64_t size, rate; /* rate 0: the block is not sampled */
    uint32_t stack;
};

/** A block is gone, or about to be resized: what the filter may know is forgotten. */
void profile_free_slowly(uintptr_t address, struct profile_sample *sample);

/** The resize failed: the block is what it was. */
void profile_put_back(uintptr_t address, const struct profile_sample *sample);

static inline uint32_t profile_filter_index(uintptr_t address)
{
    return (uint32_t)((uint64_t)address * UINT64_C(0x9E3779B97F4A7C15) >>
                      (64 - PROFILE_FILTER_BITS));
}

/** Whether a block may be a sampled one. */
static inline bool profile_may_know(uintptr_t address)
{
    return __builtin_expect(atomic_load_explicit(&profile_has_samples, memory_order_relaxed), 0) &&
           atomic_load_explicit(&profile_filter[profile_filter_index(address)],
                                memory_order_relaxed) != 0;
}

/** A block is about to be freed. */
static inline void profile_free(uintptr_t address)
{
    if (profile_may_know(address))
        profile_free_slowly(address, NULL);
}

/** The number of the newest request for the allocator's figures; 0: there was none. */
uint64_t profile_figures_request(void);

/**
 * Let the countdown end after fewer bytes than were drawn: a thread that allocates slowly looks at
 * requests more often than once for 64 KiB. The distance to the next sample stays what it is.
 */
static inline void profile_shorten(struct profile_thread *thread, uint64_t *countdown,
                                   uint64_t piece)
{
    if (*countdown > piece) {
        thread->left += *countdown - piece;
        *countdown = piece;
    }
}

/** All blocks of a heap are gone. */
void profile_discard_heap(uint32_t heap);

/** From now on make no system call: see region_writer_confine. There is no profile any more, and the
    file is left to readers and to the next publisher. */
void profile_confine(void);

/** The process ends: remove the file. */
void profile_close(void);

/** Around fork; in the child, unlocked and alone: forget the parent's profile. */
void profile_lock(void);
void profile_unlock(void);
void profile_fork(void);

#endif /* PROFILE_H */
