/* SPDX-License-Identifier: MIT
 *
 * Waiting for a lock: see spin_lock.h. Apart, so that taking one that is free is a short way.
 */
#include "spin_lock.h"

#define TRIES 64u /* until others may run */

void spin_lock_wait(struct spin_lock *lock)
{
    unsigned tries = 0;

    do {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed))
            if (++tries % TRIES == 0)
                os_thread_yield();
    } while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire));
}
