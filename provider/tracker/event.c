/* SPDX-License-Identifier: MIT
 *
 * Events of another heap than the thread's last one: see event.h.
 */
#include "event.h"

#include "fork.h"
#include "shard.h"
#include "tracked_heap.h"

/* The heap of the preload library, which is never closed: its events may take the way of
   malloc_event.h. */
static bool is_usual_malloc(const struct tracked_heap *heap)
{
    const uint32_t usual = HEAP_TRACKER_IS_MALLOC | HEAP_HAS_NO_TABLE;

    return (atomic_load_explicit(&heap->flags, memory_order_relaxed) & (usual | HEAP_IS_UNUSUAL)) ==
           usual;
}

__attribute__((noinline)) uint32_t event_begin_elsewhere(struct event *event, heap_tracker handle)
{
    event->heap = heap_slot_find(handle, &event->number);
    if (!event->heap && fork_finish())
        event->heap = heap_slot_find(handle, &event->number);
    if (!event->heap)
        return ERROR_INVALID_HANDLE;
    event->thread = thread_enter();
    if (!event->thread) {
        tracked_heap_lost(event->heap);
        return ERROR_BUSY;
    }
    event->shard = shard_find(event->thread, event->heap, event->number);
    if (event->shard) {
        event->thread->last_handle = handle;
        event->thread->last_heap = event->heap;
        event->thread->last_shard = event->shard;
        event->thread->last_number = event->number;
        if (is_usual_malloc(event->heap)) {
            event->thread->malloc_heap = event->heap;
            event->thread->malloc_shard = event->shard;
        }
    }
    return ERROR_SUCCESS;
}

void event_lost(const struct event *event)
{
    tracked_heap_lost(event->heap);
}

uint32_t event_record_failure(const struct event *event)
{
    struct tracked_heap *heap = event->heap;

    tracked_heap_add_rare(heap, &heap->failure_count, &heap->shared->failure_count);
    return ERROR_SUCCESS;
}
