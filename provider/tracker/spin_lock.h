/* SPDX-License-Identifier: MIT
 *
 * The tracker's lock: one word, zero is unlocked, for sections of some nanoseconds that call nobody
 * else's code. It never allocates and needs no set-up, so it works before main and in the middle of
 * malloc. Who waits long lets others run.
 */
#ifndef SPIN_LOCK_H
#define SPIN_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "os_region.h"

struct spin_lock {
    _Atomic uint32_t held;
};

static inline void spin_lock_acquire(struct spin_lock *lock)
{
    /* One thread alone has nobody to wait for; an atomic exchange would be a third of an event. */
    if (*os_is_single_threaded) {
        atomic_store_explicit(&lock->held, 1, memory_order_relaxed);
        return;
    }
    for (unsigned tries = 0; atomic_exchange_explicit(&lock->held, 1, memory_order_acquire);) {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed))
            if (++tries % 64 == 0)
                os_thread_yield();
    }
}

static inline void spin_lock_release(struct spin_lock *lock)
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif /* SPIN_LOCK_H */
