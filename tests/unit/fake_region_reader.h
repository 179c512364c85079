/* SPDX-License-Identifier: MIT
 *
 * A region reader that a test controls, in place of the real one: the test sets the heaps, their
 * figures, and which of them have changed.
 */
#ifndef FAKE_REGION_READER_H
#define FAKE_REGION_READER_H

#include <string.h>

#include "os.h"
#include "region_reader.h"

#define HEAP_LIMIT 12
static struct heap_view views[HEAP_LIMIT];
static struct heap_totals statistics[HEAP_LIMIT];
static bool has_changed[HEAP_LIMIT];
static uint64_t generation = 1;
static size_t view_count;
/* position of a heap that cannot be read; SIZE_MAX if there is none */
static size_t vanished = SIZE_MAX;
static struct region_counts region_counts;
static DWORD open_error, refresh_error;
static int readers_open, reads;

struct region_reader {
    int unused;
};

void region_reader_limit_answer(struct region_reader *reader, size_t fixed_size,
                                size_t instance_size)
{
    (void)reader;
    (void)fixed_size;
    (void)instance_size;
}

DWORD region_reader_open(struct region_reader **reader)
{
    static struct region_reader the_reader;

    if (open_error)
        return open_error;
    readers_open++;
    *reader = &the_reader;
    return ERROR_SUCCESS;
}

void region_reader_close(struct region_reader *reader)
{
    if (reader)
        readers_open--;
}

DWORD region_reader_refresh(struct region_reader *reader)
{
    (void)reader;
    return refresh_error;
}

const struct heap_view *region_reader_heaps(const struct region_reader *reader, size_t *count)
{
    (void)reader;
    *count = view_count;
    return views;
}

uint64_t region_reader_generation(const struct region_reader *reader)
{
    (void)reader;
    return generation;
}

size_t region_reader_changed(const struct region_reader *reader, size_t *from, size_t indexes[],
                             size_t capacity)
{
    size_t found = 0;

    (void)reader;
    for (; *from < view_count && found < capacity; ++*from)
        if (has_changed[*from])
            indexes[found++] = *from;
    return found;
}

DWORD region_reader_read(struct region_reader *reader, size_t index, struct heap_totals *result)
{
    (void)reader;
    reads++;
    if (index == vanished)
        return ERROR_NOT_FOUND;
    *result = statistics[index];
    has_changed[index] = false;
    return ERROR_SUCCESS;
}

static int holds;

void region_reader_hold(struct region_reader *reader)
{
    (void)reader;
    holds++;
}

void region_reader_release(struct region_reader *reader)
{
    (void)reader;
    holds--;
}

void region_reader_counts(const struct region_reader *reader, struct region_counts *counts)
{
    (void)reader;
    *counts = region_counts;
}

void region_reader_refusals(struct region_reader *reader, struct region_refusals *refusals)
{
    (void)reader;
    refusals->count = 0;
}

static inline void set_figures(size_t index, uint64_t seed)
{
    uint64_t *totals = (uint64_t *)&statistics[index];

    for (size_t i = 0; i < sizeof(*statistics) / sizeof(uint64_t); i++)
        totals[i] = seed * (i + 1);
    statistics[index].figures = (struct heap_figures){ 0 };
    statistics[index].free_count = seed / 2;
    statistics[index].freed_bytes = seed / 4;
    statistics[index].in_use_bytes = seed * 3;
    statistics[index].peak_bytes = 10 * seed;
    has_changed[index] = true;
}

static inline void add_heap(const WCHAR *name, uint16_t length, uint32_t process_id, uint64_t seed)
{
    static uint64_t serial;

    views[view_count] = (struct heap_view){ name, length, process_id, 1, 0, ++serial, false };
    set_figures(view_count, seed);
    statistics[view_count].open_time = os_clock_ticks() - 1000 * view_count;
    view_count++;
    generation++;
}

static inline void remove_heap(size_t index)
{
    view_count--;
    for (size_t i = index; i < view_count; i++) {
        views[i] = views[i + 1];
        statistics[i] = statistics[i + 1];
        has_changed[i] = has_changed[i + 1];
    }
    generation++;
}

/* The heap's allocator reported these figures; each has a number of its own. */
static inline void add_figures(size_t index, uint32_t known)
{
    struct heap_figures *figures = &statistics[index].figures;

    *figures = (struct heap_figures){ .allocator = ALLOCATOR_GLIBC, .known = known, .time = 12345 };
    for (uint32_t i = 0; i < FIGURE_COUNT; i++)
        if (known & 1u << i)
            figures->values[i] = 1000 * (i + 1) + index;
}

#endif /* FAKE_REGION_READER_H */
