/* SPDX-License-Identifier: MIT
 *
 * The functions of glibc, jemalloc, mimalloc and tcmalloc, found with dlsym: see allocator_ask.h.
 */
#define _GNU_SOURCE
#include "allocator_ask.h"

#include <malloc.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "library_of.h"
#include "os.h"

#define SEGMENT_SHIFT 25 /* mimalloc's segments are aligned to 32 MiB */
#define SEGMENT_SIZE ((size_t)1 << SEGMENT_SHIFT)
#define SEGMENTS 4096u    /* 128 GiB; a power of two */
#define ARENA_LIMIT 4096u /* jemalloc's own limit */
#define ALL_ARENAS "4096" /* MALLCTL_ARENAS_ALL */
#define LINE_SIZE 512     /* bytes; chosen: the rest of a longer line is skipped */

static struct {
    struct mallinfo2 (*mallinfo2)(void);
    int (*malloc_info)(int, FILE *);
    int (*mallctl)(const char *, void *, size_t *, void *, size_t);
    bool (*mi_is_in_heap_region)(const void *);
    int (*tc_property)(const char *, size_t *);
} functions;

static void set(struct heap_figures *figures, enum region_figure figure, uint64_t value)
{
    figures->values[figure] = value;
    figures->known |= 1u << figure;
}

static void set_computed(struct heap_figures *figures, enum region_figure figure, uint64_t value)
{
    set(figures, figure, value);
    figures->computed |= 1u << figure;
}

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

static uint64_t page_size(void)
{
    static uint64_t size;

    if (!size)
        size = (uint64_t)sysconf(_SC_PAGESIZE);
    return size;
}

/* ---- glibc --------------------------------------------------------------------------------- */

/* Read the lines of malloc_info: for each arena, the sizes of its free chunks. */
struct arena_listing {
    char line[LINE_SIZE];
    size_t length;
    uint64_t arenas, free, most_free, releasable;
    uint64_t arena_free, listed_free; /* of the arena that is being listed */
    bool is_in_arena;
};

/* The number of an attribute of the line; 0: it has none. */
static uint64_t attribute(const char *line, const char *name)
{
    const char *found = strstr(line, name);

    return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

/* The bytes in whole pages inside `count` free chunks. On average one page of each chunk is not
   whole: it is shared with the neighbours at both ends. */
static uint64_t whole_pages(uint64_t bytes, uint64_t count)
{
    return less(bytes, count * page_size());
}

static void read_line(struct arena_listing *listing)
{
    const char *line = listing->line;

    if (strncmp(line, "<heap ", 6) == 0) {
        listing->is_in_arena = true;
        listing->arenas++;
        listing->arena_free = listing->listed_free = 0;
    } else if (strncmp(line, "</heap>", 7) == 0) {
        /* The rest of the free bytes, which is in no list, is the chunk at the arena's top. */
        listing->releasable += whole_pages(less(listing->arena_free, listing->listed_free), 1);
        listing->free += listing->arena_free;
        if (listing->arena_free > listing->most_free)
            listing->most_free = listing->arena_free;
        listing->is_in_arena = false;
    } else if (!listing->is_in_arena) {
        return;
    } else if (strncmp(line, "<total type=\"rest\"", 18) == 0 ||
               strncmp(line, "<total type=\"fast\"", 18) == 0) {
        listing->arena_free += attribute(line, "size=\"");
    } else if (strncmp(line, "<size ", 6) == 0 || strncmp(line, "<unsorted ", 10) == 0) {
        const uint64_t bytes = attribute(line, "total=\"");

        listing->listed_free += bytes;
        listing->releasable += whole_pages(bytes, attribute(line, "count=\""));
    }
}

static ssize_t write_listing(void *cookie, const char *text, size_t size)
{
    struct arena_listing *listing = cookie;

    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n') {
            if (listing->length < LINE_SIZE - 1 && (listing->length || text[i] != ' '))
                listing->line[listing->length++] = text[i];
            continue;
        }
        listing->line[listing->length] = 0;
        listing->length = 0;
        read_line(listing);
    }
    return (ssize_t)size;
}

/* The stream is made once and kept: making it allocates. */
static void ask_arenas(struct heap_figures *figures)
{
    static struct arena_listing listing;
    static _Alignas(OS_TABLE_ALIGNMENT) char buffer[4096];
    static FILE *stream;

    memset(&listing, 0, sizeof(listing));
    if (!stream) {
        stream = fopencookie(&listing, "w", (cookie_io_functions_t){ .write = write_listing });
        if (!stream)
            return;
        __fsetlocking(stream, FSETLOCKING_BYCALLER);
        setvbuf(stream, buffer, _IOFBF, sizeof(buffer));
    }
    if (functions.malloc_info(0, stream) || fflush_unlocked(stream) || !listing.arenas)
        return;
    set(figures, FIGURE_ARENAS, listing.arenas);
    set(figures, FIGURE_ELSEWHERE, less(listing.free, listing.most_free));
    set_computed(figures, FIGURE_RELEASABLE, listing.releasable);
}

static void ask_glibc(bool is_thorough, struct heap_figures *figures)
{
    const struct mallinfo2 info = functions.mallinfo2();
    const uint64_t in_bins = less(less(info.fordblks, info.keepcost), info.fsmblks);

    set(figures, FIGURE_HELD, (uint64_t)info.arena + info.hblkhd);
    set(figures, FIGURE_FREE, info.fordblks);
    set_computed(figures, FIGURE_RELEASABLE,
                 whole_pages(info.keepcost, 1) + whole_pages(in_bins, info.ordblks));
    if (is_thorough && functions.malloc_info)
        ask_arenas(figures);
}

/* ---- jemalloc ------------------------------------------------------------------------------ */

static bool read_size(const char *name, uint64_t *value)
{
    size_t read = 0, size = sizeof(read);
    bool is_there = functions.mallctl(name, &read, &size, NULL, 0) == 0 && size == sizeof(read);

    *value = is_there ? read : 0;
    return is_there;
}

/* Arenas that hold pages, and the free bytes outside the one that has most of them. */
static void ask_jemalloc_arenas(struct heap_figures *figures, uint64_t page)
{
    unsigned count = 0;
    size_t size = sizeof(count);
    uint64_t used = 0, sum = 0, most = 0;

    if (functions.mallctl("arenas.narenas", &count, &size, NULL, 0))
        return;
    for (unsigned i = 0; i < count && i < ARENA_LIMIT; i++) {
        static const char *const parts[] = { "pactive", "pdirty", "small.allocated",
                                             "large.allocated" };
        uint64_t values[4] = { 0 };
        char name[64];

        for (size_t k = 0; k < 4; k++) {
            snprintf(name, sizeof(name), "stats.arenas.%u.%s", i, parts[k]);
            if (!read_size(name, &values[k]) && k == 0)
                break;
        }
        const uint64_t mine = less((values[0] + values[1]) * page, values[2] + values[3]);
        used += values[0] + values[1] != 0;
        sum += mine;
        most = mine > most ? mine : most;
    }
    set(figures, FIGURE_ARENAS, used);
    set(figures, FIGURE_ELSEWHERE, sum - most);
}

static void ask_jemalloc(struct heap_figures *figures)
{
    uint64_t epoch = 1, page = 0, resident, metadata, allocated, cached, dirty;
    size_t size = sizeof(epoch);

    /* The figures are those of the last epoch: begin a new one. */
    if (functions.mallctl("epoch", &epoch, &size, &epoch, sizeof(epoch)) ||
        !read_size("arenas.page", &page) || !read_size("stats.resident", &resident) ||
        !read_size("stats.metadata", &metadata) || !read_size("stats.allocated", &allocated))
        return; /* it was built without statistics */
    set(figures, FIGURE_HELD, resident);
    set(figures, FIGURE_OVERHEAD, metadata);
    /* "allocated" includes what is in thread caches. */
    set(figures, FIGURE_FREE, less(less(resident, metadata), allocated));
    if (read_size("stats.arenas." ALL_ARENAS ".tcache_bytes", &cached))
        set(figures, FIGURE_CACHED, cached);
    if (read_size("stats.arenas." ALL_ARENAS ".pdirty", &dirty))
        set(figures, FIGURE_RELEASABLE, dirty * page);
    ask_jemalloc_arenas(figures, page);
}

/* ---- mimalloc ------------------------------------------------------------------------------ */

/* Segments in which blocks were seen, by address >> SEGMENT_SHIFT; 0: free. Written by any thread. */
static _Alignas(OS_TABLE_ALIGNMENT) _Atomic uint64_t segments[SEGMENTS];

static void note_segment(uint64_t number)
{
    for (uint32_t i = (uint32_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 40), tries = 0;
         tries < SEGMENTS; i++, tries++) {
        _Atomic uint64_t *place = &segments[i & (SEGMENTS - 1)];
        uint64_t there = atomic_load_explicit(place, memory_order_relaxed);

        if (there == number ||
            (there == 0 &&
             (atomic_compare_exchange_strong(place, &there, number) || there == number)))
            return;
    }
}

void allocator_ask_note(uintptr_t address, uint64_t size)
{
    const uint64_t first = address >> SEGMENT_SHIFT;
    const uint64_t last = (address + (size ? size - 1 : 0)) >> SEGMENT_SHIFT;

    for (uint64_t number = first; number <= last && number - first < SEGMENTS; number++)
        note_segment(number);
}

/* Resident bytes of a segment; 0 if it is not mapped any more. */
static uint64_t resident_bytes(uint64_t number)
{
    static _Alignas(OS_TABLE_ALIGNMENT) unsigned char pages[SEGMENT_SIZE / 4096];
    void *begin = (void *)(uintptr_t)(number << SEGMENT_SHIFT);
    uint64_t count = 0;

    if (mincore(begin, SEGMENT_SIZE, pages))
        return 0;
    for (size_t i = 0; i < SEGMENT_SIZE / page_size(); i++)
        count += pages[i] & 1;
    return count * page_size();
}

static void ask_mimalloc(struct heap_figures *figures)
{
    uint64_t resident = 0;

    for (uint32_t i = 0; i < SEGMENTS; i++) {
        const uint64_t number = atomic_load_explicit(&segments[i], memory_order_relaxed);

        if (number)
            resident += resident_bytes(number);
    }
    if (resident)
        set_computed(figures, FIGURE_HELD, resident);
}

/* ---- tcmalloc ------------------------------------------------------------------------------ */

static bool read_property(const char *name, uint64_t *value)
{
    size_t read = 0;
    bool is_there = functions.tc_property(name, &read) != 0;

    *value = is_there ? read : 0;
    return is_there;
}

static void ask_tcmalloc(struct heap_figures *figures)
{
    uint64_t heap, physical, pages, unmapped, central, transfer, thread;

    if (!read_property("generic.heap_size", &heap) ||
        !read_property("tcmalloc.pageheap_free_bytes", &pages) ||
        !read_property("tcmalloc.pageheap_unmapped_bytes", &unmapped) ||
        !read_property("tcmalloc.central_cache_free_bytes", &central) ||
        !read_property("tcmalloc.transfer_cache_free_bytes", &transfer) ||
        !read_property("tcmalloc.thread_cache_free_bytes", &thread))
        return;
    if (!read_property("generic.total_physical_bytes", &physical))
        physical = heap;
    set(figures, FIGURE_HELD, physical);
    set(figures, FIGURE_FREE, pages + central + transfer);
    set(figures, FIGURE_CACHED, thread);
    set(figures, FIGURE_RELEASABLE, pages);
    set(figures, FIGURE_OVERHEAD, less(physical, less(heap, unmapped)));
}

/* ---- all of them --------------------------------------------------------------------------- */

static bool find(void *pointer, const char *name, uintptr_t function)
{
    const uintptr_t found = library_of_function(name);

    if (!found || (function && !library_of_is_same(found, function)))
        return false;
    memcpy(pointer, &found, sizeof(found));
    return true;
}

bool allocator_ask_find(enum region_allocator allocator, uintptr_t function)
{
    switch (allocator) {
    case ALLOCATOR_GLIBC: {
        const uintptr_t info = library_of_function("mallinfo2");

        if (!info || !library_of_is_glibc(info, function ? function : info))
            return false;
        find(&functions.malloc_info, "malloc_info", info);
        return find(&functions.mallinfo2, "mallinfo2", info);
    }
    case ALLOCATOR_JEMALLOC:
        return find(&functions.mallctl, "mallctl", function) ||
               find(&functions.mallctl, "je_mallctl", function);
    case ALLOCATOR_MIMALLOC:
        return find(&functions.mi_is_in_heap_region, "mi_is_in_heap_region", function);
    case ALLOCATOR_TCMALLOC:
        return find(&functions.tc_property, "MallocExtension_GetNumericProperty", function);
    default:
        return false;
    }
}

void allocator_ask(enum region_allocator allocator, bool is_thorough, struct heap_figures *figures)
{
    switch (allocator) {
    case ALLOCATOR_GLIBC:
        ask_glibc(is_thorough, figures);
        break;
    case ALLOCATOR_JEMALLOC:
        ask_jemalloc(figures);
        break;
    case ALLOCATOR_MIMALLOC:
        ask_mimalloc(figures);
        break;
    case ALLOCATOR_TCMALLOC:
        ask_tcmalloc(figures);
        break;
    default:
        break;
    }
}
