/* SPDX-License-Identifier: MIT
 *
 * The shards of heaps: see shard.h. shard_count.h counts in them, and shard_block.c makes them.
 * fork.c has the order of the locks.
 */
#include "shard.h"

#include <string.h>

#include "heap_slot.h"
#include "page_pool.h"
#include "shard_block.h"
#include "shard_count.h"
#include "thread_state.h"

#define FIRST_SHARDS 8 /* elements of a thread's first array; chosen */

struct shard *shard_begin_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
    if (!atomic_load_explicit(&heap->shared->has_base_shard, memory_order_relaxed)) {
        atomic_store_explicit(&heap->shared->has_base_shard, 1, memory_order_release);
        region_writer_changed();
    }
    return &heap->base;
}

void shard_wait_base(struct tracked_heap *heap)
{
    spin_lock_acquire(&heap->base_lock);
    spin_lock_release(&heap->base_lock);
}

/* The level above which shard_mark is due: `space` above the present one, but at most threshold_level. */
static int64_t level_above(int64_t level, int64_t space, int64_t threshold_level)
{
    return space < threshold_level - level ? level + space : threshold_level;
}

static void set_limits(struct shard *shard, int64_t bytes_to_peak, int64_t blocks_to_peak)
{
    shard->bytes_low = shard->reported_bytes - SHARD_THRESHOLD_BYTES;
    shard->bytes_span = (uint64_t)(level_above(shard_bytes(shard), bytes_to_peak,
                                               shard->reported_bytes + SHARD_THRESHOLD_BYTES) -
                                   shard->bytes_low);
    shard->blocks_low = shard->reported_blocks - SHARD_THRESHOLD_BLOCKS;
    shard->blocks_span = (uint64_t)(level_above(shard_blocks(shard), blocks_to_peak,
                                                shard->reported_blocks + SHARD_THRESHOLD_BLOCKS) -
                                    shard->blocks_low);
}

static bool is_much(int64_t change, int64_t threshold)
{
    return change > threshold || change < -threshold;
}

__attribute__((noinline)) void shard_mark(struct tracked_heap *heap, struct shard *shard)
{
    int64_t bytes = shard_bytes(shard) - shard->reported_bytes;
    int64_t blocks = shard_blocks(shard) - shard->reported_blocks;

    if (is_much(bytes, SHARD_THRESHOLD_BYTES) || is_much(blocks, SHARD_THRESHOLD_BLOCKS)) {
        atomic_fetch_add_explicit(&heap->reported_bytes, bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&heap->reported_blocks, blocks, memory_order_relaxed);
        shard->reported_bytes += bytes;
        shard->reported_blocks += blocks;
        bytes = blocks = 0;
    }
    bytes += atomic_load_explicit(&heap->reported_bytes, memory_order_relaxed);
    blocks += atomic_load_explicit(&heap->reported_blocks, memory_order_relaxed);
    if (bytes > shard->peak_bytes) {
        shard->peak_bytes = bytes;
        atomic_store_explicit(&shard->shared->peak_bytes, (uint64_t)bytes, memory_order_relaxed);
    }
    if (blocks > shard->peak_blocks) {
        shard->peak_blocks = blocks;
        atomic_store_explicit(&shard->shared->peak_blocks, (uint64_t)blocks, memory_order_relaxed);
    }
    set_limits(shard, shard->peak_bytes - bytes, shard->peak_blocks - blocks);
}

static void keep_spare(struct tracked_heap *heap, struct shard *shard)
{
    shard->heap_number = 0;
    shard->owner = NULL;
    atomic_store_explicit(&shard->shared->heap, 0, memory_order_release);
    shard_block_give(shard, heap->store);
}

/* Set a shard to zero. No reader may find it meanwhile. */
static void clear(struct shard *shard)
{
    memset(shard->totals, 0, sizeof(shard->totals));
    shard->reported_bytes = shard->reported_blocks = 0;
    shard->peak_bytes = shard->peak_blocks = 0;
    shard->largest_bytes = 0;
    set_limits(shard, 0, 0);
    atomic_store_explicit(&shard->shared->peak_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&shard->shared->peak_blocks, 0, memory_order_relaxed);
    atomic_store_explicit(&shard->shared->largest_bytes, 0, memory_order_relaxed);
    shard_publish(shard);
}

/* Add a shard at the head of the heap's list, where readers find it. */
static void link_shard(struct tracked_heap *heap, struct shard *shard, uint32_t number)
{
    shard->heap_number = number;
    shard->next = heap->shards;
    atomic_store_explicit(&shard->shared->next, heap->shards ? heap->shards->index + 1 : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&shard->shared->heap, number, memory_order_release);
    heap->shards = shard;
    atomic_store_explicit(&heap->shared->first_shard, shard->index + 1, memory_order_release);
    region_writer_changed();
}

static bool make_space(struct thread *thread, uint32_t index)
{
    uint32_t count = thread->shard_count ? thread->shard_count : FIRST_SHARDS;

    if (thread->flags & THREAD_HAS_NO_SHARDS)
        return false;
    if (index < thread->shard_count)
        return true;
    while (count <= index)
        count *= 2;
    struct shard **shards = page_pool_allocate(count * sizeof(*shards));
    if (!shards)
        return false;
    if (thread->shards)
        memcpy(shards, thread->shards, thread->shard_count * sizeof(*shards));
    page_pool_free(thread->shards, thread->shard_count * sizeof(*shards));
    thread->shards = shards;
    thread->shard_count = count;
    return true;
}

/* Get a shard: one that an ended thread left, the thread's own of an earlier heap in the slot,
   or a new one. */
static struct shard *shard_acquire(struct thread *thread, struct tracked_heap *heap,
                                   uint32_t number)
{
    if (!make_space(thread, heap->index))
        return NULL;
    struct shard *old = thread->shards[heap->index], *shard = NULL;

    spin_lock_acquire(&heap->shard_lock);
    if (atomic_load_explicit(&heap->number, memory_order_relaxed) == number) {
        if (heap->free_shards) {
            shard = heap->free_shards;
            heap->free_shards = shard->next_free;
            shard_block_adopt(thread, shard, heap->store);
            if (old)
                keep_spare(heap, old);
        } else {
            shard = old ? old : shard_block_take(thread, heap->store);
            if (shard) {
                atomic_store_explicit(&shard->shared->heap, 0, memory_order_release);
                clear(shard);
                link_shard(heap, shard, number);
            }
        }
        if (shard)
            shard->owner = thread;
        thread->shards[heap->index] = shard;
    }
    spin_lock_release(&heap->shard_lock);
    return shard;
}

struct shard *shard_find(struct thread *thread, struct tracked_heap *heap, uint32_t number)
{
    if (heap->index < thread->shard_count) {
        struct shard *shard = thread->shards[heap->index];
        if (shard && shard->heap_number == number)
            return shard;
    }
    return shard_acquire(thread, heap, number);
}

void shard_open_heap(struct tracked_heap *heap)
{
    heap->shards = heap->free_shards = NULL;
    heap->base.shared = &heap->shared->base;
    atomic_store_explicit(&heap->shared->first_shard, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->shared->has_base_shard, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->reported_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&heap->reported_blocks, 0, memory_order_relaxed);
    clear(&heap->base);
}

void shard_close_heap(struct tracked_heap *heap)
{
    struct thread *self = thread_current();

    shard_wait_base(heap);
    spin_lock_acquire(&heap->shard_lock);
    for (struct shard *shard = heap->shards, *next; shard; shard = next) {
        next = shard->next;
        /* Another thread may be writing to its shard now. It keeps the shard until it finds that
           the heap is closed. */
        if (shard->owner && shard->owner != self)
            continue;
        if (shard->owner)
            self->shards[heap->index] = NULL;
        keep_spare(heap, shard);
    }
    heap->shards = heap->free_shards = NULL;
    spin_lock_release(&heap->shard_lock);
}

void shard_leave_all(struct thread *thread)
{
    shard_block_leave(thread);
    for (uint32_t i = 0; i < thread->shard_count; i++) {
        struct shard *shard = thread->shards[i];
        struct tracked_heap *heap = shard ? heap_slot_at(i) : NULL;
        if (!heap)
            continue;
        spin_lock_acquire(&heap->shard_lock);
        if (shard->heap_number == atomic_load_explicit(&heap->number, memory_order_relaxed)) {
            shard->owner = NULL;
            shard->next_free = heap->free_shards;
            heap->free_shards = shard;
        } else {
            keep_spare(heap, shard);
        }
        spin_lock_release(&heap->shard_lock);
    }
    page_pool_free(thread->shards, thread->shard_count * sizeof(*thread->shards));
    thread->shards = NULL;
    thread->shard_count = 0;
}

static void write_shard(struct shard *shard)
{
    atomic_store_explicit(&shard->shared->peak_bytes, (uint64_t)shard->peak_bytes,
                          memory_order_relaxed);
    atomic_store_explicit(&shard->shared->peak_blocks, (uint64_t)shard->peak_blocks,
                          memory_order_relaxed);
    atomic_store_explicit(&shard->shared->largest_bytes, shard->largest_bytes,
                          memory_order_relaxed);
    shard_publish(shard);
}

void shard_fork_heap(struct tracked_heap *heap)
{
    struct shard *shards = heap->shards, *reversed = NULL;
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    bool has_base = false;

    for (int i = 0; i < TOTAL_COUNT; i++)
        has_base = has_base || heap->base.totals[i] != 0;
    if (has_base) {
        atomic_store_explicit(&heap->shared->has_base_shard, 1, memory_order_relaxed);
        write_shard(&heap->base);
    }
    while (shards) {
        struct shard *next = shards->next;
        shards->next = reversed;
        reversed = shards;
        shards = next;
    }
    heap->shards = NULL;
    while (reversed) {
        struct shard *next = reversed->next;
        write_shard(reversed);
        link_shard(heap, reversed, number);
        reversed = next;
    }
}

/* Write a total that its thread may be changing. The thread changes its own value first and then
   the one in the region. So if its own value is still the same afterwards, no newer one was
   overwritten in the region. */
static void rewrite_total(struct shard *shard, int total)
{
    uint64_t value;

    do {
        value = __atomic_load_n(&shard->totals[total], __ATOMIC_RELAXED);
        atomic_store_explicit(&shard->shared->totals[total], value, memory_order_seq_cst);
    } while (__atomic_load_n(&shard->totals[total], __ATOMIC_SEQ_CST) != value);
}

static void rewrite_shard(struct shard *shard, uint32_t number)
{
    struct region_shard *shared = shard->shared;

    for (int i = 0; i < TOTAL_COUNT; i++)
        rewrite_total(shard, i);
    atomic_store_explicit(&shared->peak_bytes, (uint64_t)shard->peak_bytes, memory_order_relaxed);
    atomic_store_explicit(&shared->peak_blocks, (uint64_t)shard->peak_blocks, memory_order_relaxed);
    atomic_store_explicit(&shared->largest_bytes, shard->largest_bytes, memory_order_relaxed);
    atomic_store_explicit(&shared->next, shard->next ? shard->next->index + 1 : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&shared->heap, number, memory_order_release);
}

void shard_rewrite_heap(struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);
    bool has_base = false;

    for (int i = 0; i < TOTAL_COUNT; i++)
        has_base = has_base || heap->base.totals[i] != 0;
    if (has_base) {
        atomic_store_explicit(&heap->shared->has_base_shard, 1, memory_order_relaxed);
        rewrite_shard(&heap->base, number);
    }
    for (struct shard *shard = heap->shards; shard; shard = shard->next)
        rewrite_shard(shard, number);
    atomic_store_explicit(&heap->shared->first_shard, heap->shards ? heap->shards->index + 1 : 0,
                          memory_order_release);
}
