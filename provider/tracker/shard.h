/* SPDX-License-Identifier: MIT
 *
 * A thread has a shard in each heap that it uses. Only this thread writes to it, without locks and
 * without atomic additions. The shard's totals are kept in private memory, and complete copies are
 * published in the region. So no damage to the region can harm the totals, and a forked child
 * writes its own region from them.
 *
 * When a thread ends, its shards are left to the heaps, for the next threads. A thread that can
 * have no shard (no memory, or the thread is ending) uses the heap's base shard, under a lock.
 *
 * Peaks: a shard adds its change in bytes or blocks in use to the heap's shared sum when the change
 * passes a threshold. At every growth it compares the sum, plus its own change, with its peak. So
 * the peak is exact while one shard changes, and is off by at most one threshold for each further
 * shard.
 */
#ifndef SHARD_H
#define SHARD_H

#include "region.h"
#include "spin_lock.h"

struct tracked_heap;
struct thread;

/** What a shard keeps to itself at most, in either direction. */
#define SHARD_THRESHOLD_BYTES 65536
#define SHARD_THRESHOLD_BLOCKS 256

struct shard {
    uint64_t totals[TOTAL_COUNT];
    uint64_t events; /* numbers the copies */

    struct region_shard *shared;
    _Atomic uint64_t *change_count;          /* of `shared`; NULL: the base shard has none */
    int64_t reported_bytes, reported_blocks; /* what of this shard is in the heap's sums */
    int64_t peak_bytes, peak_blocks;
    uint64_t largest_bytes;
    uint32_t heap_number;    /* the heap that it belongs to; 0: none */
    uint32_t index;          /* in the store */
    struct thread *owner;    /* NULL: nobody; under the heap's shard lock */
    struct shard *next;      /* of the heap, or of those that belong to none */
    struct shard *next_free; /* of the heap's without owner */
};

/** The thread's shard for the heap of this number, or NULL: then it is the base shard. */
struct shard *shard_find(struct thread *thread, struct tracked_heap *heap, uint32_t number);

/** The base shard, locked until shard_end: see shard_count.h. */
struct shard *shard_begin_base(struct tracked_heap *heap);

/** The heap opens or closes: its base shard and lists start or end. Under the lock of
    heap_slot.h. */
void shard_open_heap(struct tracked_heap *heap);
void shard_close_heap(struct tracked_heap *heap);

/** The thread ends: leave its shards to their heaps. */
void shard_leave_all(struct thread *thread);

/** In a forked child: write the heap's shards anew into its region, and its peaks. */
void shard_fork_heap(struct tracked_heap *heap);

#endif /* SHARD_H */
