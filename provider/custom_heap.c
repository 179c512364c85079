/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap", from the statistics of the region reader to raw values. Raw values are
 * totals: consumers make the rates.
 */
#include "custom_heap.h"

#include "os.h"
#include "text.h"

enum { VALUE_COUNT = COUNTER_POSITION(custom_heap, process_id) + 1 };
_Static_assert(FIRST_custom_heap + VALUE_COUNT == BEFORE_custom_heap_provider + 1,
               "process_id is the last counter");

static const WCHAR total_name[] = TEXT16("_Total");
enum { TOTAL_LENGTH = sizeof(total_name) / sizeof(*total_name) - 1 };

#define VALUE(id) values[COUNTER_POSITION(custom_heap, id)]

/* `% Committed in Use` has its numerator from heaps that report what they have committed. */
static void set_values(uint64_t values[VALUE_COUNT], const struct heap_statistics *heap,
                       uint64_t committed_in_use, uint32_t process_id)
{
    uint64_t bytes_in_use = heap->allocated_bytes - heap->freed_bytes;

    VALUE(bytes_in_use) = bytes_in_use;
    VALUE(bytes_in_use_peak) = heap->peak_bytes;
    VALUE(blocks_in_use) = heap->allocation_count - heap->free_count;
    VALUE(allocations) = heap->allocation_count;
    VALUE(frees) = heap->free_count;
    VALUE(reallocations) = heap->reallocation_count;
    VALUE(bytes_allocated) = heap->allocated_bytes;
    VALUE(bytes_freed) = heap->freed_bytes;
    VALUE(average_allocation_size) = heap->requested_bytes;
    VALUE(average_allocation_size_base) = heap->allocation_count;
    VALUE(allocation_failures) = heap->failure_count;
    VALUE(allocation_failure_rate) = heap->failure_count;
    VALUE(bytes_reserved) = heap->reserved_bytes;
    VALUE(bytes_committed) = heap->committed_bytes;
    VALUE(committed_in_use) = committed_in_use;
    VALUE(committed_in_use_base) = heap->committed_bytes;
    VALUE(blocks_in_use_peak) = heap->peak_blocks;
    VALUE(largest_allocation) = heap->largest_bytes;
    VALUE(unmatched_frees) = heap->unmatched_count;
    VALUE(events_lost) = heap->lost_count;
    VALUE(elapsed_time) = heap->open_time;
    VALUE(process_id) = process_id;
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
    uint64_t values[VALUE_COUNT] = { 0 }, committed_in_use = 0;
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
    error = buffer_writer_add_instance(writer, total_name, TOTAL_LENGTH, values);
    if (error)
        return error;

    for (size_t i = 0; i < count; i++) {
        uint64_t heap_committed_in_use;

        if (region_reader_read(reader, i, &heap))
            continue;
        heap_committed_in_use = heap.committed_bytes ? heap.allocated_bytes - heap.freed_bytes : 0;
        set_values(values, &heap, heap_committed_in_use, heaps[i].process_id);
        error = buffer_writer_add_instance(writer, heaps[i].name, heaps[i].name_length, values);
        if (error)
            return error;
        add_to_total(&total, &heap);
        committed_in_use += heap_committed_in_use;
    }

    peaks->bytes = larger(peaks->bytes, total.allocated_bytes - total.freed_bytes);
    peaks->blocks = larger(peaks->blocks, total.allocation_count - total.free_count);
    total.peak_bytes = peaks->bytes;
    total.peak_blocks = peaks->blocks;
    set_values(values, &total, committed_in_use, 0);
    buffer_writer_set_first(writer, values);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}
