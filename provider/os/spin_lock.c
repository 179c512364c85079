/* SPDX-License-Identifier: MIT
 *
 * Waiting for a spin_lock.h lock, and locks at a fork. It is in a file of its own so that the path of a free lock
 * stays short.
 */
#include "spin_lock.h"

#define TRIES 64u        /* tries before other threads may run */
#define LEAST_YIELDS 64u /* before a lock is left out; chosen */
#define LEFT_OUT_LIMIT                                                                             \
    (sizeof(((struct spin_lock_round *)0)->left_out) / sizeof(struct spin_lock *))

/* This is a child of fork with one thread: see spin_lock_begin_alone. */
static bool is_alone, has_taken_held;

void spin_lock_wait(struct spin_lock *lock)
{
    unsigned tries = 0;

    if (is_alone) {
        has_taken_held = true;
        atomic_store_explicit(&lock->held, 1, memory_order_relaxed);
        return;
    }
    do {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed))
            if (++tries % TRIES == 0)
                os_thread_yield();
    } while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire));
}

/* A process that gets little time may find little changed after a long one, so the yields count, too. */
static bool is_worth_waiting(struct spin_lock_round *round)
{
    const uint64_t now = os_clock_ticks();

    if (round->patience_ms == 0)
        return false;
    if (round->yields++ == 0)
        round->begin = now;
    return round->yields <= LEAST_YIELDS ||
           now - round->begin < os_clock_frequency() * round->patience_ms / 1000;
}

void spin_lock_acquire_for_fork(struct spin_lock *lock, struct spin_lock_round *round)
{
    unsigned tries = 0;

    while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) != 0) {
        if (++tries % TRIES != 0)
            continue;
        if (round->left_out_count < LEFT_OUT_LIMIT && !is_worth_waiting(round)) {
            round->left_out[round->left_out_count++] = lock;
            return;
        }
        os_thread_yield();
    }
}

void spin_lock_release_after_fork(struct spin_lock *lock, const struct spin_lock_round *round)
{
    for (uint32_t i = 0; i < round->left_out_count; i++)
        if (round->left_out[i] == lock)
            return;
    spin_lock_release(lock);
}

void spin_lock_begin_alone(void)
{
    is_alone = true;
}

bool spin_lock_end_alone(void)
{
    const bool result = has_taken_held;

    if (is_alone) /* the same value is not stored again: each page that is written to is copied */
        is_alone = false;
    if (has_taken_held)
        has_taken_held = false;
    return result;
}
