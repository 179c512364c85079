/* SPDX-License-Identifier: MIT
 *
 * heap_tracker_write_snapshot: a census of one of this process's heaps, into a file. Nothing here
 * is taken from malloc, which may be the heap that is counted.
 */
#include "heap_census.h"
#include "heap_slot.h"
#include "text.h"
#include "thread_event.h"

static void count_block(void *context, const struct address_block *block)
{
    heap_census_add(context, block->site, block->size);
}

static uint32_t count_blocks(struct heap_census *census, heap_tracker handle)
{
    uint32_t number;
    struct tracked_heap *heap = heap_slot_find(handle, &number);

    if (!heap)
        return ERROR_INVALID_HANDLE;
    struct thread *thread = thread_enter();
    if (!thread)
        return ERROR_BUSY;
    address_map_list(&heap->map, number, count_block, census);
    thread_leave(thread);
    for (uint32_t i = 0; i < CALL_SITE_COUNT; i++)
        census->sites[i].address = (uintptr_t)call_sites_address((uint16_t)i);
    heap_census_take_faults(census, faults_location(), number);
    text_to_utf8(heap->name, heap->name_length, census->name, sizeof(census->name));
    return ERROR_SUCCESS;
}

uint32_t heap_tracker_write_snapshot(heap_tracker heap, const char *path)
{
    struct heap_tracker_statistics sum = { .size = sizeof(sum) };
    struct os_process process;
    struct census_text text = { 0 };
    struct heap_census *census = heap_census_new();
    uint32_t error = ERROR_NOT_ENOUGH_MEMORY;

    if (!census)
        return error;
    error = heap_tracker_read(heap, &sum);
    if (!error)
        error = count_blocks(census, heap);
    if (error)
        goto free_census;
    census->unmatched_count = sum.unmatched_count;
    census->lost_count = sum.lost_count;
    error = os_process_open(&process, os_process_id());
    if (error)
        goto free_census;
    error = heap_census_write(census, &process, &text)
                ? os_file_write_all(path, text.data, text.size)
                : ERROR_NOT_ENOUGH_MEMORY;
    census_text_release(&text);
    os_process_close(&process);

free_census:
    heap_census_free(census);
    return error;
}
