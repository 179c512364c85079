/* SPDX-License-Identifier: MIT
 *
 * Events of another heap than the thread's last one: see event.h.
 */
#include "event.h"

#include "debug_message.h"
#include "fork.h"
#include "shard.h"
#include "tracked_heap.h"

/* Whether this is the heap of the preload library, which is never closed. Its events may take
   the path of malloc_event.h. */
static bool is_usual_malloc(const struct tracked_heap *heap)
{
    const uint32_t usual = HEAP_TRACKER_IS_MALLOC | HEAP_HAS_NO_TABLE;

    return (atomic_load_explicit(&heap->flags, memory_order_relaxed) & (usual | HEAP_IS_UNUSUAL)) ==
           usual;
}

/* Report the first event in a child that was created without fork handlers. */
static void report_clone(void)
{
    static _Atomic uint32_t is_reported;

    if (atomic_exchange(&is_reported, 1) == 0)
        debug_message("no heap is published: this process was created by clone() and not by "
                      "fork(), so its heaps cannot be distinguished from its parent's; use fork()");
}

__attribute__((noinline)) uint32_t event_begin_elsewhere(struct event *event, heap_tracker handle)
{
    for (;;) {
        event->heap = heap_slot_find(handle, &event->number);
        if (!event->heap && fork_finish())
            event->heap = heap_slot_find(handle, &event->number);
        if (!event->heap && heap_slot_is_of_parent())
            report_clone();
        if (!event->heap)
            return ERROR_INVALID_HANDLE;
        event->thread = thread_enter();
        if (!event->thread) {
            tracked_heap_lost(event->heap);
            return ERROR_BUSY;
        }
        if (heap_slot_is_alive())
            break;
        thread_leave(event->thread); /* a signal handler forked meanwhile, and this is the child */
    }
    /* A signal handler that interrupted malloc or free of malloc_event.h counts in the base shard: the
       thread's own may be half changed. */
    event->shard =
        atomic_load_explicit(&event->thread->flags, memory_order_relaxed) & THREAD_IS_ALLOCATING
            ? NULL
            : shard_find(event->thread, event->heap, event->number);
    if (event->shard) {
        event->thread->last_handle = handle;
        event->thread->last_heap = event->heap;
        event->thread->last_shard = event->shard;
        event->thread->last_number = event->number;
        if (is_usual_malloc(event->heap)) {
            event->thread->malloc_heap = event->heap;
            event->thread->malloc_shard = event->shard;
            thread_of_malloc = event->thread;
        }
    }
    return ERROR_SUCCESS;
}

bool event_count_down(const struct event *event, uintptr_t address, size_t size)
{
    struct thread *thread = event->thread;

    const bool is_always =
        atomic_load_explicit(&event->heap->flags, memory_order_relaxed) & HEAP_TRACKER_PROFILE;
    if (!event->shard) {
        profile_lose(size, is_always);
        return false;
    }
    if (size < thread->countdown && !is_always) {
        thread->countdown -= size + 1;
        return false;
    }
    const struct profile_block block = { .address = address,
                                         .size = size,
                                         .heap = event->number,
                                         .is_always = is_always,
                                         .site = event->site };
    if (!profile_allocate(&thread->profile, &thread->countdown, &block))
        return false;
    shard_mark(event->heap, event->shard);
    if (atomic_load_explicit(&event->heap->allocator, memory_order_relaxed) != ALLOCATOR_UNKNOWN) {
        heap_figures_note(event->heap, address, size);
        thread->is_look_due = true;
    }
    return true;
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
