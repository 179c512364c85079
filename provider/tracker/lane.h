/* SPDX-License-Identifier: MIT
 *
 * A thread has a lane in each heap that it uses. Only this thread writes to it, without locks and
 * without atomic additions. The lane's totals are kept in private memory, and complete copies are
 * published in the region. So no damage to the region can harm the totals, and a forked child
 * writes its own region from them.
 *
 * When a thread ends, its lanes are left to the heaps, for the next threads. A thread that can have
 * no lane (no memory, or the thread is ending) uses the heap's base lane, under a lock.
 *
 * Peaks: a lane adds its change in bytes or blocks in use to the heap's shared sum when the change
 * passes a threshold. At every growth it compares the sum, plus its own change, with its peak. So
 * the peak is exact while one lane changes, and is off by at most one threshold for each further
 * lane.
 */
#ifndef LANE_H
#define LANE_H

#include "region.h"
#include "spin_lock.h"

struct tracked_heap;
struct thread;

/** What a lane keeps to itself at most, in either direction. */
#define LANE_THRESHOLD_BYTES 65536
#define LANE_THRESHOLD_BLOCKS 256

struct lane {
    uint64_t totals[TOTAL_COUNT];
    uint64_t events; /* numbers the copies */

    struct region_lane *shared;
    _Atomic uint64_t *pulse;                 /* of `shared`; NULL: the base lane has none */
    int64_t reported_bytes, reported_blocks; /* what of this lane is in the heap's sums */
    int64_t peak_bytes, peak_blocks;
    uint64_t largest_bytes;
    uint32_t heap_number;   /* the heap that it belongs to; 0: none */
    uint32_t index;         /* in the store */
    struct thread *owner;   /* NULL: nobody; under the heap's lane lock */
    struct lane *next;      /* of the heap, or of those that belong to none */
    struct lane *next_free; /* of the heap's without owner */
};

/** The thread's lane for the heap of this number, or NULL: then it is the base lane. */
struct lane *lane_find(struct thread *thread, struct tracked_heap *heap, uint32_t number);

/** The base lane, locked until lane_end: see lane_count.h. */
struct lane *lane_begin_base(struct tracked_heap *heap);

/** The heap opens or closes: its base lane and lists start or end. Under the lock of
    heap_slot.h. */
void lane_open_heap(struct tracked_heap *heap);
void lane_close_heap(struct tracked_heap *heap);

/** The thread ends: leave its lanes to their heaps. */
void lane_leave_all(struct thread *thread);

/** In a forked child: write the heap's lanes anew into its region, and its peaks. */
void lane_fork_heap(struct tracked_heap *heap);

#endif /* LANE_H */
