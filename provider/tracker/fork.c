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

/* How long a fork waits for locks. Another thread holds one for some microseconds, or for some milliseconds if it
   loses its processor. The forking thread holds one only in a signal handler, and then no waiting helps;
   chosen. */
#define PATIENCE_IN_EVENT_MS 20
#define PATIENCE_MS 1000

/* ---- the order of locks ---------------------------------------------------------------- */

static void lock_shards(struct tracked_heap *heap, struct spin_lock_round *round)
{
    spin_lock_acquire_for_fork(&heap->shard_lock, round);
}

static void unlock_shards(struct tracked_heap *heap, struct spin_lock_round *round)
{
    spin_lock_release_after_fork(&heap->shard_lock, round);
}

static void lock_map(struct tracked_heap *heap, struct spin_lock_round *round)
{
    address_map_lock_all(&heap->map, round);
}

static void unlock_map(struct tracked_heap *heap, struct spin_lock_round *round)
{
    address_map_unlock_all(&heap->map, round);
}

static void lock_base(struct tracked_heap *heap, struct spin_lock_round *round)
{
    spin_lock_acquire_for_fork(&heap->base_lock, round);
}

static void unlock_base(struct tracked_heap *heap, struct spin_lock_round *round)
{
    spin_lock_release_after_fork(&heap->base_lock, round);
}

/* A thread that holds a lock takes only locks that come later here. Returns whether no lock was left out: this
   thread may hold one, if a signal handler forks. */
static bool lock_all(struct spin_lock_round *round, uint32_t patience_ms)
{
    *round = (struct spin_lock_round){ .patience_ms = patience_ms };
    heap_slot_lock_for_fork(round);
    heap_slot_each_lock(lock_shards, round);
    thread_lock(round);
    shard_block_lock(round);
    heap_slot_each_lock(lock_map, round);
    address_map_lock_kept(round);
    region_writer_lock(round);
    call_sites_lock(round);
    page_pool_lock(round);
    heap_slot_each_lock(lock_base, round);
    profile_lock(round);
    return round->left_out_count == 0;
}

/* Release the locks that lock_all has taken. */
static void unlock_all(struct spin_lock_round *round)
{
    profile_unlock(round);
    heap_slot_each_lock(unlock_base, round);
    page_pool_unlock(round);
    call_sites_unlock(round);
    region_writer_unlock(round);
    address_map_unlock_kept(round);
    heap_slot_each_lock(unlock_map, round);
    shard_block_unlock(round);
    thread_unlock(round);
    heap_slot_each_lock(unlock_shards, round);
    heap_slot_unlock_after_fork(round);
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
static struct spin_lock_round fork_round; /* of those locks */

/* A lock was left out. If the forking thread holds it, the event that the fork interrupted releases it in the child
   as well. If another thread holds it, what the lock protects may be half changed in the child. */
static bool is_incomplete;

/* Store a flag only if it changes: a page that is written to between two forks is copied. */
static void set_flag(bool *flag, bool value)
{
    if (*flag != value)
        *flag = value;
}

/* The thread that publishes again and holds all locks, or waits for them. */
static struct thread *_Atomic publisher;

static void lock_for_fork(uint32_t patience_ms)
{
    const bool is_single = *os_thread_is_single != 0;
    const struct thread *thread = thread_current();

    if (thread && atomic_load(&publisher) == thread) {
        set_flag(&is_incomplete, true);
        return;
    }
    struct spin_lock_round round;
    const bool is_complete = is_single || lock_all(&round, patience_ms);
    set_flag(&is_incomplete, !is_complete);
    if (is_single)
        return;
    fork_round = round; /* not before: another thread may be forking */
    has_locks = true;
}

static void unlock_after_fork(void)
{
    if (!has_locks)
        return;
    struct spin_lock_round round = fork_round;
    has_locks = false;
    unlock_all(&round);
}

/* The fork is in a signal handler that interrupted an event of the forking thread. */
static bool is_interrupted;

static void prepare(void)
{
    if (is_unfinished)
        return;
    const uint32_t flags = atomic_load_explicit(&thread_ensure()->flags, memory_order_relaxed);
    const bool interrupts = (flags & (THREAD_IS_BUSY | THREAD_IS_ALLOCATING)) != 0;
    heap_figures_before_fork();
    lock_for_fork(interrupts ? PATIENCE_IN_EVENT_MS : PATIENCE_MS);
    set_flag(&is_interrupted, interrupts);
    set_forking(true);
}

static void in_parent(void)
{
    if (is_unfinished)
        return;
    set_forking(false);
    unlock_after_fork();
}

/* Whether what the locks protect is whole in the child, whose interrupted event has ended. */
static bool is_whole(void)
{
    const bool has_taken_held = spin_lock_end_alone();
    struct spin_lock_round round;

    if (!is_incomplete)
        return true;
    is_incomplete = false;
    const bool are_free = lock_all(&round, 0);
    unlock_all(&round);
    return are_free && !has_taken_held;
}

/* Make a region for the child. */
static void finish(void)
{
    page_pool_prepare();
    is_unfinished = false;
    set_forking(false);
    unlock_after_fork();
    const bool has_heaps = is_whole();
    profile_fork();
    if (!has_heaps || !region_writer_remake(true)) {
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
   does not touch them: only the rest of an event that the fork interrupted would do so. That event must not wait
   for locks either. */
static void in_child(void)
{
    if (tracked_heap_is_own())
        return; /* an event of another fork handler has done it */
    is_unfinished = true;
    if (is_interrupted || is_incomplete) {
        region_writer_leave_parent();
        profile_leave_parent();
        unlock_after_fork();
        spin_lock_begin_alone();
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
    struct spin_lock_round round;

    if (!thread || atomic_load_explicit(&thread->flags, memory_order_relaxed) != 0)
        return;
    const bool has_lost_region = region_writer_is_lost(), has_lost_profile = profile_is_lost();
    if ((!has_lost_region && !has_lost_profile) || atomic_exchange(&is_busy, 1))
        return;
    /* An event of a signal handler is lost meanwhile: it would wait for locks that this thread
       holds. */
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store(&publisher, thread);
    const bool is_complete = lock_all(&round, PATIENCE_MS);
    if (is_complete && heap_slot_is_alive() && has_lost_region && region_writer_remake(false))
        tracked_heap_rewrite();
    if (is_complete && heap_slot_is_alive() && has_lost_profile)
        profile_remake();
    unlock_all(&round);
    atomic_store(&publisher, NULL);
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
        lock_for_fork(PATIENCE_MS);
        set_forking(true);
    } else if (flags & THREAD_IS_ALLOCATING) {
        atomic_store_explicit(&thread->flags, THREAD_IS_ALLOCATING, memory_order_relaxed);
    }
}
