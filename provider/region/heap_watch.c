/* SPDX-License-Identifier: MIT
 *
 * Watches, and reading heaps: see heap_watch.h and region.h. For a watched heap, only its one shard
 * is read again; the other totals were read when the watch began.
 */
#include "heap_watch.h"

#include <stdlib.h>

#define READ_TRIES 3 /* a heap may get a segment during each of them; then it is not shown */

/* The sum that a heap has which is not watched: it is not the one of these totals. */
#define NOT_WATCHED UINT64_MAX
static const _Atomic uint64_t always_changed[TOTAL_COUNT];

/* The number of a shard's events. None of the three counts falls, so the sum is the same only if each of
   them is. */
static inline uint64_t sum_of_counts(const _Atomic uint64_t totals[])
{
    return atomic_load_explicit(&totals[TOTAL_ALLOCATION_COUNT], memory_order_acquire) +
           atomic_load_explicit(&totals[TOTAL_FREE_COUNT], memory_order_acquire) +
           atomic_load_explicit(&totals[TOTAL_REALLOCATION_COUNT], memory_order_acquire);
}

/* ---- watches ------------------------------------------------------------------------- */

struct heap_watch *heap_watches_new(size_t count)
{
    struct heap_watch *watches = malloc((count + HEAP_WATCHES_AHEAD) * sizeof(*watches));

    for (size_t i = 0; watches && i < count + HEAP_WATCHES_AHEAD; i++)
        heap_watch_end(&watches[i]);
    return watches;
}

void heap_watch_end(struct heap_watch *watch)
{
    watch->totals = always_changed;
    watch->events = NOT_WATCHED;
}

void heap_watches_end(struct heap_watch *watches, const struct cached_region *region)
{
    for (size_t i = 0; i < region->heap_capacity; i++)
        if (region->heaps[i] && region->heaps[i]->is_shown)
            heap_watch_end(&watches[region->heaps[i]->shown_index]);
}

/* Prefetch a heap that has changed and is read next. */
static void fetch_heap(const struct cached_heap *heap)
{
    const char *at = (const char *)heap;

    for (size_t i = 0; i < CACHED_HEAP_READ_SIZE; i += 64)
        __builtin_prefetch(at + i);
    __builtin_prefetch(at + CACHED_HEAP_READ_SIZE - 1);
}

size_t heap_watches_changed(const struct heap_watch *watches, struct cached_heap *const shown[],
                            size_t count, size_t *from, size_t indexes[], size_t capacity)
{
    size_t found = 0, i = *from;

    for (; i < count && found < capacity; i++) {
        __builtin_prefetch((const void *)watches[i + HEAP_WATCHES_AHEAD].totals);
        if (sum_of_counts(watches[i].totals) == watches[i].events)
            continue;
        fetch_heap(shown[i]);
        indexes[found++] = i;
    }
    *from = i;
    for (size_t n = 0; n < found; n++) {
        const struct heap_watch *watch = &watches[indexes[n]];
        if (watch->events != NOT_WATCHED)
            __builtin_prefetch(shown[indexes[n]]->shard); /* its totals have just been read */
    }
    return found;
}

/* ---- reads --------------------------------------------------------------------------- */

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The later of two values of a total that only grows, modulo 2 to the 64. */
static uint64_t later(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0 ? b : a;
}

#define HOLD(rule, field) held->field = rule(now->field, held->field)

/* Totals and marks only grow, whatever a publisher does. These are the ones in shards. */
static void hold_shards(struct heap_totals *held, const struct heap_totals *now)
{
    HOLD(later, allocation_count);
    HOLD(later, free_count);
    HOLD(later, reallocation_count);
    HOLD(later, allocated_bytes);
    HOLD(later, usable_bytes);
    HOLD(later, freed_bytes);
    HOLD(later, requested_bytes);
    HOLD(later, reallocated_bytes);
    HOLD(larger, peak_bytes);
    HOLD(larger, peak_blocks);
    HOLD(larger, largest_bytes);
    HOLD(larger, excess_free_count);
    heap_totals_settle(held);
}

/* The same for all others. */
static void hold_all(struct heap_totals *held, const struct heap_totals *now)
{
    hold_shards(held, now);
    HOLD(later, failure_count);
    HOLD(later, unmatched_count);
    HOLD(later, lost_count);
    held->reserved_bytes = now->reserved_bytes;
    held->committed_bytes = now->committed_bytes;
    held->figures = now->figures;
}

#undef HOLD

static uint64_t change_count(const struct cached_region *region)
{
    return atomic_load_explicit(&region_view_header(&region->view)->change_count,
                                memory_order_acquire);
}

/* Read a watched heap. Returns false if it is not watched, or not any more. */
static bool read_watched(struct cached_heap *heap, struct heap_watch *watch)
{
    struct heap_totals now; /* the part that its shards have */

    if (watch->events == NOT_WATCHED)
        return false;
    uint64_t events = sum_of_counts(watch->totals);
    heap_totals_of_shard(heap->shard, &now);
    if (change_count(heap->region) != heap->region->change_count)
        return false;
    hold_shards(&heap->last, &now);
    watch->events = events;
    return true;
}

/* Begin to watch a heap that has one shard and counts nowhere else, before it is read. Any other one
   stays as it is: not watched. */
static void watch_shard(struct cached_heap *heap, struct heap_watch *watch)
{
    struct region_view *view = &heap->region->view;
    const struct region_heap *shared = region_view_heap(view, heap->record);
    uint32_t first = atomic_load_explicit(&shared->first_shard, memory_order_acquire);

    heap->shard = region_view_shard(view, first - 1); /* NULL if there is none yet */
    if (!heap->shard || atomic_load_explicit(&heap->shard->next, memory_order_relaxed) != 0 ||
        atomic_load_explicit(&shared->has_base_shard, memory_order_relaxed) != 0)
        return;
    watch->totals = heap->shard->totals;
    watch->events = sum_of_counts(watch->totals);
}

DWORD heap_watch_follow(struct cached_region *region, struct heap_watch *watches)
{
    const unsigned char *memory = region->view.mapping.memory;
    DWORD error = region_view_follow(&region->view, region->directory, region->name);

    if (region->view.mapping.memory != memory)
        heap_watches_end(watches, region);
    return error;
}

DWORD heap_watch_read(struct cached_heap *heap, struct heap_watch *watches)
{
    struct heap_watch *watch = &watches[heap->shown_index];
    struct cached_region *region = heap->region;
    struct region_view *view = &region->view;
    struct heap_totals now;

    if (read_watched(heap, watch))
        return region_view_is_whole(view) ? ERROR_SUCCESS : ERROR_NOT_FOUND;

    heap_watch_end(watch);
    view->shard_visits += heap->visits;
    heap->visits = 0;
    for (int tries = 0; tries < READ_TRIES; tries++) {
        uint64_t visits = view->shard_visits;
        watch_shard(heap, watch);
        bool is_read = heap_totals_read(region_view_heap(view, heap->record), heap->number,
                                        region_view_shard, view, UINT32_MAX, &now);
        heap->visits += visits - view->shard_visits;
        if (!is_read || change_count(region) != region->change_count)
            heap_watch_end(watch);
        if (is_read) {
            if (!region_view_is_whole(view))
                return ERROR_NOT_FOUND;
            hold_all(&heap->last, &now);
            heap->last.open_time = heap->open_time;
            return ERROR_SUCCESS;
        }
        /* A shard may be in a segment that was added after the refresh. */
        if (heap_watch_follow(region, watches))
            break;
    }
    return ERROR_NOT_FOUND;
}
