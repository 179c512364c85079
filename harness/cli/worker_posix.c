/* SPDX-License-Identifier: MIT
 *
 * worker.h for Linux.
 */
#define _POSIX_C_SOURCE 200809L
#include "worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "os.h"

struct worker_lock {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* uses the monotonic clock */
};

struct worker {
    pthread_t thread;
    void (*run)(void *context);
    void *context;
};

struct worker_lock *worker_lock_open(void)
{
    struct worker_lock *lock = calloc(1, sizeof(*lock));
    pthread_condattr_t attributes;

    if (!lock)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return lock;
}

void worker_lock_close(struct worker_lock *lock)
{
    if (!lock)
        return;
    pthread_cond_destroy(&lock->changed);
    pthread_mutex_destroy(&lock->mutex);
    free(lock);
}

void worker_lock_enter(struct worker_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

void worker_lock_leave(struct worker_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

void worker_lock_wake(struct worker_lock *lock)
{
    pthread_cond_broadcast(&lock->changed);
}

bool worker_lock_wait(struct worker_lock *lock, uint64_t until_ticks)
{
    const uint64_t frequency = os_clock_frequency(), now = os_clock_ticks();
    struct timespec end;

    if (until_ticks == UINT64_MAX) {
        pthread_cond_wait(&lock->changed, &lock->mutex);
        return true;
    }
    if (now >= until_ticks)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)((until_ticks - now) / frequency);
    end.tv_nsec += (long)((double)((until_ticks - now) % frequency) * 1e9 / (double)frequency);
    if (end.tv_nsec >= 1000000000) {
        end.tv_nsec -= 1000000000;
        end.tv_sec++;
    }
    pthread_cond_timedwait(&lock->changed, &lock->mutex, &end);
    return os_clock_ticks() < until_ticks;
}

static void *run_worker(void *context)
{
    const struct worker *worker = context;

    worker->run(worker->context);
    return NULL;
}

struct worker *worker_start(void (*run)(void *context), void *context)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    sigset_t all, before;
    int error;

    if (!worker)
        return NULL;
    worker->run = run;
    worker->context = context;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&worker->thread, NULL, run_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        return worker;
    free(worker);
    return NULL;
}

void worker_join(struct worker *worker)
{
    if (!worker)
        return;
    pthread_join(worker->thread, NULL);
    free(worker);
}
