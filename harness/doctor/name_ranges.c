/* SPDX-License-Identifier: MIT
 *
 * Ranges and runs, see name_ranges.h: both are in the order of indices, so one walk finds the runs.
 */
#include "name_ranges.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "perf_names.h"

static int compare_ranges(const void *left, const void *right)
{
    const struct name_range *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->last != b->last)
        return a->last < b->last ? -1 : 1;
    return a->service < b->service ? -1 : 1;
}

static bool append(struct name_run **runs, size_t *count, size_t *capacity,
                   const struct name_run *run)
{
    struct name_run *more = array_reserve(*runs, capacity, *count + 1, sizeof(*more));

    if (!more)
        return false;
    *runs = more;
    (*runs)[(*count)++] = *run;
    return true;
}

/* Add an ownerless name. It continues the last run and the last part, or begins new ones. */
static bool add_name(struct name_ranges *ranges, uint32_t index, bool is_new)
{
    const struct name_run alone = { index, index, 1 };
    struct name_run *run = is_new ? NULL : &ranges->runs[ranges->run_count - 1];
    bool is_gap = is_new || index - ranges->parts[ranges->part_count - 1].last != 2;

    if (is_gap && !append(&ranges->parts, &ranges->part_count, &ranges->part_capacity, &alone))
        return false;
    if (!run)
        return append(&ranges->runs, &ranges->run_count, &ranges->run_capacity, &alone);
    run->last = index;
    run->count++;
    if (!is_gap) {
        ranges->parts[ranges->part_count - 1].last = index;
        ranges->parts[ranges->part_count - 1].count++;
    }
    return true;
}

static bool find_runs(struct name_ranges *ranges, const struct machine_table *names)
{
    uint32_t reach = PERF_SYSTEM_LAST_INDEX; /* indices up to it have an owner */
    bool is_new = true;
    size_t next = 0;

    for (size_t i = machine_table_from(names, PERF_SYSTEM_LAST_INDEX + 1); i < names->count; i++) {
        uint32_t index = names->names[i].index;
        for (; next < ranges->range_count && ranges->ranges[next].first <= index; next++) {
            is_new = true;
            reach = ranges->ranges[next].reach; /* it never falls */
        }
        if (index <= reach || index % 2)
            continue;
        if (!add_name(ranges, index, is_new))
            return false;
        is_new = false;
    }
    return true;
}

static int compare_spans(const void *left, const void *right)
{
    const struct name_run *a = left, *b = right;
    uint32_t a_span = a->last - a->first, b_span = b->last - b->first;

    if (a_span != b_span)
        return a_span < b_span ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* Parts, and runs that have gaps, by span. */
static bool sort_by_span(struct name_ranges *ranges)
{
    for (size_t i = 0; i < ranges->part_count; i++)
        if (!append(&ranges->blocks, &ranges->block_count, &ranges->block_capacity,
                    &ranges->parts[i]))
            return false;
    for (size_t i = 0; i < ranges->run_count; i++) {
        const struct name_run run = ranges->runs[i];
        if ((size_t)(run.last - run.first) / 2 + 1 != run.count &&
            !append(&ranges->blocks, &ranges->block_count, &ranges->block_capacity, &run))
            return false;
    }
    if (ranges->block_count)
        qsort(ranges->blocks, ranges->block_count, sizeof(*ranges->blocks), compare_spans);
    return true;
}

DWORD name_ranges_sort(struct name_ranges *ranges, const struct machine_table *names)
{
    size_t farthest = 0;

    if (ranges->range_count)
        qsort(ranges->ranges, ranges->range_count, sizeof(*ranges->ranges), compare_ranges);
    for (size_t i = 0; i < ranges->range_count; i++) {
        farthest = ranges->ranges[i].last > ranges->ranges[farthest].last ? i : farthest;
        ranges->ranges[i].farthest = farthest;
        ranges->ranges[i].reach = ranges->ranges[farthest].last;
    }
    if (names && !find_runs(ranges, names))
        return ERROR_NOT_ENOUGH_MEMORY;
    return sort_by_span(ranges) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

const struct name_range *name_ranges_overlap(const struct name_ranges *ranges, uint32_t first,
                                             uint32_t last, const struct machine_service *except)
{
    size_t low = 0, high = ranges->range_count;

    while (low < high) { /* how many begin at or below `last` */
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].first <= last)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && ranges->ranges[low - 1].reach >= first) {
        const struct name_range *farthest = &ranges->ranges[ranges->ranges[low - 1].farthest];
        if (farthest->service != except)
            return farthest;
        if (ranges->ranges[low - 1].last >= first && ranges->ranges[low - 1].service != except)
            return &ranges->ranges[low - 1];
        low--;
    }
    return NULL;
}

static const struct name_run *find_run(const struct name_run *runs, size_t count, uint32_t index)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs[middle].last < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && runs[low].first <= index ? &runs[low] : NULL;
}

const struct name_run *name_ranges_run_at(const struct name_ranges *ranges, uint32_t index)
{
    return find_run(ranges->runs, ranges->run_count, index);
}

const struct name_run *name_ranges_part_at(const struct name_ranges *ranges, uint32_t index)
{
    return find_run(ranges->parts, ranges->part_count, index);
}

const struct name_run *name_ranges_run_of_span(const struct name_ranges *ranges, uint32_t span,
                                               size_t *at)
{
    size_t low = *at, high = ranges->block_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->blocks[middle].last - ranges->blocks[middle].first < span)
            low = middle + 1;
        else
            high = middle;
    }
    if (low >= ranges->block_count)
        return NULL;
    *at = low + 1;
    return ranges->blocks[low].last - ranges->blocks[low].first == span ? &ranges->blocks[low]
                                                                        : NULL;
}

void name_ranges_release(struct name_ranges *ranges)
{
    free(ranges->ranges);
    free(ranges->runs);
    free(ranges->parts);
    free(ranges->blocks);
    memset(ranges, 0, sizeof(*ranges));
}
