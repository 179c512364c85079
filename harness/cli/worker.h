/* SPDX-License-Identifier: MIT
 *
 * Threads that wait for work, and the lock that protects what they share. worker_posix.c and
 * worker_win.c define the same functions in the same order.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/** A lock with a condition: something that it protects has changed. */
struct worker_lock;

/** @return NULL if there is no memory */
struct worker_lock *worker_lock_open(void);

/** Close a lock that no thread holds or waits for. NULL is allowed. */
void worker_lock_close(struct worker_lock *lock);

void worker_lock_enter(struct worker_lock *lock);
void worker_lock_leave(struct worker_lock *lock);

/** Wake all waiting threads. Call this with the lock held. */
void worker_lock_wake(struct worker_lock *lock);

/**
 * Release the lock, wait for a wake-up, and take the lock again. It may return without a reason.
 *
 * @param until_ticks  of os_clock_ticks: do not wait longer than this; UINT64_MAX: no limit
 * @return false if that time has come
 */
bool worker_lock_wait(struct worker_lock *lock, uint64_t until_ticks);

struct worker;

/**
 * Start a thread. It receives no signals.
 *
 * @return NULL if there is no memory or no thread
 */
struct worker *worker_start(void (*run)(void *context), void *context);

/** Wait for the end of a thread and free it. NULL is allowed. */
void worker_join(struct worker *worker);

#endif /* WORKER_H */
