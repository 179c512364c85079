/* SPDX-License-Identifier: MIT
 *
 * The rest of the API: what a heap's owner reports about it, and what can be asked: its figures,
 * its live blocks, the tracker's own memory.
 */
#include <string.h>

#include "address_map.h"
#include "call_sites.h"
#include "heap_slot.h"
#include "heap_totals.h"
#include "os_thread.h"
#include "page_pool.h"
#include "thread_event.h"

/* The open heap of a handle; NULL if the handle is not valid. */
static struct tracked_heap *find(heap_tracker handle, uint32_t *number)
{
    struct tracked_heap *heap = heap_slot_find(handle, number);

    return heap || !fork_finish() ? heap : heap_slot_find(handle, number);
}

uint32_t heap_tracker_set_reserved(heap_tracker heap, uint64_t reserved_bytes,
                                   uint64_t committed_bytes)
{
    uint32_t number;
    struct tracked_heap *found = find(heap, &number);

    if (!found)
        return ERROR_INVALID_HANDLE;
    atomic_store_explicit(&found->reserved_bytes, reserved_bytes, memory_order_relaxed);
    atomic_store_explicit(&found->committed_bytes, committed_bytes, memory_order_relaxed);
    atomic_store_explicit(&found->shared->reserved_bytes, reserved_bytes, memory_order_relaxed);
    atomic_store_explicit(&found->shared->committed_bytes, committed_bytes, memory_order_relaxed);
    region_writer_changed();
    return ERROR_SUCCESS;
}

uint32_t heap_tracker_read(heap_tracker heap, struct heap_tracker_statistics *statistics)
{
    uint32_t number;
    struct tracked_heap *found = find(heap, &number);
    struct heap_totals read;

    if (!found)
        return ERROR_INVALID_HANDLE;
    while (!heap_totals_read(found->shared, number, region_writer_shard, found->store, UINT32_MAX,
                             &read)) {
        if (!heap_slot_find(heap, &number))
            return ERROR_INVALID_HANDLE;
        os_thread_yield();
    }
    struct heap_tracker_statistics result = {
        .version = 1,
        .allocation_count = read.allocation_count,
        .free_count = read.free_count,
        .reallocation_count = read.reallocation_count,
        .allocated_bytes = read.allocated_bytes,
        .freed_bytes = read.freed_bytes,
        .requested_bytes = read.requested_bytes,
        .reallocated_bytes = read.reallocated_bytes,
        .peak_bytes = read.peak_bytes,
        .peak_blocks = read.peak_blocks,
        .largest_bytes = read.largest_bytes,
        .failure_count = read.failure_count,
        .reserved_bytes = read.reserved_bytes,
        .committed_bytes = read.committed_bytes,
        .unmatched_count = read.unmatched_count + read.excess_free_count,
        .lost_count = read.lost_count,
        .is_published = region_writer_is_published(found->store),
        .in_use_bytes = read.in_use_bytes,
    };
    result.size = statistics->size < sizeof(result) ? statistics->size : sizeof(result);
    memcpy(statistics, &result, result.size);
    return ERROR_SUCCESS;
}

struct block_list {
    struct heap_tracker_block *blocks;
    size_t capacity, count;
};

static void add_block(void *context, const struct address_block *block)
{
    struct block_list *list = context;

    if (list->count < list->capacity)
        list->blocks[list->count] =
            (struct heap_tracker_block){ (const void *)block->address, block->size,
                                         call_sites_address(block->site) };
    list->count++;
}

uint32_t heap_tracker_blocks(heap_tracker heap, struct heap_tracker_block *blocks, size_t capacity,
                             size_t *count)
{
    struct block_list list = { blocks, capacity, 0 };
    uint32_t number;
    struct tracked_heap *found = find(heap, &number);

    if (!found)
        return ERROR_INVALID_HANDLE;
    if (atomic_load_explicit(&found->flags, memory_order_relaxed) & HEAP_HAS_NO_TABLE)
        return ERROR_NOT_SUPPORTED;
    struct thread *thread = thread_enter();
    if (!thread)
        return ERROR_BUSY;
    address_map_list(&found->map, number, add_block, &list);
    thread_leave(thread);
    *count = list.count;
    return ERROR_SUCCESS;
}

size_t heap_tracker_overhead(void)
{
    return page_pool_held();
}
