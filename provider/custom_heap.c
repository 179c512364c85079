/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap": raw values from the figures of the region reader. Raw values are
 * totals; consumers compute the rates.
 *
 * The first answer is written directly into the consumer's buffer, because some systems open a
 * provider for one query. Later answers are copied from instances that are kept.
 */
#include "custom_heap.h"

#include <stdlib.h>

#include "array.h"
#include "object_clock.h"
#include "os.h"
#include "text.h"

static const WCHAR total_name[] = TEXT16("_Total");
enum { TOTAL_LENGTH = sizeof(total_name) / sizeof(*total_name) - 1 };

#define SET(id, value) slot_set(slots, COUNTER_SLOT(custom_heap, id), value)

/* Set all values but the process id, which never changes. */
static void set_figures(unsigned char *slots, const struct heap_totals *heap)
{
    SET(bytes_in_use, heap->in_use_bytes);
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
    SET(committed_in_use, heap->committed_bytes ? heap->in_use_bytes : 0);
    SET(committed_in_use_base, heap->committed_bytes);
    SET(blocks_in_use_peak, heap->peak_blocks);
    SET(largest_allocation, heap->largest_bytes);
    SET(unmatched_frees, heap->unmatched_count + heap->excess_free_count);
    SET(events_lost, heap->lost_count);
    SET(elapsed_time, object_clock_at(heap->open_time));
    SET(allocator_known, heap->figures.known);
    SET(allocator_held, heap->figures.values[FIGURE_HELD]);
    SET(allocator_free, heap->figures.values[FIGURE_FREE]);
    SET(allocator_cached, heap->figures.values[FIGURE_CACHED]);
    SET(allocator_releasable, heap->figures.values[FIGURE_RELEASABLE]);
    SET(allocator_elsewhere, heap->figures.values[FIGURE_ELSEWHERE]);
    SET(allocator_arenas, heap->figures.values[FIGURE_ARENAS]);
    SET(allocator_overhead, heap->figures.values[FIGURE_OVERHEAD]);
    SET(allocator_age, object_clock_at(heap->figures.known ? heap->figures.time : heap->open_time));
}

static void set_values(unsigned char *slots, const struct heap_totals *heap, uint32_t process_id)
{
    set_figures(slots, heap);
    SET(process_id, process_id);
}

/* ---- _Total -------------------------------------------------------------------------- */

enum {
    HEAP_SLOTS = SLOT_COUNT(custom_heap),
    PROCESS_ID_OFFSET = COUNTER_SLOT(custom_heap, process_id) * COUNTER_SLOT_SIZE
};

static uint64_t larger(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* The limit of one heap's contribution, more than any machine has. It keeps a sum of thousands
   of heaps positive, whatever a publisher reports. */
#define CONTRIBUTION_LIMIT (UINT64_C(1) << 44)

static void bound(uint64_t values[HEAP_SLOTS])
{
    static const size_t slots[] = { COUNTER_SLOT(custom_heap, bytes_in_use),
                                    COUNTER_SLOT(custom_heap, blocks_in_use),
                                    COUNTER_SLOT(custom_heap, bytes_reserved),
                                    COUNTER_SLOT(custom_heap, bytes_committed),
                                    COUNTER_SLOT(custom_heap, committed_in_use),
                                    COUNTER_SLOT(custom_heap, committed_in_use_base) };

    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        if (values[slots[i]] > CONTRIBUTION_LIMIT)
            values[slots[i]] = CONTRIBUTION_LIMIT;
}

/* Add an instance's values to the sums, in place of its previous ones. */
static void add_up(struct custom_heap_answer *answer, const unsigned char *slots,
                   const unsigned char *before)
{
    uint64_t now[HEAP_SLOTS], old[HEAP_SLOTS];

    memcpy(now, slots, sizeof(now));
    memcpy(old, before, sizeof(old));
    bound(now);
    bound(old);
    for (size_t i = 0; i < HEAP_SLOTS; i++)
        answer->sums[i] += now[i] - old[i];
    answer->largest_bytes =
        larger(answer->largest_bytes, now[COUNTER_SLOT(custom_heap, largest_allocation)]);

    const uint64_t begin = now[COUNTER_SLOT(custom_heap, elapsed_time)];

    if (begin && begin < answer->oldest_time)
        answer->oldest_time = begin;
}

static const unsigned char no_slots[HEAP_SLOTS * COUNTER_SLOT_SIZE];

#define SUM(id) answer->sums[COUNTER_SLOT(custom_heap, id)]

/* Which figures at least one heap has. A sum that is not 0 shows that its figure is known. Free
   bytes may be 0 although they are known. They are known together with the held bytes, which are
   never 0. */
static uint64_t known_of_sums(const struct custom_heap_answer *answer)
{
    const uint64_t sums[FIGURE_COUNT] = {
        [FIGURE_HELD] = SUM(allocator_held),
        [FIGURE_FREE] = SUM(allocator_held),
        [FIGURE_CACHED] = SUM(allocator_cached),
        [FIGURE_RELEASABLE] = SUM(allocator_releasable),
        [FIGURE_ELSEWHERE] = SUM(allocator_elsewhere),
        [FIGURE_ARENAS] = SUM(allocator_arenas),
        [FIGURE_OVERHEAD] = SUM(allocator_overhead),
    };
    uint64_t known = 0;

    for (int i = 0; i < FIGURE_COUNT; i++)
        known |= (uint64_t)(sums[i] != 0) << i;
    return known;
}

/* The values of _Total are sums, except those that are set here. Without any heap, the elapsed
   time begins now: some readers subtract its start from the epoch of 1970, so 0 would be a time
   before that. */
static void set_total(unsigned char *slots, struct custom_heap_answer *answer, uint64_t object_time)
{
    answer->peak_bytes = larger(answer->peak_bytes, SUM(bytes_in_use));
    answer->peak_blocks = larger(answer->peak_blocks, SUM(blocks_in_use));
    memcpy(slots, answer->sums, HEAP_SLOTS * COUNTER_SLOT_SIZE);
    SET(bytes_in_use_peak, answer->peak_bytes);
    SET(blocks_in_use_peak, answer->peak_blocks);
    SET(average_allocation_size_base, (uint32_t)SUM(average_allocation_size_base));
    SET(largest_allocation, answer->largest_bytes);
    SET(elapsed_time, answer->oldest_time < object_time ? answer->oldest_time : object_time);
    SET(allocator_known, known_of_sums(answer));
    SET(allocator_age, object_time);
    SET(process_id, 0);
}

static void forget_sums(struct custom_heap_answer *answer)
{
    memset(answer->sums, 0, sizeof(answer->sums));
    answer->largest_bytes = 0;
    answer->oldest_time = UINT64_MAX;
}

/* ---- an answer that is not kept --------------------------------------------------------- */

static DWORD write_all(struct buffer_writer *writer, struct region_reader *reader,
                       struct custom_heap_answer *answer)
{
    struct heap_totals heap;
    unsigned char *slots;
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    forget_sums(answer);
    answer->generation = 0;
    for (size_t i = 0; i < count; i++) {
        if (region_reader_read(reader, i, &heap))
            continue;
        DWORD error =
            buffer_writer_add_instance(writer, heaps[i].name, heaps[i].name_length, &slots);
        if (error)
            return error;
        set_values(slots, &heap, heaps[i].process_id);
        add_up(answer, slots, no_slots);
    }
    return ERROR_SUCCESS;
}

/* ---- an answer that is kept ------------------------------------------------------------ */

static bool reserve_heaps(struct custom_heap_answer *answer, size_t count)
{
    size_t *starts =
        array_reserve(answer->starts, &answer->start_capacity, count + 1, sizeof(*starts));
    if (!starts)
        return false;
    answer->starts = starts;
    uint64_t *serials =
        array_reserve(answer->serials, &answer->serial_capacity, count + 1, sizeof(*serials));
    if (!serials)
        return false;
    answer->serials = serials;
    return true;
}

static bool reserve_bytes(struct custom_heap_answer *answer, size_t size)
{
    unsigned char *instances = array_reserve(answer->instances, &answer->capacity, size + 1, 1);

    if (instances)
        answer->instances = instances;
    return instances != NULL;
}

/* The values of a heap's instance; NULL if it has none. */
static unsigned char *slots_of(const struct custom_heap_answer *answer,
                               const struct object_definition *definition, size_t index)
{
    return answer->starts[index] == answer->starts[index + 1]
               ? NULL
               : instance_slots(definition, answer->instances + answer->starts[index + 1]);
}

/* Make the instances of the heaps from `first` on. Returns false if there is no memory; then
   nothing is kept. */
static bool lay_out(struct custom_heap_answer *answer, const struct object_definition *definition,
                    struct region_reader *reader, size_t first)
{
    size_t count, end;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    answer->generation = 0;
    if (!reserve_heaps(answer, count))
        return false;
    if (first == 0)
        answer->starts[0] = 0;
    end = answer->starts[first];
    for (size_t i = first; i < count; i++) {
        struct heap_totals heap;
        if (region_reader_read(reader, i, &heap) == ERROR_SUCCESS) {
            size_t size = buffer_writer_instance_size(definition, heaps[i].name_length);
            struct buffer_writer writer;
            unsigned char *slots;
            if (!reserve_bytes(answer, end + size))
                return false;
            buffer_writer_init(&writer, answer->instances + end, size);
            writer.definition = definition;
            buffer_writer_add_instance(&writer, heaps[i].name, heaps[i].name_length, &slots);
            set_values(slots, &heap, heaps[i].process_id);
            end += size;
        }
        answer->serials[i] = heaps[i].serial;
        answer->starts[i + 1] = end;
    }
    answer->count = count;
    answer->generation = region_reader_generation(reader);

    forget_sums(answer);
    answer->shown_count = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *slots = slots_of(answer, definition, i);
        if (slots) {
            add_up(answer, slots, no_slots);
            answer->shown_count++;
        }
    }
    return true;
}

/* Follow the reader's new array of heaps. Usually some were added, at its end. */
static bool follow(struct custom_heap_answer *answer, const struct object_definition *definition,
                   struct region_reader *reader)
{
    size_t count, same = 0;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    if (answer->generation == region_reader_generation(reader))
        return true;
    if (answer->generation != 0)
        while (same < count && same < answer->count && heaps[same].serial == answer->serials[same])
            same++;
    return lay_out(answer, definition, reader, same);
}

/* Heaps that are looked up together, so that the data of the last ones are prefetched while the
 * first are read. */
#define AT_ONCE 64

/* Read changed heaps again. */
static bool update(struct custom_heap_answer *answer, const struct object_definition *definition,
                   struct region_reader *reader)
{
    unsigned char fresh[HEAP_SLOTS * COUNTER_SLOT_SIZE] = { 0 };
    size_t indexes[AT_ONCE], from = 0, found;

    while ((found = region_reader_changed(reader, &from, indexes, AT_ONCE)) > 0) {
        for (size_t i = 0; i < found; i++) {
            const unsigned char *slots = slots_of(answer, definition, indexes[i]);
            for (size_t at = 0; slots && at < sizeof(fresh); at += 64)
                __builtin_prefetch(slots + at);
        }
        for (size_t i = 0; i < found; i++) {
            struct heap_totals heap;
            unsigned char *slots = slots_of(answer, definition, indexes[i]);
            DWORD error = region_reader_read(reader, indexes[i], &heap);
            if (!error != (slots != NULL)) {
                /* The heap has become unreadable, or readable again. */
                if (!lay_out(answer, definition, reader, indexes[i]))
                    return false;
            } else if (slots) {
                set_figures(fresh, &heap);
                memcpy(fresh + PROCESS_ID_OFFSET, slots + PROCESS_ID_OFFSET, COUNTER_SLOT_SIZE);
                add_up(answer, fresh, slots);
                memcpy(slots, fresh, sizeof(fresh));
            }
        }
    }
    return true;
}

/* Bring the kept instances up to date and copy them. Returns ERROR_NOT_ENOUGH_MEMORY if they
   cannot be kept. */
static DWORD write_kept(struct buffer_writer *writer, const struct object_definition *definition,
                        struct region_reader *reader, struct custom_heap_answer *answer)
{
    if (!follow(answer, definition, reader))
        return ERROR_NOT_ENOUGH_MEMORY;
    /* A consumer that asks how much space it takes need not pay for reading heaps. */
    if (answer->starts[answer->count] > writer->left)
        return ERROR_MORE_DATA;
    if (!update(answer, definition, reader))
        return ERROR_NOT_ENOUGH_MEMORY;
    return buffer_writer_add_instances(writer, answer->instances, answer->starts[answer->count],
                                       answer->shown_count);
}

/* ---- public -------------------------------------------------------------------------- */

DWORD custom_heap_write(struct buffer_writer *writer, const struct object_definition *definition,
                        uint64_t perf_time, struct region_reader *reader,
                        struct custom_heap_answer *answer)
{
    const uint64_t object_time = object_clock_at(perf_time);
    unsigned char *total_slots;
    size_t count;
    DWORD error;

    region_reader_heaps(reader, &count);
    if (writer->left / buffer_writer_instance_size(definition, 1) < count)
        return ERROR_MORE_DATA;
    error = buffer_writer_begin_object(writer, definition, object_time, OBJECT_CLOCK_FREQUENCY);
    if (!error)
        error = buffer_writer_add_instance(writer, total_name, TOTAL_LENGTH, &total_slots);
    if (error)
        return error;

    error = answer->is_wanted_again ? write_kept(writer, definition, reader, answer)
                                    : ERROR_NOT_ENOUGH_MEMORY;
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        error = write_all(writer, reader, answer);
    answer->is_wanted_again = true;
    if (error)
        return error;
    set_total(total_slots, answer, object_time);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}

void custom_heap_answer_release(struct custom_heap_answer *answer)
{
    free(answer->instances);
    free(answer->starts);
    free(answer->serials);
    memset(answer, 0, sizeof(*answer));
}
