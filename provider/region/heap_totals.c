/* SPDX-License-Identifier: MIT
 *
 * Reading a heap record and its shards: see heap_totals.h and the introduction of region.h. The
 * region may be another user's, so its counts and links are checked.
 */
#include "heap_totals.h"

/* A read that a writer does not disturb takes some nanoseconds, so this is more than enough. A
   writer that always disturbs it takes no more of a reader's time. */
#define READ_TRIES 64

static uint64_t load(const struct region_shard *shard, enum region_total total)
{
    return atomic_load_explicit(&shard->totals[total], memory_order_acquire);
}

/* The order of reading: each count before what an event stores before it, and the freed totals before the
   others. */
static const enum region_total reading_order[] = {
    TOTAL_FREE_COUNT,   TOTAL_FREED_BYTES,     TOTAL_ALLOCATION_COUNT,  TOTAL_REALLOCATION_COUNT,
    TOTAL_USABLE_BYTES, TOTAL_REQUESTED_BYTES, TOTAL_REALLOCATED_BYTES, TOTAL_GROWN_BYTES,
};
static_assert(sizeof(reading_order) / sizeof(*reading_order) == TOTAL_COUNT, "reading_order");

/* If no count changed meanwhile, all totals are those of one moment, except for the bytes of an
   event that is being counted. Otherwise the figures for memory in use may be too high, but
   never too low. */
void heap_totals_read_shard(const struct region_shard *shard, struct shard_totals *totals)
{
    uint64_t *read = totals->totals;

    *totals = (struct shard_totals){ 0 };
    for (int tries = 0; tries < READ_TRIES; tries++) {
        for (int i = 0; i < TOTAL_COUNT; i++)
            read[reading_order[i]] = load(shard, reading_order[i]);
        if (load(shard, TOTAL_FREE_COUNT) == read[TOTAL_FREE_COUNT] &&
            load(shard, TOTAL_ALLOCATION_COUNT) == read[TOTAL_ALLOCATION_COUNT] &&
            load(shard, TOTAL_REALLOCATION_COUNT) == read[TOTAL_REALLOCATION_COUNT])
            return;
    }
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_marks(const struct region_shard *shard, struct heap_totals *sum)
{
    sum->peak_bytes =
        larger(sum->peak_bytes, atomic_load_explicit(&shard->peak_bytes, memory_order_relaxed));
    sum->peak_blocks =
        larger(sum->peak_blocks, atomic_load_explicit(&shard->peak_blocks, memory_order_relaxed));
    sum->largest_bytes = larger(sum->largest_bytes,
                                atomic_load_explicit(&shard->largest_bytes, memory_order_relaxed));
}

static void add_freed(const struct shard_totals *shard, struct heap_totals *sum)
{
    sum->free_count += shard->totals[TOTAL_FREE_COUNT];
    sum->freed_bytes += shard->totals[TOTAL_FREED_BYTES];
}

static void add_allocated(const struct shard_totals *shard, struct heap_totals *sum)
{
    sum->allocation_count += shard->totals[TOTAL_ALLOCATION_COUNT];
    sum->reallocation_count += shard->totals[TOTAL_REALLOCATION_COUNT];
    sum->allocated_bytes += shard->totals[TOTAL_REQUESTED_BYTES] + shard->totals[TOTAL_GROWN_BYTES];
    sum->usable_bytes += shard->totals[TOTAL_USABLE_BYTES];
    sum->requested_bytes += shard->totals[TOTAL_REQUESTED_BYTES];
    sum->reallocated_bytes += shard->totals[TOTAL_REALLOCATED_BYTES];
}

/* How shards are found, and the most that a heap can have. */
struct shard_source {
    region_shard_find *find;
    void *context;
    uint32_t limit;
};

/* Make one pass over all shards, adding the freed totals or the allocated ones. */
static bool add_shards(const struct region_heap *heap, uint64_t identity,
                       const struct shard_source *source, bool freed, struct heap_totals *sum)
{
    uint32_t at = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    struct shard_totals totals;

    if (atomic_load_explicit(&heap->has_base_shard, memory_order_acquire)) {
        heap_totals_read_shard(&heap->base, &totals);
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(&heap->base, sum);
    }
    for (uint32_t visited = 0; at != 0; visited++) {
        const struct region_shard *shard = source->find(source->context, at - 1);
        if (!shard || visited >= source->limit ||
            atomic_load_explicit(&shard->heap, memory_order_acquire) != identity)
            return false;
        heap_totals_read_shard(shard, &totals);
        at = atomic_load_explicit(&shard->next, memory_order_relaxed);
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(shard, sum);
    }
    return true;
}

/* A heap without a table of its blocks counts every free. It never saw the allocation of some blocks, for
   example of those allocated before the library was ready or by a library of dlmopen. Otherwise only a
   dishonest publisher writes totals that contradict each other. Totals wrap around, but the bytes in use
   are less than 2 to the 63. */
void heap_totals_settle(struct heap_totals *sum)
{
    if ((int64_t)(sum->allocation_count - sum->free_count) < 0) {
        sum->excess_free_count = sum->free_count - sum->allocation_count;
        sum->free_count = sum->allocation_count;
    }
    sum->in_use_bytes = sum->usable_bytes - sum->freed_bytes;
    if ((int64_t)sum->in_use_bytes < 0)
        sum->in_use_bytes = 0;
    sum->peak_bytes = larger(sum->peak_bytes, sum->in_use_bytes);
    sum->peak_blocks = larger(sum->peak_blocks, sum->allocation_count - sum->free_count);
}

void heap_totals_of_shard(const struct region_shard *shard, struct heap_totals *statistics)
{
    struct shard_totals read;
    struct heap_totals sum = { 0 };

    heap_totals_read_shard(shard, &read);
    add_freed(&read, &sum);
    add_allocated(&read, &sum);
    add_marks(shard, &sum);
    heap_totals_settle(&sum);
    statistics->allocation_count = sum.allocation_count;
    statistics->free_count = sum.free_count;
    statistics->reallocation_count = sum.reallocation_count;
    statistics->allocated_bytes = sum.allocated_bytes;
    statistics->usable_bytes = sum.usable_bytes;
    statistics->in_use_bytes = sum.in_use_bytes;
    statistics->freed_bytes = sum.freed_bytes;
    statistics->requested_bytes = sum.requested_bytes;
    statistics->reallocated_bytes = sum.reallocated_bytes;
    statistics->peak_bytes = sum.peak_bytes;
    statistics->peak_blocks = sum.peak_blocks;
    statistics->largest_bytes = sum.largest_bytes;
    statistics->excess_free_count = sum.excess_free_count;
}

/* Most heaps have one shard. If it is still the only one after the read, no other shard
   contributed to the totals. */
static bool read_single_shard(const struct region_heap *heap, uint64_t identity,
                              region_shard_find *find, void *context, struct heap_totals *sum)
{
    uint32_t first = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    const struct region_shard *shard = first ? find(context, first - 1) : NULL;

    if (!shard || atomic_load_explicit(&shard->next, memory_order_relaxed) != 0 ||
        atomic_load_explicit(&shard->heap, memory_order_acquire) != identity)
        return false;
    heap_totals_of_shard(shard, sum);
    return atomic_load_explicit(&heap->first_shard, memory_order_relaxed) == first &&
           atomic_load_explicit(&heap->has_base_shard, memory_order_relaxed) == 0;
}

void heap_totals_read_figures(const struct region_heap *heap, struct heap_figures *figures)
{
    const struct region_figures *shared = &heap->figures;

    for (int tries = 0; tries < READ_TRIES; tries++) {
        struct heap_figures read = { 0 };
        const uint64_t version = atomic_load_explicit(&shared->version, memory_order_acquire);

        if (version == 0)
            break;
        read.time = atomic_load_explicit(&shared->time, memory_order_acquire);
        read.duration = atomic_load_explicit(&shared->duration, memory_order_acquire);
        read.live_bytes = atomic_load_explicit(&shared->live_bytes, memory_order_acquire);
        read.event_count = atomic_load_explicit(&shared->event_count, memory_order_acquire);
        read.allocator = atomic_load_explicit(&shared->allocator, memory_order_acquire);
        read.known = atomic_load_explicit(&shared->known, memory_order_acquire);
        read.computed = atomic_load_explicit(&shared->computed, memory_order_acquire);
        read.tracker_bytes = atomic_load_explicit(&shared->tracker_bytes, memory_order_acquire);
        for (int i = 0; i < FIGURE_COUNT; i++)
            read.values[i] = atomic_load_explicit(&shared->values[i], memory_order_acquire);
        if (version % 2 || atomic_load_explicit(&shared->version, memory_order_acquire) != version)
            continue;
        bool is_sound = read.allocator > ALLOCATOR_UNKNOWN && read.allocator < ALLOCATOR_COUNT;
        for (int i = 0; i < FIGURE_COUNT; i++) {
            is_sound = is_sound && read.values[i] <= HEAP_FIGURE_LIMIT;
            if (!(read.known & 1u << i))
                read.values[i] = 0;
        }
        if (!is_sound)
            break;
        read.known &= (1u << FIGURE_COUNT) - 1;
        read.computed &= read.known;
        *figures = read;
        return;
    }
    *figures = (struct heap_figures){ 0 };
}

bool heap_totals_read(const struct region_heap *heap, uint64_t identity, region_shard_find *find,
                      void *context, uint32_t limit, struct heap_totals *statistics)
{
    const struct shard_source source = { find, context, limit };
    struct heap_totals sum = { 0 };

    if (atomic_load_explicit(&heap->identity, memory_order_acquire) != identity)
        return false;
    if (!read_single_shard(heap, identity, find, context, &sum)) {
        sum = (struct heap_totals){ 0 };
        if (!add_shards(heap, identity, &source, true, &sum) ||
            !add_shards(heap, identity, &source, false, &sum))
            return false;
    }

    sum.open_time = atomic_load_explicit(&heap->open_time, memory_order_relaxed);
    sum.reserved_bytes = atomic_load_explicit(&heap->reserved_bytes, memory_order_relaxed);
    sum.committed_bytes = atomic_load_explicit(&heap->committed_bytes, memory_order_relaxed);
    sum.failure_count = atomic_load_explicit(&heap->failure_count, memory_order_relaxed);
    sum.unmatched_count = atomic_load_explicit(&heap->unmatched_count, memory_order_relaxed);
    heap_totals_read_figures(heap, &sum.figures);
    sum.lost_count = atomic_load_explicit(&heap->lost_count, memory_order_acquire);
    if (atomic_load_explicit(&heap->identity, memory_order_relaxed) != identity)
        return false;

    heap_totals_settle(&sum);
    *statistics = sum;
    return true;
}
