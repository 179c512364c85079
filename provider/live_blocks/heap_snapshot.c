/* SPDX-License-Identifier: MIT
 *
 * heap_tracker_write_snapshot: writes the live blocks of a heap of this process to a file. Nothing
 * here uses malloc, because the heap to be counted may be malloc.
 */
#include "address_map.h"
#include "heap_slot.h"
#include "live_blocks.h"
#include "profile.h"
#include "text.h"
#include "thread_event.h"

static void count_block(void *context, const struct address_block *block)
{
    live_blocks_add(context, block->site, block->size);
}

static void add_stack(void *context, const struct profile_stack *stack, const uint64_t *frames)
{
    const struct live_blocks_site sums = {
        .count = (stack->live_count + PROFILE_COUNT_UNIT / 2) / PROFILE_COUNT_UNIT,
        .bytes = stack->live_bytes,
        .allocated_count = (stack->allocated_count + PROFILE_COUNT_UNIT / 2) / PROFILE_COUNT_UNIT,
        .allocated_bytes = stack->allocated_bytes,
    };

    if (sums.allocated_count)
        live_blocks_add_stack(context, frames, stack->frame_count, &sums);
}

/* Count blocks by stack if the profile has every block or the heap has no table of its blocks, otherwise
   by call site. */
static uint32_t count_blocks(struct live_blocks *live, heap_tracker handle)
{
    uint32_t number;
    struct tracked_heap *heap = heap_slot_find(handle, &number);

    if (!heap)
        return ERROR_INVALID_HANDLE;
    const uint32_t flags = atomic_load_explicit(&heap->flags, memory_order_relaxed);
    const bool has_table = !(flags & HEAP_HAS_NO_TABLE);
    struct thread *thread = thread_enter();
    if (!thread)
        return ERROR_BUSY;
    live->rate = profile_visit(number, flags & HEAP_TRACKER_PROFILE, add_stack, live);
    if (live->rate != PROFILE_RATE_ALL && has_table) {
        live_blocks_begin_stacks(live, 0);
        address_map_list(&heap->map, number, count_block, live);
        for (uint32_t i = 0; i < CALL_SITE_COUNT; i++)
            live->sites[i].address = (uintptr_t)call_sites_address((uint16_t)i);
    }
    thread_leave(thread);
    if (!live->rate && !has_table)
        return ERROR_NOT_SUPPORTED;
    live_blocks_take_faults(live, faults_location(), number);
    text_to_utf8(heap->name, heap->name_length, live->name, sizeof(live->name));
    return ERROR_SUCCESS;
}

uint32_t heap_tracker_write_snapshot(heap_tracker heap, const char *path)
{
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    struct os_process process;
    struct live_blocks_text text = { 0 };
    struct live_blocks *live = live_blocks_new();
    uint32_t error = ERROR_NOT_ENOUGH_MEMORY;

    if (!live)
        return error;
    error = heap_tracker_read(heap, &sum);
    if (!error)
        error = count_blocks(live, heap);
    if (error)
        goto free_live;
    live->unmatched_count = sum.unmatched_count;
    live->lost_count = sum.lost_count;
    error = os_process_open(&process, os_process_id());
    if (error)
        goto free_live;
    error = live_blocks_write(live, &process, &text) ? os_file_write_all(path, text.data, text.size)
                                                     : ERROR_NOT_ENOUGH_MEMORY;
    live_blocks_text_release(&text);
    os_process_close(&process);

free_live:
    live_blocks_free(live);
    return error;
}
