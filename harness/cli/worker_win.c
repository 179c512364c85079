/* SPDX-License-Identifier: MIT
 *
 * worker.h for Windows.
 */
#include "worker.h"

#include <stdlib.h>
#include <windows.h>

#include "os.h"

struct worker_lock {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
};

struct worker {
    HANDLE thread;
    void (*run)(void *context);
    void *context;
};

struct worker_lock *worker_lock_open(void)
{
    struct worker_lock *lock = calloc(1, sizeof(*lock));

    if (!lock)
        return NULL;
    InitializeSRWLock(&lock->lock);
    InitializeConditionVariable(&lock->changed);
    return lock;
}

void worker_lock_close(struct worker_lock *lock)
{
    free(lock);
}

void worker_lock_enter(struct worker_lock *lock)
{
    AcquireSRWLockExclusive(&lock->lock);
}

void worker_lock_leave(struct worker_lock *lock)
{
    ReleaseSRWLockExclusive(&lock->lock);
}

void worker_lock_wake(struct worker_lock *lock)
{
    WakeAllConditionVariable(&lock->changed);
}

bool worker_lock_wait(struct worker_lock *lock, uint64_t until_ticks)
{
    const uint64_t frequency = os_clock_frequency(), now = os_clock_ticks();
    DWORD milliseconds = INFINITE;

    if (until_ticks != UINT64_MAX) {
        if (now >= until_ticks)
            return false;
        /* Round up. A wait of more than an hour consists of several. */
        const uint64_t left = (until_ticks - now) / frequency;
        milliseconds = left >= 3600 ? 3600000 : (DWORD)((until_ticks - now) * 1000 / frequency + 1);
    }
    SleepConditionVariableSRW(&lock->changed, &lock->lock, milliseconds, 0);
    return until_ticks == UINT64_MAX || os_clock_ticks() < until_ticks;
}

static DWORD WINAPI run_worker(void *context)
{
    const struct worker *worker = context;

    worker->run(worker->context);
    return 0;
}

struct worker *worker_start(void (*run)(void *context), void *context)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return NULL;
    worker->run = run;
    worker->context = context;
    worker->thread = CreateThread(NULL, 0, run_worker, worker, 0, NULL);
    if (worker->thread)
        return worker;
    free(worker);
    return NULL;
}

void worker_join(struct worker *worker)
{
    if (!worker)
        return;
    WaitForSingleObject(worker->thread, INFINITE);
    CloseHandle(worker->thread);
    free(worker);
}
