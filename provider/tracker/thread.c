/* SPDX-License-Identifier: MIT
 *
 * The list of threads, and what happens at a thread's beginning and end: see thread.h.
 */
#include "thread.h"

#include <string.h>

#include "shard.h"
#include "page_pool.h"

/* The record of all threads that cannot have shards: those that are ending, or for which there
   is no memory. */
static struct thread without_shards = { .flags = THREAD_HAS_NO_SHARDS };

static struct {
    struct spin_lock lock;
    struct thread *first;
} threads;

_Thread_local struct thread *thread_of_malloc __attribute__((tls_model("initial-exec")));
static void (*before_end)(void);

void thread_before_end(void (*call)(void))
{
    before_end = call;
}

static void list_add(struct thread *thread)
{
    spin_lock_acquire(&threads.lock);
    thread->next = threads.first;
    if (threads.first)
        threads.first->previous = thread;
    threads.first = thread;
    spin_lock_release(&threads.lock);
}

static void list_remove(struct thread *thread)
{
    spin_lock_acquire(&threads.lock);
    if (thread->previous)
        thread->previous->next = thread->next;
    else
        threads.first = thread->next;
    if (thread->next)
        thread->next->previous = thread->previous;
    spin_lock_release(&threads.lock);
}

static void release(struct thread *thread)
{
    shard_leave_all(thread);
    list_remove(thread);
    page_pool_free(thread, sizeof(*thread));
}

/* Later events of the thread are counted in base shards. */
static void end(void *value)
{
    struct thread *thread = value;

    if (thread == &without_shards)
        return;
    if (before_end)
        before_end();
    thread_of_malloc = NULL;
    os_thread_value_set(&without_shards);
    release(thread);
}

DWORD thread_init(void)
{
    return os_thread_value_init(end);
}

static struct thread *begin(void)
{
    struct thread *thread = page_pool_allocate(sizeof(*thread));

    if (!thread) {
        os_thread_value_set(&without_shards);
        return &without_shards;
    }
    profile_begin_thread(&thread->profile, &thread->countdown);
    list_add(thread);
    /* Setting the value may allocate. That event is lost, because the thread is marked as busy. */
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    os_thread_value_set(thread);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    return thread;
}

struct thread *thread_ensure(void)
{
    struct thread *thread = os_thread_value();

    return thread ? thread : begin();
}

void thread_lock(void)
{
    spin_lock_acquire(&threads.lock);
}

void thread_unlock(void)
{
    spin_lock_release(&threads.lock);
}

void thread_fork(void)
{
    struct thread *self = thread_current();

    for (struct thread *thread = threads.first, *next; thread; thread = next) {
        next = thread->next;
        if (thread != self)
            release(thread);
    }
    if (!self)
        return;
    self->last_look = 0;
    profile_begin_thread(&self->profile, &self->countdown);
}

void thread_forget(void)
{
    memset(&threads, 0, sizeof(threads));
    thread_of_malloc = NULL;
    os_thread_value_set(NULL);
}
