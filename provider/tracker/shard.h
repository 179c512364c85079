/* SPDX-License-Identifier: MIT
 *
 * A thread has a shard in each heap that it uses. Only this thread writes to it, without locks and
 * without atomic additions. The shard's totals are kept in private memory, and each that an event
 * changes is stored in the region, too. So no damage to the region can harm the totals, and a forked
 * child writes its own region from them.
 *
 * When a thread ends, its shards are left to the heaps, for the next threads. A thread that can
 * have no shard (no memory, or the thread is ending) uses the heap's base shard, under a lock.
 *
 * Peaks: a shard adds its change in bytes or blocks in use to the heap's shared sum when the change
 * passes a threshold. It raises its peak when the sum, plus its own change, is above it. So that an
 * event compares and does no sums, the shard keeps the limits at which one of the two is due; they
 * are computed from the sum of that moment. So the peak is exact while one shard changes, and is off
 * by at most one threshold for each further shard.
 */
#ifndef SHARD_H
#define SHARD_H

#include "heap_state.h"

struct thread;

/** The thread's shard for the heap of this number, or NULL: then it is the base shard. */
struct shard *shard_find(struct thread *thread, struct tracked_heap *heap, uint32_t number);

/** The heap opens or closes: its base shard and lists start or end. Under the lock of
    heap_slot.h. */
void shard_open_heap(struct tracked_heap *heap);
void shard_close_heap(struct tracked_heap *heap);

/** The thread ends: leave its shards to their heaps. */
void shard_leave_all(struct thread *thread);

/** In a forked child: write the heap's shards anew into its region, and its peaks. */
void shard_fork_heap(struct tracked_heap *heap);

/** The same in a process whose region was made anew, with the tracker's locks held. Other threads
    may count in shards of their own meanwhile. */
void shard_rewrite_heap(struct tracked_heap *heap);

#endif /* SHARD_H */
