/* SPDX-License-Identifier: MIT
 *
 * Waiting for a spin_lock.h lock. It is in a file of its own so that the path of a free lock stays
 * short.
 */
#include "spin_lock.h"

#define TRIES 64u /* tries before other threads may run */

void spin_lock_wait(struct spin_lock *lock)
{
    unsigned tries = 0;

    do {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed))
            if (++tries % TRIES == 0)
                os_thread_yield();
    } while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire));
}
