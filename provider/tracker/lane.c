/* SPDX-License-Identifier: MIT
 *
 * The lanes of heaps: see lane.h; counting is in lane_count.h, and lane_block.c makes them. Locks
 * in this order: a heap's lane lock, that of lane_block.c, the region writer's, the page pool's. A
 * heap's base lock comes last.
 */
#include "lane.h"

#include <string.h>

#include "heap_slot.h"
#include "lane_block.h"
#include "lane_count.h"
#include "page_pool.h"
#include "thread.h"

#define FIRST_LANES 8 /* elements of a thread's array at first */

struct lane *lane_begin_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
    if (!atomic_load_explicit(&heap->shared->has_base_lane, memory_order_relaxed)) {
        atomic_store_explicit(&heap->shared->has_base_lane, 1, memory_order_release);
        region_writer_changed();
    }
    return &heap->base;
}

static void keep_spare(struct tracked_heap *heap, struct lane *lane)
{
    lane->heap_number = 0;
    lane->owner = NULL;
    atomic_store_explicit(&lane->shared->heap, 0, memory_order_release);
    lane_block_give(lane, heap->store);
}

/* Publishes a lane's totals as an event of their own, and makes readers look at them. */
static void publish(struct lane *lane)
{
    lane_publish(lane);
    if (lane->pulse)
        atomic_store_explicit(lane->pulse, lane->events, memory_order_release);
}

/* Sets a lane to zero. No reader may find it meanwhile. */
static void clear(struct lane *lane)
{
    memset(lane->totals, 0, sizeof(lane->totals));
    lane->reported_bytes = lane->reported_blocks = 0;
    lane->peak_bytes = lane->peak_blocks = 0;
    lane->largest_bytes = 0;
    atomic_store_explicit(&lane->shared->peak_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->shared->peak_blocks, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->shared->largest_bytes, 0, memory_order_relaxed);
    lane_publish(lane);
    publish(lane);
}

/* Adds a lane at the head of the heap's list, where readers find it. */
static void link_lane(struct tracked_heap *heap, struct lane *lane, uint32_t number)
{
    lane->heap_number = number;
    lane->next = heap->lanes;
    atomic_store_explicit(&lane->shared->next, heap->lanes ? heap->lanes->index + 1 : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->shared->heap, number, memory_order_release);
    heap->lanes = lane;
    atomic_store_explicit(&heap->shared->first_lane, lane->index + 1, memory_order_release);
    region_writer_changed();
}

static bool make_room(struct thread *thread, uint32_t index)
{
    uint32_t count = thread->lane_count ? thread->lane_count : FIRST_LANES;

    if (thread->flags & THREAD_HAS_NO_LANES)
        return false;
    if (index < thread->lane_count)
        return true;
    while (count <= index)
        count *= 2;
    struct lane **lanes = page_pool_allocate(count * sizeof(*lanes));
    if (!lanes)
        return false;
    if (thread->lanes)
        memcpy(lanes, thread->lanes, thread->lane_count * sizeof(*lanes));
    page_pool_free(thread->lanes, thread->lane_count * sizeof(*lanes));
    thread->lanes = lanes;
    thread->lane_count = count;
    return true;
}

/* A lane that an ended thread left, or the thread's own of an earlier heap in the slot, or a new
   one. */
static struct lane *lane_acquire(struct thread *thread, struct tracked_heap *heap, uint32_t number)
{
    if (!make_room(thread, heap->index))
        return NULL;
    struct lane *old = thread->lanes[heap->index], *lane = NULL;

    spin_lock_acquire(&heap->lane_lock);
    if (atomic_load_explicit(&heap->number, memory_order_relaxed) == number) {
        if (heap->free_lanes) {
            lane = heap->free_lanes;
            heap->free_lanes = lane->next_free;
            lane_block_adopt(thread, lane, heap->store);
            if (old)
                keep_spare(heap, old);
        } else {
            lane = old ? old : lane_block_take(thread, heap->store);
            if (lane) {
                atomic_store_explicit(&lane->shared->heap, 0, memory_order_release);
                clear(lane);
                link_lane(heap, lane, number);
            }
        }
        if (lane)
            lane->owner = thread;
        thread->lanes[heap->index] = lane;
    }
    spin_lock_release(&heap->lane_lock);
    return lane;
}

struct lane *lane_find(struct thread *thread, struct tracked_heap *heap, uint32_t number)
{
    if (heap->index < thread->lane_count) {
        struct lane *lane = thread->lanes[heap->index];
        if (lane && lane->heap_number == number)
            return lane;
    }
    return lane_acquire(thread, heap, number);
}

void lane_open_heap(struct tracked_heap *heap)
{
    heap->lanes = heap->free_lanes = NULL;
    heap->base.shared = &heap->shared->base;
    atomic_store_explicit(&heap->shared->first_lane, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->shared->has_base_lane, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->reported_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->reported_blocks, 0, memory_order_relaxed);
    clear(&heap->base);
}

void lane_close_heap(struct tracked_heap *heap)
{
    struct thread *self = thread_current();

    spin_lock_acquire(&heap->lane_lock);
    for (struct lane *lane = heap->lanes, *next; lane; lane = next) {
        next = lane->next;
        /* Another thread may be writing to its lane now. It keeps the lane until it finds the heap
           closed. */
        if (lane->owner && lane->owner != self)
            continue;
        if (lane->owner)
            self->lanes[heap->index] = NULL;
        keep_spare(heap, lane);
    }
    heap->lanes = heap->free_lanes = NULL;
    spin_lock_release(&heap->lane_lock);
}

void lane_leave_all(struct thread *thread)
{
    lane_block_leave(thread);
    for (uint32_t i = 0; i < thread->lane_count; i++) {
        struct lane *lane = thread->lanes[i];
        struct tracked_heap *heap = lane ? heap_slot_at(i) : NULL;
        if (!heap)
            continue;
        spin_lock_acquire(&heap->lane_lock);
        if (lane->heap_number == atomic_load_explicit(&heap->number, memory_order_relaxed)) {
            lane->owner = NULL;
            lane->next_free = heap->free_lanes;
            heap->free_lanes = lane;
        } else {
            keep_spare(heap, lane);
        }
        spin_lock_release(&heap->lane_lock);
    }
    page_pool_free(thread->lanes, thread->lane_count * sizeof(*thread->lanes));
    thread->lanes = NULL;
    thread->lane_count = 0;
}

static void write_lane(struct lane *lane)
{
    atomic_store_explicit(&lane->shared->peak_bytes, (uint64_t)lane->peak_bytes,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->shared->peak_blocks, (uint64_t)lane->peak_blocks,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->shared->largest_bytes, lane->largest_bytes, memory_order_relaxed);
    /* Readers need a complete copy; both copies are empty in the new region. */
    publish(lane);
}

void lane_fork_heap(struct tracked_heap *heap)
{
    struct lane *lanes = heap->lanes, *reversed = NULL;
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    bool has_base = false;

    for (int i = 0; i < TOTAL_COUNT; i++)
        has_base = has_base || heap->base.totals[i] != 0;
    if (has_base) {
        atomic_store_explicit(&heap->shared->has_base_lane, 1, memory_order_relaxed);
        write_lane(&heap->base);
    }
    while (lanes) {
        struct lane *next = lanes->next;
        lanes->next = reversed;
        reversed = lanes;
        lanes = next;
    }
    heap->lanes = NULL;
    while (reversed) {
        struct lane *next = reversed->next;
        write_lane(reversed);
        link_lane(heap, reversed, number);
        reversed = next;
    }
}
