/* SPDX-License-Identifier: MIT
 *
 * The order of all locks of the tracker, and what happens around a fork: see fork.h.
 */
#include "fork.h"

#include "address_map.h"
#include "call_sites.h"
#include "heap_figures.h"
#include "heap_slot.h"
#include "os_thread.h"
#include "page_pool.h"
#include "profile.h"
#include "region_writer.h"
#include "shard_block.h"
#include "thread.h"
#include "tracked_heap.h"

/* ---- the order of locks ---------------------------------------------------------------- */

static void lock_shards(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->shard_lock);
}

static void unlock_shards(struct tracked_heap *heap)
{
    spin_lock_release(&heap->shard_lock);
}

static void lock_map(struct tracked_heap *heap)
{
    address_map_lock_all(&heap->map);
}

static void unlock_map(struct tracked_heap *heap)
{
    address_map_unlock_all(&heap->map);
}

static void lock_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
}

static void unlock_base(struct tracked_heap *heap)
{
    spin_lock_release(&heap->base_lock);
}

/* A thread that holds a lock takes only locks that come later here. */
static void lock_all(void)
{
    heap_slot_lock();
    heap_slot_each(lock_shards);
    thread_lock();
    shard_block_lock();
    heap_slot_each(lock_map);
    address_map_lock_kept();
    region_writer_lock();
    call_sites_lock();
    page_pool_lock();
    heap_slot_each(lock_base);
    profile_lock();
}

static void unlock_all(void)
{
    profile_unlock();
    heap_slot_each(unlock_base);
    page_pool_unlock();
    call_sites_unlock();
    region_writer_unlock();
    address_map_unlock_kept();
    heap_slot_each(unlock_map);
    shard_block_unlock();
    thread_unlock();
    heap_slot_each(unlock_shards);
    heap_slot_unlock();
}

/* ---- the three handlers ---------------------------------------------------------------- */

static void set_forking(bool is_forking)
{
    struct thread *thread = thread_current();

    if (thread) /* a signal handler that interrupted an event or the allocator may fork */
        atomic_store_explicit(&thread->flags,
                              (thread->flags & (THREAD_IS_BUSY | THREAD_IS_ALLOCATING)) |
                                  (is_forking ? THREAD_IS_FORKING : 0),
                              memory_order_relaxed);
}

/* This is a child of fork that has not had an event yet: no handle is valid. */
static bool is_unfinished;

/* The locks are taken for a fork. In a process with one thread there is nothing to wait for, and each page
   that a lock is in would be copied. */
static bool has_locks;

static void lock_for_fork(void)
{
    if (*os_thread_is_single)
        return;
    lock_all();
    has_locks = true;
}

static void unlock_after_fork(void)
{
    if (!has_locks)
        return;
    has_locks = false;
    unlock_all();
}

/* The fork is in a signal handler that interrupted an event of the forking thread. */
static bool is_interrupted;

static void prepare(void)
{
    if (is_unfinished)
        return;
    const uint32_t flags = atomic_load_explicit(&thread_ensure()->flags, memory_order_relaxed);
    heap_figures_before_fork();
    lock_for_fork();
    const bool interrupts = (flags & (THREAD_IS_BUSY | THREAD_IS_ALLOCATING)) != 0;
    if (is_interrupted !=
        interrupts) /* the same value is not stored again: see heap_figures_before_fork */
        is_interrupted = interrupts;
    set_forking(true);
}

static void in_parent(void)
{
    if (is_unfinished)
        return;
    set_forking(false);
    unlock_after_fork();
}

/* Make a region for the child. */
static void finish(void)
{
    page_pool_prepare();
    is_unfinished = false;
    set_forking(false);
    profile_fork();
    unlock_after_fork();
    if (!region_writer_remake(true)) {
        tracked_heap_forget_all();
        return;
    }
    heap_slot_fork();
    thread_fork();
    tracked_heap_fork();
    heap_figures_fork();
}

/* Most children call exec or _exit at once. So the region is made with the first event, which finds that its
   handle is not valid (fork_finish). Until then the child has its parent's mappings, without their locks, and
   does not touch them: only the rest of an event that the fork interrupted would do so. */
static void in_child(void)
{
    if (tracked_heap_is_own())
        return; /* an event of another fork handler has done it */
    is_unfinished = true;
    if (is_interrupted) {
        region_writer_leave_parent();
        profile_leave_parent();
    }
    if (!thread_current() || !tracked_heap_has_any())
        finish();
}

/* Before a thread ends, which may need the locks. */
static void before_thread_end(void)
{
    fork_finish();
}

void fork_watch(void)
{
    static _Atomic uint32_t is_watched;

    if (atomic_exchange(&is_watched, 1) == 0) {
        thread_before_end(before_thread_end);
        os_thread_watch_fork(prepare, in_parent, in_child);
    }
}

/* All locks are taken as for a fork, because no event may count meanwhile. */
void fork_publish_again(void)
{
    static _Atomic uint32_t is_busy;
    struct thread *thread = thread_current();

    if (!thread || atomic_load_explicit(&thread->flags, memory_order_relaxed) != 0)
        return;
    const bool has_lost_region = region_writer_is_lost(), has_lost_profile = profile_is_lost();
    if ((!has_lost_region && !has_lost_profile) || atomic_exchange(&is_busy, 1))
        return;
    /* An event of a signal handler is lost meanwhile: it would wait for locks that this thread
       holds. */
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    lock_all();
    if (heap_slot_is_alive() && has_lost_region && region_writer_remake(false))
        tracked_heap_rewrite();
    if (heap_slot_is_alive() && has_lost_profile)
        profile_remake();
    unlock_all();
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    atomic_store(&is_busy, 0);
}

/* ---- events of a thread that forks ------------------------------------------------------ */

bool fork_finish(void)
{
    struct thread *thread = thread_current();

    if (!thread)
        return false;
    const uint32_t flags = atomic_load_explicit(&thread->flags, memory_order_relaxed);
    if (flags & THREAD_IS_BUSY)
        return false; /* the rest of the event that was interrupted comes first */
    if (!(flags & THREAD_IS_FORKING) && !is_unfinished) /* that event may have cleared the flag */
        return false;
    if (tracked_heap_is_own())
        return false;
    finish();
    return true;
}

struct thread *fork_enter(struct thread *thread)
{
    uint32_t flags = atomic_load_explicit(&thread->flags, memory_order_relaxed);

    if (flags & THREAD_IS_BUSY)
        return NULL;
    if (flags & THREAD_IS_FORKING) {
        if (tracked_heap_is_own()) {
            unlock_after_fork();
            flags = THREAD_RELOCK;
        } else {
            finish();
            flags = 0;
        }
        atomic_store_explicit(&thread->flags, flags | THREAD_IS_BUSY, memory_order_relaxed);
    } else if (flags & THREAD_IS_ALLOCATING) {
        atomic_store_explicit(&thread->flags, flags | THREAD_IS_BUSY, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
    }
    return thread;
}

void fork_leave(struct thread *thread)
{
    const uint32_t flags = atomic_load_explicit(&thread->flags, memory_order_relaxed);

    if (flags & THREAD_IS_FORKING) { /* a signal handler forked meanwhile, and this is the child */
        atomic_store_explicit(&thread->flags, THREAD_IS_FORKING, memory_order_relaxed);
    } else if (flags & THREAD_RELOCK) {
        atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
        lock_for_fork();
        set_forking(true);
    } else if (flags & THREAD_IS_ALLOCATING) {
        atomic_store_explicit(&thread->flags, THREAD_IS_ALLOCATING, memory_order_relaxed);
    }
}
