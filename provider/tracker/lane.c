/* SPDX-License-Identifier: MIT
 *
 * Threads and their lanes: see lane.h; counting is in lane_count.h. Locks in this order: a heap's
 * lane lock, the lock of this file, the region writer's, the page pool's; a heap's base lock is the
 * innermost.
 */
#include "lane.h"

#include <string.h>

#include "lane_count.h"
#include "page_pool.h"
#include "tracked_heap.h"

#define FIRST_LANES 8 /* room for heaps in a thread at first */

/* For threads that cannot have lanes: those that are ending, or for which there is no memory. */
static struct thread without_lanes = { .flags = THREAD_HAS_NO_LANES };

/* Lanes that were made together, whose pulses share a cache line: so one thread has all of them, as
   long as it lives. Groups of the private store, where no reader looks, are everybody's. */
struct lane_group {
    struct lane lanes[REGION_LANE_GROUP]; /* first: see group_of */
    struct thread *owner;                 /* NULL: nobody */
    struct lane *spare;                   /* lanes of it that belong to no heap */
    struct lane_group *next, *previous;   /* of the owner's, or nobody's, with spare lanes */
};

static struct {
    struct spin_lock lock; /* of all groups and lists of groups too */
    struct thread *threads;
    struct lane_group *groups; /* nobody's with spare lanes, of the published store */
    struct lane_group *private_groups;
} all;

/* ---- the base lane ---------------------------------------------------------------------- */

struct lane *lane_begin_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
    if (!atomic_load_explicit(&heap->shared->has_base_lane, memory_order_relaxed)) {
        atomic_store_explicit(&heap->shared->has_base_lane, 1, memory_order_release);
        region_writer_changed();
    }
    return &heap->base;
}

/* ---- groups of lanes, under the lock of this file ------------------------------------ */

static_assert(offsetof(struct lane_group, lanes) == 0, "group_of");

static struct lane_group *group_of(struct lane *lane)
{
    return (struct lane_group *)(void *)(lane - lane->index % REGION_LANE_GROUP);
}

/* Where groups of the heap's store are listed that nobody owns. */
static struct lane_group **nobodys_groups(const struct tracked_heap *heap)
{
    return region_writer_is_private(heap->store) ? &all.private_groups : &all.groups;
}

static void group_list(struct lane_group **list, struct lane_group *group)
{
    group->previous = NULL;
    group->next = *list;
    if (*list)
        (*list)->previous = group;
    *list = group;
}

static void group_unlist(struct lane_group **list, struct lane_group *group)
{
    if (group->previous)
        group->previous->next = group->next;
    else
        *list = group->next;
    if (group->next)
        group->next->previous = group->previous;
}

static void group_give(struct lane_group **list, struct lane_group *group, struct lane *lane)
{
    if (!group->spare)
        group_list(list, group);
    lane->next = group->spare;
    group->spare = lane;
}

static struct lane *group_take(struct lane_group **list, struct lane_group *group)
{
    struct lane *lane = group->spare;

    group->spare = lane->next;
    if (!group->spare)
        group_unlist(list, group);
    return lane;
}

/* Make a group nobody's, or nobody's one the thread's. */
static void group_pass(struct lane_group **from, struct lane_group **to, struct lane_group *group,
                       struct thread *owner)
{
    if (group->spare) {
        group_unlist(from, group);
        group_list(to, group);
    }
    group->owner = owner;
}

/* New lanes of the heap's store, which belong to nobody; false: no memory, or no room. */
static bool group_make(struct tracked_heap *heap)
{
    struct region_lane_group shared;
    struct lane_group *group = page_pool_allocate(sizeof(*group));

    if (!group)
        return false;
    if (!region_writer_add_lanes(heap->store, &shared)) {
        page_pool_free(group, sizeof(*group));
        return false;
    }
    for (uint32_t i = REGION_LANE_GROUP; i-- > 0;) {
        group->lanes[i].shared = &shared.lanes[i];
        group->lanes[i].pulse = &shared.pulses[i];
        group->lanes[i].index = shared.index + i;
        group_give(nobodys_groups(heap), group, &group->lanes[i]);
    }
    return true;
}

/* ---- lanes --------------------------------------------------------------------------- */

static void keep_spare(struct tracked_heap *heap, struct lane *lane)
{
    lane->heap_number = 0;
    lane->owner = NULL;
    atomic_store_explicit(&lane->shared->heap, 0, memory_order_release);
    spin_lock_acquire(&all.lock);
    struct lane_group *group = group_of(lane);
    group_give(group->owner ? &group->owner->groups : nobodys_groups(heap), group, lane);
    spin_lock_release(&all.lock);
}

/* A lane of no heap: one of the thread's own groups, or of one that becomes its own. */
static struct lane *lane_new(struct thread *thread, struct tracked_heap *heap)
{
    struct lane_group **nobodys = nobodys_groups(heap);
    const bool is_private = nobodys == &all.private_groups;
    struct lane *lane = NULL;

    spin_lock_acquire(&all.lock);
    if (!is_private && thread->groups) {
        lane = group_take(&thread->groups, thread->groups);
    } else if (*nobodys || group_make(heap)) {
        struct lane_group *group = *nobodys;
        if (!is_private)
            group_pass(nobodys, &thread->groups, group, thread);
        lane = group_take(is_private ? nobodys : &thread->groups, group);
    }
    spin_lock_release(&all.lock);
    return lane;
}

/* The thread goes on with a lane that another one left: its group too, if nobody has that. */
static void adopt_group(struct thread *thread, struct tracked_heap *heap, struct lane *lane)
{
    struct lane_group *group = group_of(lane);

    spin_lock_acquire(&all.lock);
    if (!group->owner && nobodys_groups(heap) != &all.private_groups)
        group_pass(&all.groups, &thread->groups, group, thread);
    spin_lock_release(&all.lock);
}

/* Publish a lane's totals as of an event of its own, and let readers look. */
static void publish(struct lane *lane)
{
    lane_publish(lane);
    if (lane->pulse)
        atomic_store_explicit(lane->pulse, lane->events, memory_order_release);
}

/* Make a lane start from nothing; no reader can come by it. */
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

/* Put a lane at the head of the heap's list, where readers find it. */
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

/* Get a lane: one that an ended thread left, or the thread's own of an earlier heap, or a new one.
 */
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
            adopt_group(thread, heap, lane);
            if (old)
                keep_spare(heap, old);
        } else {
            lane = old ? old : lane_new(thread, heap);
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
        /* Another thread's lane stays with it until it looks: it may be writing there now. */
        if (lane->owner && lane->owner != self)
            continue;
        if (lane->owner)
            self->lanes[heap->index] = NULL;
        keep_spare(heap, lane);
    }
    heap->lanes = heap->free_lanes = NULL;
    spin_lock_release(&heap->lane_lock);
}

/* ---- threads ------------------------------------------------------------------------- */

/* What the thread has of groups is nobody's. */
static void leave_groups(struct thread *thread)
{
    spin_lock_acquire(&all.lock);
    while (thread->groups)
        group_pass(&thread->groups, &all.groups, thread->groups, NULL);
    for (uint32_t i = 0; i < thread->lane_count; i++) {
        struct lane_group *group = thread->lanes[i] ? group_of(thread->lanes[i]) : NULL;
        if (group && group->owner == thread)
            group->owner = NULL; /* without spare lanes: it was in no list */
    }
    spin_lock_release(&all.lock);
}

/* Leave the lanes to their heaps. */
static void leave_lanes(struct thread *thread)
{
    leave_groups(thread);
    for (uint32_t i = 0; i < thread->lane_count; i++) {
        struct lane *lane = thread->lanes[i];
        struct tracked_heap *heap = lane ? tracked_heap_at(i) : NULL;
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

static void thread_unlink(struct thread *thread)
{
    spin_lock_acquire(&all.lock);
    if (thread->previous)
        thread->previous->next = thread->next;
    else
        all.threads = thread->next;
    if (thread->next)
        thread->next->previous = thread->previous;
    spin_lock_release(&all.lock);
}

/* What still happens on the thread after this goes to base lanes. */
static void thread_end(void *value)
{
    struct thread *thread = value;

    if (thread == &without_lanes)
        return;
    os_thread_value_set(&without_lanes);
    leave_lanes(thread);
    thread_unlink(thread);
    page_pool_free(thread, sizeof(*thread));
}

DWORD lane_init(void)
{
    return os_thread_value_init(thread_end);
}

static struct thread *thread_begin(void)
{
    struct thread *thread = page_pool_allocate(sizeof(*thread));

    if (!thread) {
        os_thread_value_set(&without_lanes);
        return &without_lanes;
    }
    spin_lock_acquire(&all.lock);
    thread->next = all.threads;
    if (all.threads)
        all.threads->previous = thread;
    all.threads = thread;
    spin_lock_release(&all.lock);
    /* Setting the value may allocate: an event within it is one too many. */
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    os_thread_value_set(thread);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    return thread;
}

static struct thread *enter_slowly(struct thread *thread)
{
    uint32_t flags = atomic_load_explicit(&thread->flags, memory_order_relaxed);

    if (flags & THREAD_IS_BUSY)
        return NULL;
    if (flags & THREAD_IS_FORKING) {
        tracked_heap_fork_pause();
        flags = atomic_load_explicit(&thread->flags, memory_order_relaxed);
        atomic_store_explicit(&thread->flags, flags | THREAD_IS_BUSY, memory_order_relaxed);
    }
    return thread;
}

struct thread *thread_enter(void)
{
    struct thread *thread = os_thread_value();

    if (!thread)
        thread = thread_begin();
    if (atomic_load_explicit(&thread->flags, memory_order_relaxed))
        return enter_slowly(thread);
    thread_set_busy(thread);
    return thread;
}

void thread_leave_slowly(struct thread *thread)
{
    if (atomic_load_explicit(&thread->flags, memory_order_relaxed) & THREAD_RELOCK) {
        atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
        tracked_heap_fork_again();
    }
}

struct thread *thread_ensure(void)
{
    struct thread *thread = os_thread_value();

    return thread ? thread : thread_begin();
}

struct thread *thread_current(void)
{
    struct thread *thread = os_thread_value();

    return thread == &without_lanes ? NULL : thread;
}

void lane_lock(void)
{
    spin_lock_acquire(&all.lock);
}

void lane_unlock(void)
{
    spin_lock_release(&all.lock);
}

void lane_fork_threads(void)
{
    struct thread *self = thread_current();

    for (struct thread *thread = all.threads, *next; thread; thread = next) {
        next = thread->next;
        if (thread == self)
            continue;
        leave_lanes(thread);
        thread_unlink(thread);
        page_pool_free(thread, sizeof(*thread));
    }
}

static void write_lane(struct lane *lane)
{
    atomic_store_explicit(&lane->shared->peak_bytes, (uint64_t)lane->peak_bytes,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->shared->peak_blocks, (uint64_t)lane->peak_blocks,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->shared->largest_bytes, lane->largest_bytes, memory_order_relaxed);
    /* Readers want a whole copy; both are empty in the new region. */
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

void lane_forget(void)
{
    memset(&all, 0, sizeof(all));
    os_thread_value_set(NULL);
}
