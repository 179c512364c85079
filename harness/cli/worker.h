/* SPDX-License-Identifier: MIT
 *
 * Threads that wait for work, and the lock that guards what they share. worker_posix.c and
 * worker_win.c define the same functions in the same order.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/** A lock with a condition: something that is guarded by it has changed. */
struct worker_lock;

/** @return NULL: out of memory */
struct worker_lock *worker_lock_open(void);

/** Nobody may hold it or wait for it. NULL is allowed. */
void worker_lock_close(struct worker_lock *lock);

void worker_lock_enter(struct worker_lock *lock);
void worker_lock_leave(struct worker_lock *lock);

/** Wake all that wait; held. */
void worker_lock_wake(struct worker_lock *lock);

/**
 * Release the lock, wait for a wake-up, and take the lock again; it may return without a reason.
 *
 * @param until_ticks  of os_clock_ticks: wait no longer than until then; UINT64_MAX: no limit
 * @return false: that time has come
 */
bool worker_lock_wait(struct worker_lock *lock, uint64_t until_ticks);

struct worker;

/**
 * Start a thread. It receives no signals.
 *
 * @return NULL: out of memory or threads
 */
struct worker *worker_start(void (*run)(void *context), void *context);

/** Wait for its end and free it. NULL is allowed. */
void worker_join(struct worker *worker);

#endif /* WORKER_H */
