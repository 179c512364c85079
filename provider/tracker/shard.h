/* SPDX-License-Identifier: MIT
 *
 * A thread has a shard in each heap that it uses. Only this thread writes to it, without locks and
 * without atomic additions. The shard's totals are in private memory, and each total that an event
 * changes is also stored in the region. So damage to the region cannot harm the totals, and a
 * forked child writes its own region from them.
 *
 * When a thread ends, its shards stay with the heaps, for the next threads. A thread that cannot
 * have a shard (no memory, or the thread is ending) uses the heap's base shard, under a lock.
 *
 * Peaks: use is largest either just before a free or now. So a shard raises its peak before a free
 * (shard_mark), and a reader takes the larger one of the peak and the present use. When a shard's change
 * in bytes or blocks in use passes a threshold, the shard adds it to the heap's shared sum. It compares
 * the sum, plus its own change, with its peak. A free only compares with limits that the shard has
 * computed from the sum beforehand: outside them, adding or raising is due. An allocation compares
 * nothing: the change is examined after every 256 allocations, and when the thread's countdown of 64 KiB
 * ends. The peak is exact while one shard changes, and is off by at most one threshold for each further
 * shard.
 */
#ifndef SHARD_H
#define SHARD_H

#include "heap_state.h"

struct thread;

/** The thread's shard for the heap of this number; NULL if it must use the base shard. */
struct shard *shard_find(struct thread *thread, struct tracked_heap *heap, uint32_t number);

/**
 * Prepare or clear the base shard and the lists when a heap opens or closes. Call these under the
 * lock of heap_slot.h.
 */
void shard_open_heap(struct tracked_heap *heap);
void shard_close_heap(struct tracked_heap *heap);

/** Leave the shards of an ending thread to their heaps. */
void shard_leave_all(struct thread *thread);

/** In a forked child: write the heap's shards and its peaks into the new region. */
void shard_fork_heap(struct tracked_heap *heap);

/**
 * The same in a process whose region was made again, with the tracker's locks held. Other threads
 * may count in their own shards meanwhile.
 */
void shard_rewrite_heap(struct tracked_heap *heap);

#endif /* SHARD_H */
