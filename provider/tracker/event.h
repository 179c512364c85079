/* SPDX-License-Identifier: MIT
 *
 * The beginning and the end of an event that is not a usual one (usual_event.h): finds the heap,
 * the thread and the shard.
 */
#ifndef EVENT_H
#define EVENT_H

#include "fork.h"
#include "heap_figures.h"
#include "region_writer.h"
#include "thread_event.h"
#include "usual_event.h"

/* Events between two readings of the clock, chosen: see fork_publish_again. */
#define EVENTS_PER_LOOK 16

/** What an event needs. event_begin fills it in, event_end ends the event. */
struct event {
    struct tracked_heap *heap;
    struct thread *thread;
    struct shard *shard; /* NULL: the base shard */
    uint32_t number;     /* number of the heap */
    uintptr_t site;      /* return address of the caller that reported it; 0: not known */
};

/** event_begin for an event that does not concern the thread's last heap. */
uint32_t event_begin_elsewhere(struct event *event, heap_tracker handle);

/**
 * Begin an event.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_HANDLE; ERROR_BUSY: another event is in progress on the
 *         thread, and this one is counted as lost
 */
static inline uint32_t event_begin(struct event *event, heap_tracker handle, uintptr_t site)
{
    struct thread *thread = os_thread_value();

    event->site = site;
    if (!usual_event_is_of_last_heap(thread, handle) || !usual_event_mark(thread))
        return event_begin_elsewhere(event, handle);
    event->thread = thread;
    event->heap = thread->last_heap;
    event->shard = thread->last_shard;
    event->number = thread->last_number;
    return ERROR_SUCCESS;
}

static inline void event_end(const struct event *event)
{
    if (atomic_load_explicit(&event->heap->flags, memory_order_relaxed) & HEAP_IS_UNPUBLISHED)
        region_writer_lost();
    thread_leave(event->thread);
    /* All threads without shards share one record. */
    if (event->shard && ++event->thread->slow_events % EVENTS_PER_LOOK == 0)
        fork_publish_again();
    if (event->shard && event->thread->is_look_due) {
        event->thread->is_look_due = false;
        heap_figures_look(event->heap, event->thread);
    }
}

/** The handle that another tracker has for the heap; NULL if it has none. */
static inline void *event_forward(const struct event *event)
{
    return atomic_load_explicit(&event->heap->forward, memory_order_relaxed);
}

/**
 * Count down an allocated block, and sample it if its turn has come. Only threads with shards do
 * this, because the others share one record. Returns whether the countdown ended.
 */
bool event_count_down(const struct event *event, uintptr_t address, size_t size);

/** Count an event that could not be recorded. */
void event_lost(const struct event *event);

/** Count a request that failed. */
uint32_t event_record_failure(const struct event *event);

#endif /* EVENT_H */
