/* SPDX-License-Identifier: MIT
 *
 * See heaps_rows.h.
 */
#include "heaps_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name_pattern.h"
#include "text.h"

const struct heaps_field heaps_rows_fields[] = {
#define FIELD(name, has_sum)                                                                       \
    {                                                                                              \
#name, offsetof(struct heaps_row, statistics.name), has_sum, 0                             \
    }
#define FIGURE(name, figure)                                                                       \
    {                                                                                              \
        name, offsetof(struct heaps_row, statistics.figures.values[figure]), true, 1u << (figure)  \
    }
    { "bytes_in_use", offsetof(struct heaps_row, bytes_in_use), true, 0 },
    { "blocks_in_use", offsetof(struct heaps_row, blocks_in_use), true, 0 },
    FIELD(allocation_count, true),
    FIELD(free_count, true),
    FIELD(reallocation_count, true),
    FIELD(allocated_bytes, true),
    FIELD(usable_bytes, true),
    FIELD(freed_bytes, true),
    FIELD(requested_bytes, true),
    FIELD(reallocated_bytes, true),
    FIELD(peak_bytes, false),
    FIELD(peak_blocks, false),
    FIELD(largest_bytes, false),
    FIELD(failure_count, true),
    FIELD(reserved_bytes, true),
    FIELD(committed_bytes, true),
    FIELD(unmatched_count, true),
    FIELD(lost_count, true),
    FIELD(open_time, false),
    FIGURE("allocator_held_bytes", FIGURE_HELD),
    FIGURE("allocator_free_bytes", FIGURE_FREE),
    FIGURE("allocator_cached_bytes", FIGURE_CACHED),
    FIGURE("allocator_releasable_bytes", FIGURE_RELEASABLE),
    FIGURE("allocator_free_elsewhere_bytes", FIGURE_ELSEWHERE),
    FIGURE("allocator_arenas", FIGURE_ARENAS),
    FIGURE("allocator_overhead_bytes", FIGURE_OVERHEAD),
    { "allocator_time", offsetof(struct heaps_row, statistics.figures.time), false,
      (1u << FIGURE_COUNT) - 1 },
#undef FIGURE
#undef FIELD
    { NULL, 0, false, 0 },
};

uint64_t heaps_row_number(const struct heaps_row *row, size_t offset)
{
    uint64_t number;

    memcpy(&number, (const char *)row + offset, sizeof(number));
    return number;
}

bool heaps_row_is_known(const struct heaps_row *row, const struct heaps_field *field)
{
    return !field->known || (row->statistics.figures.known & field->known) != 0;
}

/* Split "<process>:<pid>:<heap>". Any other name is the heap's. */
static void split_name(struct heaps_row *row)
{
    char middle[16];
    const char *found;
    size_t length = (size_t)snprintf(middle, sizeof(middle), ":%" PRIu32 ":", row->process_id);

    row->process[0] = 0;
    memcpy(row->heap, row->name, sizeof(row->heap));
    found = strstr(row->name, middle);
    if (!found)
        return;
    memcpy(row->process, row->name, (size_t)(found - row->name));
    row->process[found - row->name] = 0;
    memmove(row->heap, row->heap + (found - row->name) + length, strlen(found + length) + 1);
}

static bool is_wanted(const struct heaps_filter *filter, const struct heaps_row *row)
{
    return (!filter->process || name_pattern_matches_any_case(filter->process, row->process)) &&
           (!filter->process_id || filter->process_id == row->process_id) &&
           (!filter->heap || name_pattern_matches_any_case(filter->heap, row->heap));
}

DWORD heaps_rows_read(struct region_reader *reader, const struct heaps_filter *filter,
                      struct heaps_row **rows, size_t *row_count, size_t *heap_count)
{
    const struct heap_view *heaps = region_reader_heaps(reader, heap_count);
    struct heaps_row *found = calloc(*heap_count + 1, sizeof(*found));

    if (!found)
        return ERROR_NOT_ENOUGH_MEMORY;
    *row_count = 0;
    for (size_t i = 0; i < *heap_count; i++) {
        struct heaps_row *row = &found[*row_count];
        text_to_utf8(heaps[i].name, heaps[i].name_length, row->name, sizeof(row->name));
        row->process_id = heaps[i].process_id;
        split_name(row);
        if ((filter->is_local && heaps[i].is_foreign) || !is_wanted(filter, row) ||
            region_reader_read(reader, i, &row->statistics))
            continue;
        row->bytes_in_use = row->statistics.in_use_bytes;
        row->statistics.unmatched_count += row->statistics.excess_free_count;
        row->blocks_in_use = row->statistics.allocation_count - row->statistics.free_count;
        (*row_count)++;
    }
    *rows = found;
    return ERROR_SUCCESS;
}

void heaps_rows_add_up(const struct heaps_row *rows, size_t count, struct heaps_row *total)
{
    memset(total, 0, sizeof(*total));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; heaps_rows_fields[k].key; k++) {
            uint64_t sum = heaps_row_number(total, heaps_rows_fields[k].offset);
            uint64_t more = heaps_row_number(&rows[i], heaps_rows_fields[k].offset);
            sum = !heaps_rows_fields[k].has_sum ? 0
                  : more > UINT64_MAX - sum     ? UINT64_MAX
                                                : sum + more;
            memcpy((char *)total + heaps_rows_fields[k].offset, &sum, sizeof(sum));
        }
        total->statistics.figures.known |= rows[i].statistics.figures.known;
    }
}

/* Data for the comparison, for which qsort has no argument: the position of the statistic, and
   the original order. */
struct sortable {
    uint64_t number;
    size_t place;
};

static int compare(const void *left, const void *right)
{
    const struct sortable *a = left, *b = right;

    if (a->number != b->number)
        return a->number > b->number ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

void heaps_rows_sort(struct heaps_row *rows, size_t count, size_t offset)
{
    struct sortable *order = calloc(count + 1, sizeof(*order));
    struct heaps_row *copy = calloc(count + 1, sizeof(*copy));

    for (size_t i = 0; order && copy && i < count; i++)
        order[i] = (struct sortable){ heaps_row_number(&rows[i], offset), i };
    if (order && copy) {
        qsort(order, count, sizeof(*order), compare);
        memcpy(copy, rows, count * sizeof(*copy));
        for (size_t i = 0; i < count; i++)
            rows[i] = copy[order[i].place];
    }
    free(order);
    free(copy);
}
