/* SPDX-License-Identifier: MIT
 *
 * Asking allocators for their figures: see heap_figures.h.
 */
#include "heap_figures.h"

#include "allocator_call.h"
#include "heap_slot.h"
#include "os.h"
#include "os_thread.h"
#include "page_pool.h"
#include "region_writer.h"

/* All of these are chosen; heap_figures.h says what the first one promises. */
#define TIMES_DURATION 1000u      /* the least time between two refreshes, in durations of one */
#define TIMES_DURATION_ASKED 10u  /* the same if a reader asks */
#define KEPT_S 300u               /* seconds for which free bytes by arena are kept */
#define SLOW_LOOKS_PER_SECOND 50u /* a thread that looks less often looks after SLOW_PIECE */
#define SLOW_PIECE 1024u          /* bytes */

static struct {
    _Atomic uint32_t is_busy; /* a thread asks */
    _Atomic uint32_t
        is_forbidden; /* the process confines itself, or is a child of several threads */
    _Atomic uint64_t next_time, next_asked_time; /* os_clock_ticks; 0: not known yet */
    _Atomic uint64_t request;                    /* the last one that was answered */
    uint64_t thorough_time; /* when free bytes by arena were known; used by the thread that asks */
    _Atomic uint32_t process_id;
    _Atomic bool was_single_threaded; /* before a fork; threads can fork at the same time */
} figures;

void heap_figures_begin(heap_tracker handle, enum region_allocator allocator)
{
    uint32_t number;
    struct tracked_heap *heap = heap_slot_find(handle, &number);

    if (!heap || allocator == ALLOCATOR_UNKNOWN)
        return;
    atomic_store(&figures.process_id, os_process_id());
    if (atomic_load(&figures.next_time) == 0)
        atomic_store(&figures.next_time, os_clock_ticks_by_call());
    atomic_store_explicit(&heap->allocator, allocator, memory_order_release);
}

void heap_figures_note(const struct tracked_heap *heap, uintptr_t address, uint64_t size)
{
    allocator_figures_note(
        (enum region_allocator)atomic_load_explicit(&heap->allocator, memory_order_relaxed),
        address, size);
}

/* ---- the record ---------------------------------------------------------------------------- */

/* There is one writer at a time: the thread that asks, with the lock of the slots. Every store comes after
   the one that makes the version odd. */
static void write_record(struct region_figures *shared, const struct heap_figures *read)
{
    const uint64_t version = atomic_load_explicit(&shared->version, memory_order_relaxed) | 1;

#define STORE(field, value) atomic_store_explicit(&shared->field, value, memory_order_release)
    STORE(version, version);
    STORE(time, read->time);
    STORE(duration, read->duration);
    STORE(live_bytes, read->live_bytes);
    STORE(event_count, read->event_count);
    STORE(allocator, read->allocator);
    STORE(known, (uint16_t)read->known);
    STORE(computed, (uint16_t)read->computed);
    STORE(tracker_bytes, read->tracker_bytes);
    for (int i = 0; i < FIGURE_COUNT; i++)
        STORE(values[i], read->values[i]);
#undef STORE
    atomic_store_explicit(&shared->version, version + 1, memory_order_release);
}

static void keep(const struct region_figures *shared, struct heap_figures *read,
                 enum region_figure figure, uint64_t limit)
{
    const uint32_t bit = 1u << figure;
    uint64_t value;

    if (read->known & bit || !(atomic_load_explicit(&shared->known, memory_order_relaxed) & bit))
        return;
    value = atomic_load_explicit(&shared->values[figure], memory_order_relaxed);
    read->values[figure] = value < limit ? value : limit;
    read->known |= bit;
    read->computed |= bit;
}

/* glibc lists its arenas on request only. It never releases one, so their number stays known. Their free
   bytes are kept for some minutes, so that a metric does not come and go between two requests. */
static void keep_arenas(const struct region_figures *shared, struct heap_figures *read)
{
    if (read->allocator != ALLOCATOR_GLIBC)
        return;
    keep(shared, read, FIGURE_ARENAS, UINT64_MAX);
    if (read->time - figures.thorough_time <= KEPT_S * os_clock_frequency())
        keep(shared, read, FIGURE_ELSEWHERE, read->values[FIGURE_FREE]);
}

static void publish(struct tracked_heap *heap, uint32_t number, struct heap_figures *read)
{
    heap_slot_lock();
    if (atomic_load_explicit(&heap->number, memory_order_relaxed) == number) {
        keep_arenas(&heap->shared->figures, read);
        write_record(&heap->shared->figures, read);
        region_writer_changed();
    }
    heap_slot_unlock();
}

/* ---- asking -------------------------------------------------------------------------------- */

static void ask(struct tracked_heap *heap, enum region_allocator allocator, bool is_thorough)
{
    const uint32_t number = atomic_load_explicit(&heap->number, memory_order_acquire);
    const uint32_t flags = atomic_load_explicit(&heap->flags, memory_order_relaxed);
    struct heap_figures read;
    struct heap_totals now;

    const uint64_t begin = os_clock_ticks();
    allocator_figures_ask(allocator, is_thorough, &read);
    const uint64_t end = os_clock_ticks(), duration = end - begin;
    if (number && heap_totals_read(heap->shared, number, region_writer_shard, heap->store,
                                   UINT32_MAX, &now)) {
        allocator_figures_complete(&read, now.in_use_bytes, now.allocation_count - now.free_count,
                                   (flags & HEAP_HAS_NO_TABLE) != 0);
        if (read.known & 1u << FIGURE_ELSEWHERE)
            figures.thorough_time = begin;
        read.time = begin;
        read.duration = duration;
        read.tracker_bytes = page_pool_held();
        read.live_bytes = now.in_use_bytes;
        read.event_count = now.allocation_count + now.free_count + now.reallocation_count;
        publish(heap, number, &read);
    }
    const uint64_t second = os_clock_frequency();
    const uint64_t pause = duration * TIMES_DURATION;
    atomic_store(&figures.next_time, end + (pause > second ? pause : second));
    atomic_store(&figures.next_asked_time, end + duration * TIMES_DURATION_ASKED);
}

/* A child of vfork has its parent's memory: it is not asked for. */
static bool may_ask(void)
{
    return !allocator_call_is_running() &&
           !atomic_load_explicit(&figures.is_forbidden, memory_order_relaxed) &&
           heap_slot_is_alive() && atomic_load(&figures.process_id) == os_process_id();
}

void heap_figures_look(struct tracked_heap *heap, struct thread *thread)
{
    const uint32_t allocator = atomic_load_explicit(&heap->allocator, memory_order_acquire);

    if (allocator == ALLOCATOR_UNKNOWN ||
        atomic_load_explicit(&thread->flags, memory_order_relaxed) != 0)
        return;
    const uint64_t request = profile_figures_request();
    const bool is_asked = request != atomic_load_explicit(&figures.request, memory_order_relaxed);
    const uint64_t now = os_clock_ticks();

    /* How often a thread looks is not known before its second look. A short process would get a private file. */
    if (thread->last_look && now - thread->last_look > os_clock_frequency() / SLOW_LOOKS_PER_SECOND)
        profile_shorten(&thread->profile, &thread->countdown, SLOW_PIECE);
    thread->last_look = now;
    if (now < atomic_load_explicit(is_asked ? &figures.next_asked_time : &figures.next_time,
                                   memory_order_relaxed) ||
        !may_ask() || atomic_exchange(&figures.is_busy, 1))
        return;
    atomic_store_explicit(&thread->flags, THREAD_IS_BUSY | THREAD_IS_ASKING, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    ask(heap, (enum region_allocator)allocator, is_asked);
    if (is_asked)
        atomic_store_explicit(&figures.request, request, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->flags, 0, memory_order_relaxed);
    atomic_store(&figures.is_busy, 0);
}

/* ---- confinement and fork ------------------------------------------------------------------ */

void heap_figures_confine(void)
{
    atomic_store(&figures.is_forbidden, 1);
}

void heap_figures_before_fork(void)
{
    const bool is_single_threaded = *os_thread_is_single != 0;

    /* The same value is not stored again: a page that is written to between two forks is copied. */
    if (atomic_load_explicit(&figures.was_single_threaded, memory_order_relaxed) !=
        is_single_threaded)
        atomic_store_explicit(&figures.was_single_threaded, is_single_threaded,
                              memory_order_relaxed);
}

/* A child of a process with several threads may call nothing that takes locks until it calls exec, and
   whether it will call exec is not known. */
void heap_figures_fork(void)
{
    if (!atomic_load_explicit(&figures.was_single_threaded, memory_order_relaxed))
        atomic_store(&figures.is_forbidden, 1);
    atomic_store(&figures.is_busy, 0);
    atomic_store(&figures.request, 0);
    atomic_store(&figures.process_id, os_process_id());
    atomic_store(&figures.next_asked_time, 0);
    if (atomic_load(&figures.next_time))
        atomic_store(&figures.next_time, os_clock_ticks_by_call() + os_clock_frequency());
}
