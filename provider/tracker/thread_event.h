/* SPDX-License-Identifier: MIT
 *
 * A thread begins and ends an event. It can be in one event at a time: an event within another one,
 * for example in an allocation that the tracker itself causes, is lost.
 */
#ifndef THREAD_EVENT_H
#define THREAD_EVENT_H

#include "fork.h"
#include "thread.h"

/** Mark the thread as busy; nothing is asked. */
static inline void thread_set_busy(struct thread *thread)
{
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/**
 * An event begins on this thread.
 *
 * @return NULL if the thread is in the middle of one already: the new event is lost
 */
static inline struct thread *thread_enter(void)
{
    struct thread *thread = thread_ensure();

    if (atomic_load_explicit(&thread->flags, memory_order_relaxed))
        return fork_enter(thread);
    thread_set_busy(thread);
    return thread;
}

/** The event ends. */
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
