/* SPDX-License-Identifier: MIT
 *
 * When the allocator of a heap is asked for its figures, which are then in the heap's record: see
 * allocator_figures.h for what it reports.
 *
 * A thread looks when it has allocated another 64 KiB, sooner if it allocates slowly, and when it has
 * freed as much. It asks the first time. Later it asks if a reader wants it (the private file), or if a
 * second has passed since the last time and at least 1,000 times as long as that took. So asking costs
 * at most a thousandth of one processor.
 *
 * The allocator is asked between two events, with no lock of the tracker held. It is never asked within
 * an event or the allocator, where an event of a signal handler would be, nor in a child of a process
 * with several threads, which may be between fork and exec. A request then stays open.
 */
#ifndef HEAP_FIGURES_H
#define HEAP_FIGURES_H

#include "allocator_figures.h"
#include "heap_state.h"
#include "thread_state.h"

/** The heap's blocks come from this allocator: ask it from now on. */
void heap_figures_begin(heap_tracker handle, enum region_allocator allocator);

/** Note that a countdown has ended with a block of the heap. Call it in the event. */
void heap_figures_note(const struct tracked_heap *heap, uintptr_t address, uint64_t size);

/** Look, and ask the allocator if it is time. Call it between two events of the thread. */
void heap_figures_look(struct tracked_heap *heap, struct thread *thread);

/** Whether this thread is asking: what is allocated meanwhile is not the program's. */
static inline bool heap_figures_is_asking(void)
{
    const struct thread *thread = os_thread_value();

    return thread &&
           (atomic_load_explicit(&thread->flags, memory_order_relaxed) & THREAD_IS_ASKING) != 0;
}

/** Never ask again: the program confines itself, see region_writer_confine. */
void heap_figures_confine(void);

/** Before a fork, and in the child. */
void heap_figures_before_fork(void);
void heap_figures_fork(void);

#endif /* HEAP_FIGURES_H */
