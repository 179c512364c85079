/* SPDX-License-Identifier: MIT
 *
 * Reading a heap record and its shards as one picture: see region.h. Used by consumers on mapped
 * files and by the publisher itself on its own memory; so it trusts neither counts nor links.
 */
#include "region.h"

#define READ_TRIES 1000

/* Read one copy, if it is whole and was not written meanwhile. */
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

bool region_shard_read(const struct region_shard *shard, struct shard_totals *totals)
{
    for (int tries = 0; tries < READ_TRIES; tries++) {
        uint64_t even = atomic_load_explicit(&shard->copies[0].sequence, memory_order_acquire);
        uint64_t odd = atomic_load_explicit(&shard->copies[1].sequence, memory_order_acquire);
        /* The newer one if it is whole, else the other. */
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

static void add_marks(const struct region_shard *shard, struct heap_statistics *sum)
{
    sum->peak_bytes =
        larger(sum->peak_bytes, atomic_load_explicit(&shard->peak_bytes, memory_order_relaxed));
    sum->peak_blocks =
        larger(sum->peak_blocks, atomic_load_explicit(&shard->peak_blocks, memory_order_relaxed));
    sum->largest_bytes = larger(sum->largest_bytes,
                                atomic_load_explicit(&shard->largest_bytes, memory_order_relaxed));
}

static void add_freed(const struct shard_totals *shard, struct heap_statistics *sum)
{
    sum->free_count += shard->totals[TOTAL_FREE_COUNT];
    sum->freed_bytes += shard->totals[TOTAL_FREED_BYTES];
}

static void add_allocated(const struct shard_totals *shard, struct heap_statistics *sum)
{
    sum->allocation_count += shard->totals[TOTAL_ALLOCATION_COUNT];
    sum->reallocation_count += shard->totals[TOTAL_REALLOCATION_COUNT];
    sum->allocated_bytes += shard->totals[TOTAL_ALLOCATED_BYTES];
    sum->requested_bytes += shard->totals[TOTAL_REQUESTED_BYTES];
    sum->reallocated_bytes += shard->totals[TOTAL_REALLOCATED_BYTES];
}

/* One pass over all shards, adding what was freed or what was allocated. */
static bool add_shards(const struct region_heap *heap, uint64_t identity, region_shard_find *find,
                       void *context, uint32_t limit, bool freed, struct heap_statistics *sum)
{
    uint32_t at = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    struct shard_totals totals;

    if (atomic_load_explicit(&heap->has_base_shard, memory_order_acquire)) {
        if (!region_shard_read(&heap->base, &totals))
            return false;
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(&heap->base, sum);
    }
    for (uint32_t visited = 0; at != 0; visited++) {
        const struct region_shard *shard = find(context, at - 1);
        if (!shard || visited >= limit ||
            atomic_load_explicit(&shard->heap, memory_order_acquire) != identity ||
            !region_shard_read(shard, &totals))
            return false;
        at = atomic_load_explicit(&shard->next, memory_order_relaxed);
        if (freed)
            add_freed(&totals, sum);
        else
            add_allocated(&totals, sum), add_marks(shard, sum);
    }
    return true;
}

/* Only a publisher that is not honest can break this; its figures still must not. Totals wrap
   around: what is in use is less than 2 to the 63. */
static void make_sane(struct heap_statistics *sum)
{
    if ((int64_t)(sum->allocation_count - sum->free_count) < 0)
        sum->free_count = sum->allocation_count;
    if ((int64_t)(sum->allocated_bytes - sum->freed_bytes) < 0)
        sum->freed_bytes = sum->allocated_bytes;
    sum->peak_bytes = larger(sum->peak_bytes, sum->allocated_bytes - sum->freed_bytes);
    sum->peak_blocks = larger(sum->peak_blocks, sum->allocation_count - sum->free_count);
}

bool region_shard_picture(const struct region_shard *shard, uint64_t event,
                          struct heap_statistics *statistics)
{
    const struct region_copy *copy = &shard->copies[event & 1];
    struct shard_totals read;

    if ((event == 0 || atomic_load_explicit(&copy->sequence, memory_order_acquire) != 2 * event ||
         !copy_read(copy, 2 * event, &read)) &&
        !region_shard_read(shard, &read))
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
    make_sane(statistics);
    return true;
}

/* The usual heap has one shard, whose copy is one picture by itself; if it still is the only one
   afterwards, then no other shard had a part in what it counted. */
static bool read_single_shard(const struct region_heap *heap, uint64_t identity,
                              region_shard_find *find, void *context, struct heap_statistics *sum)
{
    uint32_t first = atomic_load_explicit(&heap->first_shard, memory_order_acquire);
    const struct region_shard *shard = first ? find(context, first - 1) : NULL;

    return shard && atomic_load_explicit(&shard->next, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&shard->heap, memory_order_acquire) == identity &&
           region_shard_picture(shard, 0, sum) &&
           atomic_load_explicit(&heap->first_shard, memory_order_relaxed) == first &&
           atomic_load_explicit(&heap->has_base_shard, memory_order_relaxed) == 0;
}

bool region_heap_read(const struct region_heap *heap, uint64_t identity, region_shard_find *find,
                      void *context, uint32_t limit, struct heap_statistics *statistics)
{
    struct heap_statistics sum = { 0 };

    if (atomic_load_explicit(&heap->identity, memory_order_acquire) != identity)
        return false;
    if (!read_single_shard(heap, identity, find, context, &sum)) {
        sum = (struct heap_statistics){ 0 };
        if (!add_shards(heap, identity, find, context, limit, true, &sum) ||
            !add_shards(heap, identity, find, context, limit, false, &sum))
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

    make_sane(&sum);
    *statistics = sum;
    return true;
}
