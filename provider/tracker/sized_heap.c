/* SPDX-License-Identifier: MIT
 *
 * Heaps without a table of blocks: see sized_heap.h. An event counts in the thread's own shard, and
 * nothing else is looked up.
 */
#include "sized_heap.h"

#include "block_size.h"
#include "event.h"
#include "heap_totals.h"

bool sized_heap_is(heap_tracker handle)
{
    uint32_t number;
    const struct tracked_heap *heap = heap_slot_find(handle, &number);

    if (!heap && fork_finish())
        heap = heap_slot_find(handle, &number);
    return heap &&
           (atomic_load_explicit(&heap->flags, memory_order_relaxed) & HEAP_HAS_NO_TABLE) != 0;
}

uint64_t sized_heap_own_allocations(heap_tracker handle)
{
    struct event event;
    uint64_t count = 0;

    if (event_begin(&event, handle, 0) == ERROR_SUCCESS) {
        count = event.shard ? event.shard->totals[TOTAL_ALLOCATION_COUNT] : 0;
        event_end(&event);
    }
    return count;
}

/* The shard to count in; NULL if the heap is closed. A thread's own shard stays its own if the
   heap is closed meanwhile. The base shard belongs to the slot: under its lock the heap is the
   one of the event. */
static struct shard *begin_shard(struct event *event)
{
    struct shard *shard = shard_begin(event->heap, event->shard);

    if (!event->shard &&
        atomic_load_explicit(&event->heap->number, memory_order_relaxed) != event->number) {
        shard_finish(event->heap, shard);
        return NULL;
    }
    return shard;
}

/* Count down an allocated block. When the countdown ends, the header's rule is compared with the
   allocator's answer, and the block may be sampled. */
static void count_down(struct event *event, uintptr_t address, size_t size, size_t usable)
{
    if (!event_count_down(event, address, size) ||
        !(atomic_load_explicit(&event->heap->flags, memory_order_relaxed) & HEAP_TRACKER_IS_MALLOC))
        return;
    block_size_compare((const void *)address, usable);
    if (!atomic_load_explicit(&block_size_is_in_header, memory_order_relaxed))
        heap_slot_set_malloc(HEAP_SLOT_MALLOC_ASKED);
}

__attribute__((noinline)) uint32_t sized_heap_allocate_slowly(heap_tracker handle,
                                                              uintptr_t address, size_t size,
                                                              size_t usable, uintptr_t site)
{
    struct event event;
    uint32_t error = event_begin(&event, handle, site);

    if (error)
        return error;
    struct shard *shard = address ? begin_shard(&event) : NULL;
    if (shard) {
        shard_count_allocation(event.heap, shard, size, usable);
        count_down(&event, address, size, usable);
        events_allocate(event_forward(&event), event.number, address, size);
    } else {
        error = address ? ERROR_INVALID_HANDLE : event_record_failure(&event);
    }
    event_end(&event);
    return error;
}

__attribute__((noinline)) uint32_t sized_heap_free_slowly(heap_tracker handle, uintptr_t address,
                                                          size_t usable)
{
    struct event event;
    uint32_t error = event_begin(&event, handle, 0);

    if (error)
        return error;
    struct shard *shard = address ? begin_shard(&event) : NULL;
    if (shard) {
        profile_free(address);
        shard_count_free(event.heap, shard, usable);
        events_free(event_forward(&event), event.number, address, usable);
    } else if (address) {
        error = ERROR_INVALID_HANDLE;
    }
    event_end(&event);
    return error;
}

/* This is an event of its own, so that no signal handler's event waits for the profile's lock. */
void sized_heap_take_sample(heap_tracker handle, struct sized_resize *resize)
{
    struct event event;

    if (event_begin(&event, handle, 0) != ERROR_SUCCESS)
        return;
    profile_free_slowly(resize->old_address, &resize->sample);
    event_end(&event);
}

uint32_t sized_heap_resize_end(heap_tracker handle, uintptr_t address, size_t size, size_t usable,
                               const struct sized_resize *resize, uintptr_t site)
{
    struct event event;
    uint32_t error = event_begin(&event, handle, site);

    if (error)
        return error;
    if (!address)
        profile_put_back(resize->old_address, &resize->sample);
    struct shard *shard = address ? begin_shard(&event) : NULL;
    if (shard) {
        shard_count_reallocation(event.heap, shard, size, usable, resize->old_usable);
        count_down(&event, address, size, usable);
        events_reallocate(event_forward(&event), event.number, address, size, resize->old_address,
                          resize->old_usable);
    } else {
        error = address ? ERROR_INVALID_HANDLE : event_record_failure(&event);
    }
    event_end(&event);
    return error;
}

uint32_t sized_heap_discard_all(heap_tracker handle)
{
    struct event event;
    struct heap_totals now;
    uint32_t error = event_begin(&event, handle, 0);

    if (error)
        return error;
    if (heap_totals_read(event.heap->shared, event.number, region_writer_shard, event.heap->store,
                         UINT32_MAX, &now)) {
        struct shard *shard = begin_shard(&event);
        if (shard) {
            const uint64_t blocks = now.allocation_count - now.free_count;
            shard_before_free(event.heap, shard);
            shard_add(shard, TOTAL_FREED_BYTES, now.in_use_bytes);
            shard_add(shard, TOTAL_FREE_COUNT, blocks);
            shard_finish(event.heap, shard);
            if (blocks == 0) /* blocks may have been freed with smaller sizes than they had */
                region_writer_changed();
            profile_discard_heap(event.number);
        }
    } else {
        event_lost(&event);
    }
    event_end(&event);
    return ERROR_SUCCESS;
}
