/* SPDX-License-Identifier: MIT
 *
 * Marks the beginning and the end of an event on a thread. A thread can have one event at a time:
 * an event within another one, for example in an allocation that the tracker itself causes, is
 * counted as lost.
 */
#ifndef THREAD_EVENT_H
#define THREAD_EVENT_H

#include "fork.h"
#include "thread.h"

/** Mark the thread as busy without any check. */
static inline void thread_set_busy(struct thread *thread)
{
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/**
 * Mark an event on this thread as in progress.
 *
 * @return NULL if another event is in progress; then the new event is lost
 */
static inline struct thread *thread_enter(void)
{
    struct thread *thread = thread_ensure();

    if (atomic_load_explicit(&thread->flags, memory_order_relaxed))
        return fork_enter(thread);
    thread_set_busy(thread);
    return thread;
}

/** Mark the event as ended. */
static inline void thread_leave(struct thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(
            atomic_load_explicit(&thread->flags, memory_order_relaxed) == THREAD_IS_BUSY, 1))
        atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    else
        fork_leave(thread);
}

#endif /* THREAD_EVENT_H */
