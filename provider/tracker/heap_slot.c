/* SPDX-License-Identifier: MIT
 *
 * Slots and handles: see heap_slot.h.
 */
#include "heap_slot.h"

#include <string.h>

#include "os_region.h"
#include "os_thread.h"
#include "page_pool.h"
#include "process_image.h"

#define FIRST_HEAPS PROCESS_IMAGE_FIRST_HEAPS
#define SEGMENTS PROCESS_IMAGE_SEGMENTS

/* A handle: 1 in the lowest bit, which no pointer has; the slot; as many bits of the heap's
   number as fit. */
#define INDEX_BITS (sizeof(uintptr_t) == 8 ? 24 : 17)
#define INDEX_MASK (((uintptr_t)1 << INDEX_BITS) - 1)
#define NUMBER_SHIFT (INDEX_BITS + 1)
#define NUMBER_MASK ((uint32_t)(UINTPTR_MAX >> NUMBER_SHIFT))

/* The way from handles to heaps. The memory is empty in every child; a child of fork fills it
   again. */
struct directory {
    struct heap_slot_state state;
    _Atomic(struct tracked_heap *) segments[SEGMENTS];
};

static _Atomic(struct directory *) directory;

/* The directory's first member, for callers that need only this one. */
static struct heap_slot_state never_alive;
struct heap_slot_state *volatile heap_slot_state = &never_alive;

static struct {
    struct spin_lock lock;
    uint32_t count;
    _Atomic uint32_t malloc_way; /* enum heap_slot_malloc; `directory` has it, too */
    struct tracked_heap *free;
    struct tracked_heap *segments[SEGMENTS]; /* as in `directory` */
} slots;

static void set_directory(struct directory *found)
{
    heap_slot_state = found ? &found->state : &never_alive;
    atomic_store(&directory, found);
}

void heap_slot_lock(void)
{
    spin_lock_acquire(&slots.lock);
}

void heap_slot_unlock(void)
{
    spin_lock_release(&slots.lock);
}

DWORD heap_slot_init(void)
{
    if (atomic_load(&directory))
        return ERROR_SUCCESS;
    uint32_t error = os_last_error();
    struct directory *found = os_thread_allocate_wiped(sizeof(*found));
    os_last_error_set(error);
    if (!found)
        return ERROR_NOT_ENOUGH_MEMORY;
    atomic_store(&found->state.is_alive, 1);
    set_directory(found);
    return ERROR_SUCCESS;
}

bool heap_slot_is_of_parent(void)
{
    struct directory *found = atomic_load(&directory);

    return found && !atomic_load(&found->state.is_alive);
}

static struct tracked_heap *slot_at(uint32_t index)
{
    uint32_t segment = region_segment_of(FIRST_HEAPS, index);

    return slots.segments[segment] + (index - region_segment_begin(FIRST_HEAPS, segment));
}

struct tracked_heap *heap_slot_take(void)
{
    struct tracked_heap *heap = slots.free;

    if (heap) {
        slots.free = heap->next_free;
        return heap;
    }
    uint32_t index = slots.count, segment = region_segment_of(FIRST_HEAPS, index);
    if (segment >= SEGMENTS || index >= INDEX_MASK)
        return NULL;
    if (!slots.segments[segment]) {
        struct tracked_heap *heaps =
            page_pool_allocate((size_t)region_segment_count(FIRST_HEAPS, segment) * sizeof(*heaps));
        if (!heaps)
            return NULL;
        slots.segments[segment] = heaps;
        atomic_store_explicit(
            &atomic_load_explicit(&directory, memory_order_relaxed)->segments[segment], heaps,
            memory_order_release);
    }
    heap = slot_at(index);
    heap->shared = region_writer_add_heap(&heap->store);
    if (!heap->shared)
        return NULL;
    heap->index = index;
    slots.count++;
    return heap;
}

void heap_slot_give(struct tracked_heap *heap)
{
    heap->next_free = slots.free;
    slots.free = heap;
}

void heap_slot_each(void (*act)(struct tracked_heap *heap))
{
    for (uint32_t i = 0; i < slots.count; i++)
        act(slot_at(i));
}

const void *heap_slot_segments(void)
{
    return slots.segments;
}

static void write_malloc(struct heap_slot_state *state)
{
    const uint32_t way = atomic_load(&slots.malloc_way);

    atomic_store_explicit(&state->is_usual_malloc, way == HEAP_SLOT_MALLOC_USUAL,
                          memory_order_release);
    atomic_store_explicit(&state->is_asked_malloc, way == HEAP_SLOT_MALLOC_ASKED,
                          memory_order_release);
}

void heap_slot_fork(void)
{
    struct directory *found = atomic_load(&directory);

    for (uint32_t i = 0; i < SEGMENTS; i++)
        atomic_store(&found->segments[i], slots.segments[i]);
    write_malloc(&found->state);
    atomic_store(&found->state.is_alive, 1);
}

void heap_slot_set_malloc(enum heap_slot_malloc way)
{
    if (atomic_exchange(&slots.malloc_way, way) != (uint32_t)way && atomic_load(&directory))
        write_malloc(heap_slot_state);
}

void heap_slot_release(void)
{
    struct directory *old = atomic_load(&directory);

    heap_slot_forget();
    os_pages_free(old, sizeof(*old));
}

void heap_slot_forget(void)
{
    set_directory(NULL);
    memset(&slots, 0, sizeof(slots));
}

struct tracked_heap *heap_slot_at(uint32_t index)
{
    struct directory *found = atomic_load_explicit(&directory, memory_order_acquire);
    uint32_t segment = region_segment_of(FIRST_HEAPS, index);

    if (!found || segment >= SEGMENTS)
        return NULL;
    struct tracked_heap *heaps =
        atomic_load_explicit(&found->segments[segment], memory_order_acquire);
    return heaps ? heaps + (index - region_segment_begin(FIRST_HEAPS, segment)) : NULL;
}

struct tracked_heap *heap_slot_find(heap_tracker handle, uint32_t *number)
{
    uintptr_t value = (uintptr_t)handle;

    if (!(value & 1))
        return NULL;
    struct tracked_heap *heap = heap_slot_at((uint32_t)(value >> 1 & INDEX_MASK));
    if (!heap)
        return NULL;
    uint32_t found = atomic_load_explicit(&heap->number, memory_order_acquire);
    if (found == 0 || (found & NUMBER_MASK) != (uint32_t)(value >> NUMBER_SHIFT))
        return NULL;
    *number = found;
    return heap;
}

heap_tracker heap_slot_handle(const struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    return (heap_tracker)((uintptr_t)(number & NUMBER_MASK) << NUMBER_SHIFT |
                          (uintptr_t)heap->index << 1 | 1);
}
