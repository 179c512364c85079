/* SPDX-License-Identifier: MIT
 *
 * Slots, handles, names, fork, exit: see tracked_heap.h. Locks in this order: the registry's, the
 * heaps' lane locks, the lock of lane.c, the maps', their chunks', the kept ones' of address_map.c,
 * the region writer's, the call sites', the page pool's, the heaps' base locks.
 */
#include "tracked_heap.h"

#include <string.h>

#include "call_sites.h"
#include "call_stack.h"
#include "events.h"
#include "os_region.h"
#include "page_pool.h"
#include "process_image.h"
#include "spin_lock.h"

#define FIRST_HEAPS 8u
#define SEGMENTS 20u
#define NAME_BUCKETS 1024u

/* A handle: 1 in the lowest bit, which no pointer has; the slot; the heap's number, as much of it
   as fits. */
#define INDEX_BITS (sizeof(uintptr_t) == 8 ? 24 : 17)
#define INDEX_MASK (((uintptr_t)1 << INDEX_BITS) - 1)
#define NUMBER_SHIFT (INDEX_BITS + 1)
#define NUMBER_MASK ((uint32_t)(UINTPTR_MAX >> NUMBER_SHIFT))

/* The way from handles to heaps, in memory that every child finds empty: in a child of a bare
   clone() all handles are invalid, and no event gets near the parent's region. A child of fork is
   told, and fills it again. */
struct slots {
    _Atomic uint32_t is_alive;
    _Atomic(struct tracked_heap *) segments[SEGMENTS];
};

static _Atomic(struct slots *) slots;

/* Its first member, for who only asks that. */
static _Atomic uint32_t never_alive;
_Atomic(_Atomic uint32_t *) tracked_heap_alive = &never_alive;

static void slots_set(struct slots *found)
{
    atomic_store(&tracked_heap_alive, found ? &found->is_alive : &never_alive);
    atomic_store(&slots, found);
}

static struct {
    struct spin_lock lock;
    bool is_ready;
    uint32_t slot_count;
    uint32_t open_count;
    uint32_t last_number;
    struct tracked_heap *free;
    struct tracked_heap *segments[SEGMENTS]; /* as in `slots` */
    struct tracked_heap *by_name[NAME_BUCKETS];
    heap_name process;
    uint32_t process_id;
    uint32_t flags; /* of every heap: HEAP_TRACKER_... */
} registry;

/* ---- slots and handles --------------------------------------------------------------- */

struct tracked_heap *tracked_heap_at(uint32_t index)
{
    struct slots *found = atomic_load_explicit(&slots, memory_order_acquire);
    uint32_t segment = region_segment_of(FIRST_HEAPS, index);

    if (!found || segment >= SEGMENTS)
        return NULL;
    struct tracked_heap *heaps =
        atomic_load_explicit(&found->segments[segment], memory_order_acquire);
    return heaps ? heaps + (index - region_segment_begin(FIRST_HEAPS, segment)) : NULL;
}

struct tracked_heap *tracked_heap_of(heap_tracker handle, uint32_t *number)
{
    uintptr_t value = (uintptr_t)handle;

    if (!(value & 1))
        return NULL;
    struct tracked_heap *heap = tracked_heap_at((uint32_t)(value >> 1 & INDEX_MASK));
    if (!heap)
        return NULL;
    uint32_t found = atomic_load_explicit(&heap->number, memory_order_acquire);
    if (found == 0 || (found & NUMBER_MASK) != (uint32_t)(value >> NUMBER_SHIFT))
        return NULL;
    *number = found;
    return heap;
}

static heap_tracker handle_of(const struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    return (heap_tracker)((uintptr_t)(number & NUMBER_MASK) << NUMBER_SHIFT |
                          (uintptr_t)heap->index << 1 | 1);
}

/* A slot with a record: a free one, or a new one. */
static struct tracked_heap *slot_take(void)
{
    struct tracked_heap *heap = registry.free;

    if (heap) {
        registry.free = heap->next_free;
        return heap;
    }
    uint32_t index = registry.slot_count, segment = region_segment_of(FIRST_HEAPS, index);
    if (segment >= SEGMENTS || index >= INDEX_MASK)
        return NULL;
    if (!registry.segments[segment]) {
        struct tracked_heap *heaps =
            page_pool_allocate((size_t)region_segment_count(FIRST_HEAPS, segment) * sizeof(*heaps));
        if (!heaps)
            return NULL;
        registry.segments[segment] = heaps;
        atomic_store_explicit(
            &atomic_load_explicit(&slots, memory_order_relaxed)->segments[segment], heaps,
            memory_order_release);
    }
    heap = registry.segments[segment] + (index - region_segment_begin(FIRST_HEAPS, segment));
    heap->shared = region_writer_add_heap(&heap->store);
    if (!heap->shared)
        return NULL;
    heap->index = index;
    registry.slot_count++;
    return heap;
}

/* ---- names --------------------------------------------------------------------------- */

static bool name_is_taken(const WCHAR *name, size_t length, uint32_t hash)
{
    for (struct tracked_heap *heap = registry.by_name[hash % NAME_BUCKETS]; heap;
         heap = heap->next_of_name)
        if (heap->name_hash == hash && heap->name_length == length &&
            memcmp(heap->name, name, length * sizeof(*name)) == 0)
            return true;
    return false;
}

/* Compose the name that nobody else in the process has; the heap's number makes it so. */
static void name_give(struct tracked_heap *heap, uint32_t number)
{
    size_t length =
        heap_name_compose(registry.process, registry.process_id, heap->clean, 0, heap->name);
    uint32_t hash = heap_name_hash(heap->name, length);

    while (name_is_taken(heap->name, length, hash)) {
        length = heap_name_add_suffix(heap->name, number);
        hash = heap_name_hash(heap->name, length);
        /* Cut to the same end again and again? Then numbers that nobody has yet. */
        if (name_is_taken(heap->name, length, hash))
            number = number * 2654435761u + 1;
    }
    heap->name_hash = hash;
    heap->name_length = (uint32_t)length;
    heap->next_of_name = registry.by_name[hash % NAME_BUCKETS];
    registry.by_name[hash % NAME_BUCKETS] = heap;
}

static void name_drop(struct tracked_heap *heap)
{
    struct tracked_heap **at = &registry.by_name[heap->name_hash % NAME_BUCKETS];

    while (*at && *at != heap)
        at = &(*at)->next_of_name;
    if (*at)
        *at = heap->next_of_name;
}

/* Write the record, all but the identity. */
static void record_fill(struct tracked_heap *heap)
{
    struct region_heap *shared = heap->shared;

#define COPY(field)                                                                                \
    atomic_store_explicit(&shared->field,                                                          \
                          atomic_load_explicit(&heap->field, memory_order_relaxed),                \
                          memory_order_relaxed)
    COPY(failure_count);
    COPY(unmatched_count);
    COPY(lost_count);
    COPY(reserved_bytes);
    COPY(committed_bytes);
#undef COPY
    atomic_store_explicit(&shared->open_time, heap->open_time, memory_order_relaxed);
    for (uint32_t i = 0; i < heap->name_length; i++)
        atomic_store_explicit(&shared->name[i], (uint16_t)heap->name[i], memory_order_relaxed);
    atomic_store_explicit(&shared->name_length, (uint16_t)heap->name_length, memory_order_relaxed);
}

/* ---- fork and exit ---------------------------------------------------------------- */

static void each_slot(void (*act)(struct tracked_heap *heap))
{
    for (uint32_t i = 0; i < registry.slot_count; i++) {
        uint32_t segment = region_segment_of(FIRST_HEAPS, i);
        act(registry.segments[segment] + (i - region_segment_begin(FIRST_HEAPS, segment)));
    }
}

static void lock_lanes(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->lane_lock);
}

static void unlock_lanes(struct tracked_heap *heap)
{
    spin_lock_release(&heap->lane_lock);
}

static void lock_map(struct tracked_heap *heap)
{
    address_map_lock_all(&heap->map);
}

static void unlock_map(struct tracked_heap *heap)
{
    address_map_unlock_all(&heap->map);
}

static void lock_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
}

static void unlock_base(struct tracked_heap *heap)
{
    spin_lock_release(&heap->base_lock);
}

static void lock_all(void)
{
    spin_lock_acquire(&registry.lock);
    each_slot(lock_lanes);
    lane_lock();
    each_slot(lock_map);
    address_map_lock_kept();
    region_writer_lock();
    call_sites_lock();
    page_pool_lock();
    each_slot(lock_base);
}

static void unlock_all(void)
{
    each_slot(unlock_base);
    page_pool_unlock();
    call_sites_unlock();
    region_writer_unlock();
    address_map_unlock_kept();
    each_slot(unlock_map);
    lane_unlock();
    each_slot(unlock_lanes);
    spin_lock_release(&registry.lock);
}

static void set_forking(bool is_forking)
{
    struct thread *thread = thread_current();

    if (thread)
        atomic_store_explicit(&thread->flags, is_forking ? THREAD_IS_FORKING : 0,
                              memory_order_relaxed);
}

static void fork_prepare(void)
{
    thread_ensure();
    lock_all();
    set_forking(true);
}

static void fork_parent(void)
{
    set_forking(false);
    unlock_all();
}

static void forget_everything(void)
{
    region_writer_abandon();
    address_map_forget_kept();
    call_sites_forget();
    page_pool_forget();
    lane_forget();
    memset(&registry, 0, sizeof(registry));
    slots_set(NULL);
}

static void heap_rename(struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    if (number == 0)
        return;
    name_give(heap, number);
    record_fill(heap);
    lane_fork_heap(heap);
    atomic_store_explicit(&heap->shared->identity, number, memory_order_release);
}

static uint32_t unpublished_flag(const struct tracked_heap *heap)
{
    return region_writer_is_published(heap->store) ? 0 : HEAP_IS_UNPUBLISHED;
}

static void heap_mark_published(struct tracked_heap *heap)
{
    uint32_t flags = atomic_load_explicit(&heap->flags, memory_order_relaxed);

    atomic_store_explicit(&heap->flags, (flags & ~HEAP_IS_UNPUBLISHED) | unpublished_flag(heap),
                          memory_order_relaxed);
}

/* Slots were filled in order of the heaps' opening only until one was used again; names are given
   in that order, so that the child's differ from the parent's in the process id alone. */
static void fork_child(void)
{
    if (registry.process_id == os_process_id())
        return; /* done, by an event of another fork handler */
    set_forking(false);
    unlock_all();
    if (!region_writer_fork()) {
        forget_everything();
        return;
    }
    struct slots *found = atomic_load(&slots);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        atomic_store(&found->segments[i], registry.segments[i]);
    atomic_store(&found->is_alive, 1);
    lane_fork_threads();
    registry.process_id = os_process_id();
    memset(registry.by_name, 0, sizeof(registry.by_name));
    each_slot(heap_rename);
    region_writer_changed();
    region_writer_publish();
    each_slot(heap_mark_published);
}

bool tracked_heap_fork_finish(void)
{
    struct thread *thread = thread_current();

    if (!thread ||
        !(atomic_load_explicit(&thread->flags, memory_order_relaxed) & THREAD_IS_FORKING))
        return false;
    fork_child();
    return true;
}

void tracked_heap_fork_pause(void)
{
    if (registry.process_id != os_process_id()) {
        fork_child();
        return;
    }
    struct thread *thread = thread_current();
    unlock_all();
    atomic_store_explicit(&thread->flags, THREAD_RELOCK, memory_order_relaxed);
}

void tracked_heap_fork_again(void)
{
    lock_all();
    set_forking(true);
}

/* Everything is given back when no heap is open; otherwise the process is ending, and others may
   still have events. */
__attribute__((destructor)) static void tracker_end(void)
{
    if (!registry.is_ready)
        return;
    events_end();
    bool is_unused = registry.open_count == 0;
    region_writer_close(is_unused);
    if (!is_unused)
        return;
    os_thread_value_release();
    struct slots *old = atomic_load(&slots);
    slots_set(NULL);
    os_pages_free(old, sizeof(*old));
    call_sites_release();
    page_pool_release();
    address_map_forget_kept();
    lane_forget();
    memset(&registry, 0, sizeof(registry));
}

/* ---- public ----------------------------------------------------------------------- */

/* At the first heap, under the registry's lock. */
static bool make_ready(void)
{
    struct slots *found = atomic_load(&slots);

    if (found && !atomic_load(&found->is_alive)) {
        /* A child of a bare clone(): what is here is its parent's. */
        forget_everything();
        found = NULL;
    }
    if (registry.is_ready)
        return true;
    if (!found) {
        uint32_t error = os_last_error();
        found = os_pages_allocate_wiped(sizeof(*found));
        os_last_error_set(error);
    }
    if (!found || lane_init())
        return false;
    char process[256];
    os_process_name(process, sizeof(process));
    heap_name_clean(process, "process", registry.process);
    registry.process_id = os_process_id();
    region_writer_open((uint64_t)(uintptr_t)&process_image);
    atomic_store(&found->is_alive, 1);
    slots_set(found);
    process_image_fill(registry.segments);
    char sites[8];
    if (os_environment("HEAPCTRS_CALL_SITES", sites, sizeof(sites)) == ERROR_SUCCESS &&
        strcmp(sites, "0") != 0) {
        /* 1: whoever reports; 2 to 9: its caller, that one's caller, ... */
        bool is_deep = sites[0] >= '2' && sites[0] <= '9' && !sites[1];
        registry.flags = HEAP_TRACKER_CALL_SITES;
        if (is_deep)
            registry.flags |= (uint32_t)(sites[0] - '1') << CALL_SITE_DEPTH_SHIFT;
    }
    registry.is_ready = true;
    return true;
}

/* Outside of all locks, for the system may allocate in it. */
static void watch_fork(void)
{
    static _Atomic uint32_t is_watched;

    if (atomic_exchange(&is_watched, 1) == 0)
        os_fork_watch(fork_prepare, fork_parent, fork_child);
}

heap_tracker tracked_heap_open(const char *name, uint32_t flags)
{
    heap_tracker handle = HEAP_TRACKER_INVALID;

    uint32_t number = 0;

    watch_fork();
    events_begin();
    void *forward = flags & HEAP_TRACKER_IS_MALLOC ? NULL : events_forward_open(name);
    spin_lock_acquire(&registry.lock);
    struct tracked_heap *heap = make_ready() ? slot_take() : NULL;
    if (heap) {
        number = ++registry.last_number ? registry.last_number : ++registry.last_number;
        heap_name_clean(name, "unnamed", heap->clean);
        name_give(heap, number);
        /* The environment's depth goes before the program's. */
        if (registry.flags & CALL_SITE_DEPTH_MASK)
            flags &= ~CALL_SITE_DEPTH_MASK;
        flags |= registry.flags | unpublished_flag(heap) | (forward ? HEAP_IS_FORWARDED : 0);
        atomic_store_explicit(&heap->flags, flags, memory_order_relaxed);
        atomic_store_explicit(&heap->forward, forward, memory_order_relaxed);
        heap->open_time = os_clock_ticks();
        heap->failure_count = heap->unmatched_count = heap->lost_count = 0;
        heap->reserved_bytes = heap->committed_bytes = 0;
        record_fill(heap);
        lane_open_heap(heap);
        address_map_open(&heap->map, number);
        atomic_store_explicit(&heap->number, number, memory_order_release);
        atomic_store_explicit(&heap->shared->identity, number, memory_order_release);
        region_writer_changed();
        registry.open_count++;
        handle = handle_of(heap);
    }
    spin_lock_release(&registry.lock);
    if (flags & CALL_SITE_DEPTH_MASK)
        call_stack_prepare();
    if (heap)
        events_open(number, name && *name ? name : "unnamed");
    else if (forward)
        events_forward_close(forward);
    return handle;
}

uint32_t tracked_heap_close(heap_tracker handle)
{
    uint32_t number, error = ERROR_INVALID_HANDLE;
    void *forward = NULL;

    spin_lock_acquire(&registry.lock);
    struct tracked_heap *heap = tracked_heap_of(handle, &number);
    if (heap) {
        /* First no new events, then none in the map, then nothing to see. */
        atomic_store_explicit(&heap->number, 0, memory_order_release);
        address_map_close(&heap->map);
        atomic_store_explicit(&heap->shared->identity, 0, memory_order_release);
        region_writer_changed();
        lane_close_heap(heap);
        name_drop(heap);
        forward = atomic_load_explicit(&heap->forward, memory_order_relaxed);
        heap->next_free = registry.free;
        registry.free = heap;
        registry.open_count--;
        error = ERROR_SUCCESS;
    }
    spin_lock_release(&registry.lock);
    if (!error)
        events_close(number);
    if (forward)
        events_forward_close(forward);
    return error;
}

void tracked_heap_add_rare(struct tracked_heap *heap, _Atomic uint64_t *total,
                           _Atomic uint64_t *shared)
{
    (void)heap;
    atomic_fetch_add_explicit(total, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(shared, 1, memory_order_relaxed);
    region_writer_changed();
}

void tracked_heap_lost(struct tracked_heap *heap)
{
    tracked_heap_add_rare(heap, &heap->lost_count, &heap->shared->lost_count);
}
