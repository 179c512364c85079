/* SPDX-License-Identifier: MIT
 *
 * The rows of `perfharness heaps`: the wanted heaps with their statistics, in the wanted order.
 */
#ifndef HEAPS_ROWS_H
#define HEAPS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region_reader.h"

/** One row: a heap, or a sum of heaps. */
struct heaps_row {
    char name[HEAP_NAME_UTF8_SIZE];
    char process[HEAP_NAME_UTF8_SIZE]; /* its three parts */
    char heap[HEAP_NAME_UTF8_SIZE];
    uint32_t process_id;
    uint64_t bytes_in_use, blocks_in_use;
    struct heap_totals statistics;
};

/** A statistic: its key, its offset in a row, and whether its sum has a meaning. */
struct heaps_field {
    const char *key;
    size_t offset;
    bool has_sum;
    uint32_t known; /* the bit of the figure of an allocator; 0: the statistic is always known */
};

/** Every statistic; the last has a NULL key. */
extern const struct heaps_field heaps_rows_fields[];

/** Which heaps are wanted; a zeroed struct means all. */
struct heaps_filter {
    const char *process, *heap; /* patterns in which * is any text and ? any byte; NULL: any */
    uint32_t process_id;        /* 0: any */
    bool is_local;              /* only heaps of this PID namespace */
};

/** Whether a row's statistic of a field is known. */
bool heaps_row_is_known(const struct heaps_row *row, const struct heaps_field *field);

/** The statistic at a field's offset. */
uint64_t heaps_row_number(const struct heaps_row *row, size_t offset);

/**
 * Read the current totals of the wanted heaps. Heaps that close meanwhile are left out.
 *
 * @param rows        receives memory from malloc
 * @param heap_count  receives the number of heaps, wanted or not
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD heaps_rows_read(struct region_reader *reader, const struct heaps_filter *filter,
                      struct heaps_row **rows, size_t *row_count, size_t *heap_count);

/** Add up the statistics that have a sum; the others are 0. */
void heaps_rows_add_up(const struct heaps_row *rows, size_t count, struct heaps_row *total);

/** Sort by a statistic, the largest first. Equal rows keep their order. */
void heaps_rows_sort(struct heaps_row *rows, size_t count, size_t offset);

#endif /* HEAPS_ROWS_H */
