/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap", from the statistics of the region reader to raw values. Raw values are
 * totals: consumers make the rates.
 */
#include "custom_heap.h"

#include "os.h"
#include "text.h"

static const WCHAR total_name[] = TEXT16("_Total");
enum { TOTAL_LENGTH = sizeof(total_name) / sizeof(*total_name) - 1 };

#define SET(id, value) slot_set(slots, COUNTER_POSITION(custom_heap, id), value)

/* `% Committed in Use` has its numerator from heaps that report what they have committed. */
static void set_values(unsigned char *slots, const struct heap_statistics *heap,
                       uint64_t committed_in_use, uint32_t process_id)
{
    uint64_t bytes_in_use = heap->allocated_bytes - heap->freed_bytes;

    SET(bytes_in_use, bytes_in_use);
    SET(bytes_in_use_peak, heap->peak_bytes);
    SET(blocks_in_use, heap->allocation_count - heap->free_count);
    SET(allocations, heap->allocation_count);
    SET(frees, heap->free_count);
    SET(reallocations, heap->reallocation_count);
    SET(bytes_allocated, heap->allocated_bytes);
    SET(bytes_freed, heap->freed_bytes);
    SET(average_allocation_size, heap->requested_bytes);
    SET(average_allocation_size_base, (uint32_t)heap->allocation_count);
    SET(allocation_failures, heap->failure_count);
    SET(allocation_failure_rate, heap->failure_count);
    SET(bytes_reserved, heap->reserved_bytes);
    SET(bytes_committed, heap->committed_bytes);
    SET(committed_in_use, committed_in_use);
    SET(committed_in_use_base, heap->committed_bytes);
    SET(blocks_in_use_peak, heap->peak_blocks);
    SET(largest_allocation, heap->largest_bytes);
    SET(unmatched_frees, heap->unmatched_count);
    SET(events_lost, heap->lost_count);
    SET(elapsed_time, heap->open_time);
    SET(process_id, process_id);
}

/* Peaks and times do not add up; they are the caller's. */
static void add_to_total(struct heap_statistics *total, const struct heap_statistics *heap)
{
    total->allocation_count += heap->allocation_count;
    total->free_count += heap->free_count;
    total->reallocation_count += heap->reallocation_count;
    total->allocated_bytes += heap->allocated_bytes;
    total->freed_bytes += heap->freed_bytes;
    total->requested_bytes += heap->requested_bytes;
    total->failure_count += heap->failure_count;
    total->reserved_bytes += heap->reserved_bytes;
    total->committed_bytes += heap->committed_bytes;
    total->unmatched_count += heap->unmatched_count;
    total->lost_count += heap->lost_count;
    if (total->largest_bytes < heap->largest_bytes)
        total->largest_bytes = heap->largest_bytes;
}

static uint64_t larger(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

DWORD custom_heap_write(struct buffer_writer *writer, const struct object_definition *definition,
                        uint64_t perf_time, struct region_reader *reader,
                        struct custom_heap_peaks *peaks)
{
    unsigned char *total_slots, *slots;
    uint64_t committed_in_use = 0;
    struct heap_statistics total = { 0 }, heap;
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    DWORD error;

    /* A consumer that asks how much room it takes need not pay for reading all heaps. */
    if (writer->room / buffer_writer_instance_size(definition, 1) < count)
        return ERROR_MORE_DATA;
    error = buffer_writer_begin_object(writer, definition, perf_time, os_clock_frequency());
    if (error)
        return error;
    error = buffer_writer_add_instance(writer, total_name, TOTAL_LENGTH, &total_slots);
    if (error)
        return error;

    for (size_t i = 0; i < count; i++) {
        uint64_t heap_committed_in_use;

        if (region_reader_read(reader, i, &heap))
            continue;
        heap_committed_in_use = heap.committed_bytes ? heap.allocated_bytes - heap.freed_bytes : 0;
        error = buffer_writer_add_instance(writer, heaps[i].name, heaps[i].name_length, &slots);
        if (error)
            return error;
        set_values(slots, &heap, heap_committed_in_use, heaps[i].process_id);
        add_to_total(&total, &heap);
        committed_in_use += heap_committed_in_use;
    }

    peaks->bytes = larger(peaks->bytes, total.allocated_bytes - total.freed_bytes);
    peaks->blocks = larger(peaks->blocks, total.allocation_count - total.free_count);
    total.peak_bytes = peaks->bytes;
    total.peak_blocks = peaks->blocks;
    set_values(total_slots, &total, committed_in_use, 0);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}
