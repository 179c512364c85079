/* SPDX-License-Identifier: MIT
 *
 * Reading a heap record and its shards: see heap_totals.h and the introduction of region.h. The
 * region may be another user's, so neither counts nor links are trusted.
 */
#include "heap_totals.h"

#define READ_TRIES 1000

/* Reads one copy if it is complete and is not written meanwhile. */
static bool copy_read(const struct region_copy *copy, uint64_t sequence,
                      struct shard_totals *totals)
{
    struct shard_totals read;

    for (int i = 0; i < TOTAL_COUNT; i++)
        read.totals[i] = atomic_load_explicit(&copy->totals[i], memory_order_acquire);
    if (atomic_load_explicit(&copy->sequence, memory_order_relaxed) != sequence)
        return false;
    *totals = read;
    return true;
}

bool heap_totals_read_shard(const struct region_shard *shard, struct shard_totals *totals)
{
    for (int tries = 0; tries < READ_TRIES; tries++) {
        uint64_t even = atomic_load_explicit(&shard->copies[0].sequence, memory_order_acquire);
        uint64_t odd = atomic_load_explicit(&shard->copies[1].sequence, memory_order_acquire);
        /* The newer copy if it is complete, otherwise the older one. */
        bool take_odd = odd > even ? !(odd & 1) : (even & 1);
        uint64_t sequence = take_odd ? odd : even;
        if (!(sequence & 1) && copy_read(&shard->copies[take_odd], sequence, totals))
            return true;
    }
    return false;
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
    sum->allocated_bytes += shard->totals[TOTAL_ALLOCATED_BYTES];
    sum->requested_bytes += shard->totals[TOTAL_REQUESTED_BYTES];
    sum->reallocated_bytes += shard->totals[TOTAL_REALLOCATED_BYTES];
}

/* How shards are found, and how many a heap can have. */
struct shard_source {
    region_shard_find *find;
    void *context;
    uint32_t limit;
};

/* One pass over all shards, adding what was freed or what was allocated. */
static bool add_shards(const struct region_heap *heap, uint64_t identity,
                       const struct shard_source *source, bool freed, struct heap_totals *sum)
{
    uint32_t at = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    struct shard_totals totals;

    if (atomic_load_explicit(&heap->has_base_shard, memory_order_acquire)) {
        if (!heap_totals_read_shard(&heap->base, &totals))
            return false;
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(&heap->base, sum);
    }
    for (uint32_t visited = 0; at != 0; visited++) {
        const struct region_shard *shard = source->find(source->context, at - 1);
        if (!shard || visited >= source->limit ||
            atomic_load_explicit(&shard->heap, memory_order_acquire) != identity ||
            !heap_totals_read_shard(shard, &totals))
            return false;
        at = atomic_load_explicit(&shard->next, memory_order_relaxed);
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(shard, sum);
    }
    return true;
}

/* Only a dishonest publisher writes totals that contradict each other. Totals wrap around: the
   bytes in use are less than 2 to the 63. */
void heap_totals_repair(struct heap_totals *sum)
{
    if ((int64_t)(sum->allocation_count - sum->free_count) < 0)
        sum->free_count = sum->allocation_count;
    if ((int64_t)(sum->allocated_bytes - sum->freed_bytes) < 0)
        sum->freed_bytes = sum->allocated_bytes;
    sum->peak_bytes = larger(sum->peak_bytes, sum->allocated_bytes - sum->freed_bytes);
    sum->peak_blocks = larger(sum->peak_blocks, sum->allocation_count - sum->free_count);
}

bool heap_totals_of_shard(const struct region_shard *shard, uint64_t event,
                          struct heap_totals *statistics)
{
    const struct region_copy *copy = &shard->copies[event & 1];
    struct shard_totals read;

    if ((event == 0 || atomic_load_explicit(&copy->sequence, memory_order_acquire) != 2 * event ||
         !copy_read(copy, 2 * event, &read)) &&
        !heap_totals_read_shard(shard, &read))
        return false;
    statistics->allocation_count = read.totals[TOTAL_ALLOCATION_COUNT];
    statistics->free_count = read.totals[TOTAL_FREE_COUNT];
    statistics->reallocation_count = read.totals[TOTAL_REALLOCATION_COUNT];
    statistics->allocated_bytes = read.totals[TOTAL_ALLOCATED_BYTES];
    statistics->freed_bytes = read.totals[TOTAL_FREED_BYTES];
    statistics->requested_bytes = read.totals[TOTAL_REQUESTED_BYTES];
    statistics->reallocated_bytes = read.totals[TOTAL_REALLOCATED_BYTES];
    statistics->peak_bytes = atomic_load_explicit(&shard->peak_bytes, memory_order_relaxed);
    statistics->peak_blocks = atomic_load_explicit(&shard->peak_blocks, memory_order_relaxed);
    statistics->largest_bytes = atomic_load_explicit(&shard->largest_bytes, memory_order_relaxed);
    heap_totals_repair(statistics);
    return true;
}

/* The usual heap has one shard, whose copy is consistent by itself. If it is still the only one
   afterwards, no other shard had a part in what it counted. */
static bool read_single_shard(const struct region_heap *heap, uint64_t identity,
                              region_shard_find *find, void *context, struct heap_totals *sum)
{
    uint32_t first = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    const struct region_shard *shard = first ? find(context, first - 1) : NULL;

    return shard && atomic_load_explicit(&shard->next, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&shard->heap, memory_order_acquire) == identity &&
           heap_totals_of_shard(shard, 0, sum) &&
           atomic_load_explicit(&heap->first_shard, memory_order_relaxed) == first &&
           atomic_load_explicit(&heap->has_base_shard, memory_order_relaxed) == 0;
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
    sum.lost_count = atomic_load_explicit(&heap->lost_count, memory_order_acquire);
    if (atomic_load_explicit(&heap->identity, memory_order_relaxed) != identity)
        return false;

    heap_totals_repair(&sum);
    *statistics = sum;
    return true;
}
