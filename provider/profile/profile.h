/* SPDX-License-Identifier: MIT
 *
 * Sampled call stacks of a process's allocations, and the private file in which they are published:
 * see profile_file.h. A profile is requested at the start (HEAPCTRS_PROFILE), or in that file while
 * the program runs.
 *
 * A thread counts down the bytes that it allocates, in pieces of at most 64 KiB. At the end of each
 * piece it calls profile_allocate. A sampled block stays known until it is freed: a free first
 * checks a small filter, and reads the table only if the filter may contain the block.
 *
 * No function uses malloc, and the stack is walked without any lock.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "profile_file.h"
#include "unwind.h"

#define PROFILE_PIECE 65536u   /* most bytes of a countdown; chosen */
#define PROFILE_FILTER_BITS 14 /* log2 of the filter's counters, which take 16 KiB; chosen */
#define PROFILE_SAMPLES_PER_SECOND 50000u /* what exceeds it is skipped; chosen */

/** The way to the next sample. */
struct profile_distance {
    uint64_t left;       /* bytes until then, in addition to the countdown */
    uint64_t generation; /* of the profile for which `left` was drawn; 0: none */
    uint64_t random;
};

/** The number of a thread's last stack in the file. */
struct profile_number {
    uint64_t numbering;    /* of the table of stacks: see profile.c */
    uint64_t change_count; /* of the thread's walks */
    uintptr_t site;
    uint32_t heap;
    uint32_t number; /* 0: unknown */
};

/** What a thread keeps for the profile. It is zeroed first. */
struct profile_thread {
    struct profile_distance distance;
    struct profile_number last;
    struct unwind_thread unwind;
};

#pragma GCC visibility push(hidden) /* so that they are found without a table of addresses */
/** Whether the filter contains any block, and the filter: a counter for each hash of addresses. */
extern _Atomic bool profile_has_samples;
extern _Atomic uint8_t profile_filter[1u << PROFILE_FILTER_BITS];
#pragma GCC visibility pop

/**
 * Prepare for profiles, for the first heap, after unwind_prepare.
 *
 * @param rate           from the environment; 0: no profile
 * @param process_image  address of this process's struct process_image, for the file; or 0
 */
void profile_init(uint64_t rate, uint64_t process_image);

/** The rate in a value of HEAPCTRS_PROFILE; 0 if the text is not a valid value. */
uint64_t profile_rate_of(const char *text);

/** A block that was allocated. */
struct profile_block {
    uintptr_t address;
    uint64_t size;
    uint32_t heap;  /* number of its heap */
    bool is_always; /* every block of the heap is sampled: see profile_begin_heap */
    uintptr_t site; /* return address at which the stack begins: see unwind_here */
};

/** A thread begins: set its first countdown. */
void profile_begin_thread(struct profile_thread *thread, uint64_t *countdown);

/**
 * Report a block that ended the thread's countdown, or that `is_always`. It is sampled if its turn has
 * come.
 *
 * @param countdown  the thread's; a new one is set, at most PROFILE_PIECE
 * @return whether the countdown had ended
 */
bool profile_allocate(struct profile_thread *thread, uint64_t *countdown,
                      const struct profile_block *block);

/**
 * Report a block of a thread that has no record of its own: it is ending, or there was no memory for one, or a
 * signal handler interrupted an allocation. Such a block is not sampled. If it would have been, a lost sample
 * is counted.
 */
void profile_lose(uint64_t size, bool is_always);

/**
 * A heap was opened that needs the file at once: its blocks can be read by way of process_image, or every
 * block is sampled, whatever is requested (`is_always`).
 */
void profile_begin_heap(bool is_always);

/** A sampled block while it is resized. */
struct profile_sample {
    uint64_t size, rate; /* rate 0: the block is not sampled */
    uint32_t stack;
};

/**
 * A block was freed, or is about to be resized: forget it if it is sampled. The filter may contain
 * it.
 */
void profile_free_slowly(uintptr_t address, struct profile_sample *sample);

/** The resize failed: restore the block's sample. */
void profile_put_back(uintptr_t address, const struct profile_sample *sample);

static inline uint32_t profile_filter_index(uintptr_t address)
{
    return (uint32_t)((uint64_t)address * UINT64_C(0x9E3779B97F4A7C15) >>
                      (64 - PROFILE_FILTER_BITS));
}

/** Whether a block may be sampled. */
static inline bool profile_may_know(uintptr_t address)
{
    return __builtin_expect(atomic_load_explicit(&profile_has_samples, memory_order_relaxed), 0) &&
           atomic_load_explicit(&profile_filter[profile_filter_index(address)],
                                memory_order_relaxed) != 0;
}

/** Call this before a block is freed. */
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
        thread->distance.left += *countdown - piece;
        *countdown = piece;
    }
}

/**
 * Visit the stacks of a heap, if they cover the heap's whole life: the profile is always on, or every
 * block of the heap is sampled.
 *
 * @param is_always  of the heap: see profile_begin_heap
 * @param visit      called with the lock held: it may read the stack's sums, and may not allocate
 * @return the mean distance of the samples; 0: there is no such profile, and nothing was visited
 */
uint64_t profile_visit(uint32_t heap, bool is_always,
                       void (*visit)(void *context, const struct profile_stack *stack,
                                     const uint64_t *frames),
                       void *context);

/** All blocks of a heap were freed, or it was closed. */
void profile_discard_heap(uint32_t heap);

/**
 * From now on make no system call: see region_writer_confine. There is no profile any more, and the
 * file is left for readers and the next publisher to remove.
 */
void profile_confine(void);

/**
 * Whether readers have lost the file: it was unlinked or shortened. The system is asked at most once a
 * second.
 */
bool profile_is_lost(void);

/**
 * Create the file again, at the same addresses, with the profile that was in the old one. If that was
 * shortened, a new profile begins, and the samples of live blocks count as lost. On failure the old file stays.
 * Call it between profile_lock and profile_unlock.
 */
void profile_remake(void);

/** Remove the file at the end of the process. */
void profile_close(void);

/** The same when the process ends at once: only the file's name is removed. */
void profile_end(void);

/**
 * Lock and unlock around fork. In a child that goes on with an interrupted event, profile_leave_parent replaces
 * the parent's mappings by private pages. When the child begins to publish, profile_fork forgets the parent's
 * profile, and profile_fork_finish creates the child's file if it is needed at once.
 */
void profile_lock(void);
void profile_unlock(void);
void profile_fork(void);
void profile_leave_parent(void);
void profile_fork_finish(void);

#endif /* PROFILE_H */
