/* SPDX-License-Identifier: MIT
 *
 * The threads that have events. A thread is known from its first event to its end.
 */
#ifndef THREAD_H
#define THREAD_H

#include "thread_state.h"
#include "wintypes.h"

/** Prepare for threads. A second call does nothing. */
DWORD thread_init(void);

/** Set what is called on each thread before it ends. */
void thread_before_end(void (*call)(void));

/** This thread, which is added to the list if necessary. Never NULL. */
struct thread *thread_ensure(void);

/** Around fork: the lock of the list of threads. */
void thread_lock(void);
void thread_unlock(void);

/**
 * In a forked child: remove the other threads, which do not exist there, and leave their shards to
 * the heaps. This thread begins like one of a new process.
 */
void thread_fork(void);

/** Forget all threads, including this one. The lock is free afterwards. */
void thread_forget(void);

#endif /* THREAD_H */
