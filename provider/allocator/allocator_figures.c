/* SPDX-License-Identifier: MIT
 *
 * Names, and the remainders that are the same for all allocators: see allocator_figures.h.
 */
#include "allocator_figures.h"

#include <string.h>

#include "allocator_ask.h"

#define CHUNK_HEADER sizeof(size_t) /* of glibc: a block has so many bytes more than are usable */

static const char *const names[ALLOCATOR_COUNT] = {
    [ALLOCATOR_UNKNOWN] = "unknown",   [ALLOCATOR_GLIBC] = "glibc",
    [ALLOCATOR_JEMALLOC] = "jemalloc", [ALLOCATOR_MIMALLOC] = "mimalloc",
    [ALLOCATOR_TCMALLOC] = "tcmalloc",
};

const char *allocator_figures_name(uint32_t allocator)
{
    return names[allocator < ALLOCATOR_COUNT ? allocator : ALLOCATOR_UNKNOWN];
}

enum region_allocator allocator_figures_named(const char *name)
{
    for (int i = ALLOCATOR_UNKNOWN + 1; i < ALLOCATOR_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum region_allocator)i;
    return ALLOCATOR_UNKNOWN;
}

enum region_allocator allocator_figures_find(enum region_allocator allocator, uintptr_t function)
{
    for (int i = ALLOCATOR_UNKNOWN + 1; i < ALLOCATOR_COUNT; i++)
        if ((allocator == ALLOCATOR_UNKNOWN || (int)allocator == i) &&
            allocator_ask_find((enum region_allocator)i, function))
            return (enum region_allocator)i;
    return ALLOCATOR_UNKNOWN;
}

void allocator_figures_note(enum region_allocator allocator, uintptr_t address, uint64_t size)
{
    if (allocator == ALLOCATOR_MIMALLOC)
        allocator_ask_note(address, size);
}

void allocator_figures_ask(enum region_allocator allocator, bool is_thorough,
                           struct heap_figures *figures)
{
    *figures = (struct heap_figures){ .allocator = allocator };
    allocator_ask(allocator, is_thorough, figures);
}

static void compute(struct heap_figures *figures, enum region_figure figure, uint64_t value)
{
    figures->values[figure] = value;
    figures->known |= 1u << figure;
    figures->computed |= 1u << figure;
}

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

void allocator_figures_complete(struct heap_figures *figures, uint64_t live_bytes,
                                uint64_t live_blocks, bool are_usable)
{
    uint64_t *values = figures->values;

    if (!(figures->known & 1u << FIGURE_HELD))
        return;
    if (figures->allocator == ALLOCATOR_GLIBC) {
        uint64_t rest = less(less(values[FIGURE_HELD], values[FIGURE_FREE]), live_bytes);
        uint64_t headers = live_blocks * CHUNK_HEADER;

        headers = headers < rest && are_usable ? headers : rest;
        compute(figures, FIGURE_OVERHEAD, headers);
        if (are_usable)
            compute(figures, FIGURE_CACHED, rest - headers);
    } else if (!(figures->known & 1u << FIGURE_FREE)) {
        compute(figures, FIGURE_FREE,
                less(less(values[FIGURE_HELD], live_bytes), values[FIGURE_OVERHEAD]));
    }
}
