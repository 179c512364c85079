/* SPDX-License-Identifier: MIT
 *
 * Follows the process image to the heap, its directory, chunks and side table: see
 * live_blocks_reader.h. Nothing is followed that was not copied and checked before.
 */
#include "live_blocks_reader.h"

#include <stdlib.h>
#include <string.h>

#include "address_layout.h"
#include "array.h"
#include "process_image.h"
#include "heap_state.h"
#include "os_thread.h"

#define BYTE_LIMIT ((uint64_t)64 << 30)                /* most bytes that are copied for one heap */
#define ADDRESS_BITS (sizeof(void *) == 8 ? 47u : 32u) /* of the address space of a process */
/* An address space has 2^(ADDRESS_BITS - CHUNK_BITS) chunks, and a directory fewer than six slots for each. */
#define DIRECTORY_BITS_LIMIT (ADDRESS_BITS - CHUNK_BITS + 3)
#define CAPACITY_LIMIT (4u << CHUNK_BITS) /* slots of a chunk's table */
/* Slots of the side table. 47 bits of addresses have space for 2^19 blocks whose size is in it, and the table has
   at most four slots for each. */
#define LARGE_LIMIT ((size_t)1 << 21)
#define PIECE 1024u      /* slots or heaps that are copied together */
#define CHUNK_TRIES 200u /* until two copies in a row are equal */
/* What all tries after the first one of a chunk or of the side table may cost together: a hostile process lets
   each of them fail. On a loaded machine a yield can take milliseconds. Chosen. */
#define SPARE_TRIES 20000u
#define SPARE_TIME_MS 2000u
/* Entries of the side table that are compared, of all blocks together. A table that is half full needs one or two
   for each block. */
/* What the first tries of a visit may copy: this many times the memory that the process uses, of which the tables of
   its heaps are a part, and some more. A table is copied twice; a visit that finds another directory begins
   again. A hostile process uses one table for many chunks. Chosen. */
#define FIRST_TIMES 8u
#define FIRST_SPARE ((uint64_t)64 << 20)
#define PROBE_LIMIT (2 * (uint64_t)LARGE_LIMIT)
#define MISSED_LIMIT 1000u /* invalid chunks, after which the visit ends */
#define WALK_TRIES 10u     /* until the directory stays unchanged during a walk */

/* The writer is changing this: read it again. */
#define LOOK_AGAIN 1237 /* ERROR_RETRY */

struct live_blocks_visit {
    const struct os_process *process;
    uint32_t number;
    uint64_t bytes_left;
    uint64_t first_bytes_left; /* of all but spare tries */
    bool is_spare;             /* a spare try is in progress */
    uint64_t map;              /* address of the heap's struct address_map */
    struct live_blocks *live;
    uint64_t *tables[2];        /* two copies of a chunk's table */
    size_t table_capacities[2]; /* slots for which `tables` have memory */
    struct address_large *large;
    size_t large_capacity;
    bool has_read_large;
    uint64_t probes_left;
    uint32_t spare_tries;
    uint64_t spare_ticks,
        spare_begin; /* of os_clock_ticks: what spare tries took; when the last one began */
};

static DWORD copy(struct live_blocks_visit *visit, uint64_t address, void *memory, size_t size)
{
    if (size > visit->bytes_left)
        return ERROR_INVALID_DATA;
    visit->bytes_left -= size;
    if (!visit->is_spare)
        visit->first_bytes_left -= size < visit->first_bytes_left ? size : visit->first_bytes_left;
    return os_process_read(visit->process, address, memory, size);
}

static bool is_gone(DWORD error)
{
    return error == ERROR_ACCESS_DENIED || error == ERROR_NOT_FOUND ||
           error == ERROR_NOT_ENOUGH_MEMORY || error == ERROR_INVALID_DATA;
}

/* ---- spare tries --------------------------------------------------------------------- */

/* Begin a try after the first one. Returns false if there have been too many, or they took too long. */
static bool spare_begin(struct live_blocks_visit *visit)
{
    if (visit->spare_tries == 0 ||
        visit->spare_ticks >= os_clock_frequency() / 1000 * SPARE_TIME_MS)
        return false;
    visit->spare_tries--;
    visit->spare_begin = os_clock_ticks();
    visit->is_spare = true;
    return true;
}

static void spare_end(struct live_blocks_visit *visit)
{
    visit->spare_ticks += os_clock_ticks() - visit->spare_begin;
    visit->is_spare = false;
}

/* ---- the way to the heap ------------------------------------------------------------- */

static DWORD read_image(struct live_blocks_visit *visit, uint64_t address,
                        struct process_image *image)
{
    DWORD error = address == 0 ? ERROR_NOT_SUPPORTED : copy(visit, address, image, sizeof(*image));

    if (error)
        return error;
    if (image->magic != PROCESS_IMAGE_MAGIC)
        return ERROR_INVALID_DATA;
    if (image->version != PROCESS_IMAGE_VERSION || image->pointer_size != sizeof(void *) ||
        image->heap_size != sizeof(struct tracked_heap) ||
        image->chunk_size != sizeof(struct address_chunk))
        return ERROR_NOT_SUPPORTED;
    return ERROR_SUCCESS;
}

/* Find the heap of that number in a segment. */
static DWORD find_in_segment(struct live_blocks_visit *visit, uint64_t segment, uint64_t count,
                             struct tracked_heap *heaps)
{
    for (uint64_t i = 0; i < count; i += PIECE) {
        size_t piece = count - i < PIECE ? (size_t)(count - i) : PIECE;
        uint64_t address = segment + i * sizeof(*heaps);
        DWORD error = copy(visit, address, heaps, piece * sizeof(*heaps));
        if (error)
            return error;
        for (size_t k = 0; k < piece; k++) {
            if (atomic_load_explicit(&heaps[k].number, memory_order_relaxed) != visit->number)
                continue;
            if (atomic_load_explicit(&heaps[k].flags, memory_order_relaxed) & HEAP_HAS_NO_TABLE)
                return ERROR_NOT_READY;
            visit->map = address + k * sizeof(*heaps) + offsetof(struct tracked_heap, map);
            return ERROR_SUCCESS;
        }
    }
    return ERROR_NO_MORE_ITEMS;
}

static DWORD find_heap(struct live_blocks_visit *visit, const struct process_image *image)
{
    uintptr_t segments[PROCESS_IMAGE_SEGMENTS];
    struct tracked_heap *heaps;
    DWORD error = copy(visit, image->segments, segments, sizeof(segments));

    if (error)
        return error;
    heaps = malloc(PIECE * sizeof(*heaps));
    if (!heaps)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = ERROR_NO_MORE_ITEMS;
    for (uint32_t i = 0; i < PROCESS_IMAGE_SEGMENTS && error == ERROR_NO_MORE_ITEMS; i++)
        if (segments[i])
            error = find_in_segment(visit, segments[i],
                                    region_segment_count(PROCESS_IMAGE_FIRST_HEAPS, i), heaps);
    free(heaps);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_NOT_FOUND : error;
}

/* ---- large blocks -------------------------------------------------------------------- */

/* Copy the side table if two copies in a row are equal. */
static DWORD read_large(struct live_blocks_visit *visit)
{
    struct address_map map;
    DWORD error = copy(visit, visit->map, &map, sizeof(map));

    if (error)
        return error;
    if (map.large_capacity > LARGE_LIMIT || (map.large_capacity & (map.large_capacity - 1)))
        return LOOK_AGAIN;
    free(visit->large);
    visit->large = NULL;
    visit->large_capacity = 0;
    if (map.large_capacity == 0)
        return ERROR_SUCCESS;
    size_t size = map.large_capacity * sizeof(*visit->large);
    struct address_large *table = malloc(size), *again = malloc(size);
    error = table && again ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        error = copy(visit, (uintptr_t)map.large, table, size);
    if (!error)
        error = copy(visit, (uintptr_t)map.large, again, size);
    if (!error && memcmp(table, again, size) != 0)
        error = LOOK_AGAIN;
    free(again);
    if (error) {
        free(table);
        return error;
    }
    visit->large = table;
    visit->large_capacity = map.large_capacity;
    return ERROR_SUCCESS;
}

static bool large_known(struct live_blocks_visit *visit, uintptr_t address, size_t *size)
{
    size_t i = address_large_home(visit->large_capacity, address);

    for (size_t n = 0; n < visit->large_capacity && visit->probes_left; n++) {
        const struct address_large *entry = &visit->large[i];
        visit->probes_left--;
        if (entry->address == 0)
            return false;
        if (entry->address == address) {
            *size = entry->size;
            return true;
        }
        i = (i + 1) & (visit->large_capacity - 1);
    }
    return false;
}

/* The size of a block in the side table. The copy may be older than the block: it is read again, once without
   a change meanwhile. If that fails, the block counts as missed. */
static bool large_size(struct live_blocks_visit *visit, uintptr_t address, size_t *size)
{
    DWORD error = LOOK_AGAIN;

    while (!large_known(visit, address, size)) {
        const bool is_spare = visit->has_read_large;
        if (!error && visit->probes_left)
            return false; /* it was freed meanwhile */
        if (is_gone(error) || !visit->probes_left || (is_spare && !spare_begin(visit))) {
            visit->live->missed_count++;
            return false;
        }
        error = read_large(visit);
        visit->has_read_large = true;
        if (is_spare)
            spare_end(visit);
    }
    return true;
}

/* ---- chunks -------------------------------------------------------------------------- */

static DWORD reserve_tables(struct live_blocks_visit *visit, size_t count)
{
    for (int i = 0; i < 2; i++) {
        uint64_t *table =
            array_reserve(visit->tables[i], &visit->table_capacities[i], count, sizeof(*table));
        if (!table)
            return ERROR_NOT_ENOUGH_MEMORY;
        visit->tables[i] = table;
    }
    return ERROR_SUCCESS;
}

/* Make one try. Returns LOOK_AGAIN if the writer is changing the chunk. */
static DWORD read_chunk_once(struct live_blocks_visit *visit, uint64_t address,
                             struct address_chunk *chunk)
{
    struct address_chunk again;
    DWORD error = copy(visit, address, chunk, sizeof(*chunk));

    if (error)
        return error;
    if (atomic_load_explicit(&chunk->lock.held, memory_order_relaxed))
        return LOOK_AGAIN;
    if (atomic_load_explicit(&chunk->key, memory_order_relaxed) == 0 ||
        chunk->owner != visit->number)
        chunk->count = 0; /* retired, or used by another heap by now */
    if (chunk->count == 0)
        return ERROR_SUCCESS;
    if (chunk->capacity > CAPACITY_LIMIT)
        return LOOK_AGAIN;
    size_t size = chunk->capacity * sizeof(uint64_t);
    if ((error = reserve_tables(visit, chunk->capacity)) != ERROR_SUCCESS ||
        (error = copy(visit, (uintptr_t)chunk->table, visit->tables[0], size)) != ERROR_SUCCESS ||
        (error = copy(visit, (uintptr_t)chunk->table, visit->tables[1], size)) != ERROR_SUCCESS ||
        (error = copy(visit, address, &again, sizeof(again))) != ERROR_SUCCESS)
        return error;
    uint32_t count = 0;
    for (uint32_t i = 0; i < chunk->capacity; i++)
        count += visit->tables[0][i] != 0;
    if (memcmp(chunk, &again, sizeof(again)) != 0 || count != chunk->count ||
        memcmp(visit->tables[0], visit->tables[1], size) != 0)
        return LOOK_AGAIN;
    return ERROR_SUCCESS;
}

static DWORD read_chunk(struct live_blocks_visit *visit, uint64_t address)
{
    struct address_chunk chunk;

    if (visit->live->missed_count >= MISSED_LIMIT || visit->first_bytes_left == 0) {
        visit->live->missed_count++;
        return ERROR_SUCCESS;
    }
    DWORD error = read_chunk_once(visit, address, &chunk);
    for (uint32_t i = 1; i < CHUNK_TRIES && error && !is_gone(error) && spare_begin(visit); i++) {
        os_thread_yield();
        error = read_chunk_once(visit, address, &chunk);
        spare_end(visit);
    }
    if (is_gone(error))
        return error;
    if (error) {
        visit->live->missed_count++;
        return ERROR_SUCCESS;
    }
    if (chunk.count == 0)
        return ERROR_SUCCESS;
    uintptr_t base = (atomic_load_explicit(&chunk.key, memory_order_relaxed) - 1) << CHUNK_BITS;
    for (uint32_t i = 0; i < chunk.capacity; i++) {
        uint64_t entry = visit->tables[0][i];
        size_t size = 0;
        if (entry == 0)
            continue;
        if (!entry_is_large(entry))
            size = entry_size(entry);
        else if (!large_size(visit, base | entry_offset(entry), &size))
            continue; /* it was freed meanwhile */
        live_blocks_add(visit->live, (uint16_t)(entry >> SITE_SHIFT), size);
    }
    return ERROR_SUCCESS;
}

static DWORD read_directory(struct live_blocks_visit *visit, uint64_t *address)
{
    uintptr_t directory;
    DWORD error = copy(visit, visit->map + offsetof(struct address_map, directory), &directory,
                       sizeof(directory));

    if (!error)
        *address = directory;
    return error;
}

static DWORD walk_once(struct live_blocks_visit *visit, uint64_t directory)
{
    struct {
        uint32_t bits, used;
    } head;
    uintptr_t slots[PIECE];
    DWORD error = copy(visit, directory, &head, sizeof(head));

    static_assert(offsetof(struct address_directory, bits) == 0, "the head of a directory");
    if (error)
        return error;
    if (head.bits > DIRECTORY_BITS_LIMIT)
        return LOOK_AGAIN;
    size_t count = (size_t)1 << head.bits;
    /* A directory has less than six slots for each chunk that it has or gets next. */
    if (head.bits > FIRST_DIRECTORY_BITS && count / 6 > head.used)
        return LOOK_AGAIN;
    uint64_t first = directory + offsetof(struct address_directory, slots);
    for (size_t i = 0; i < count; i += PIECE) {
        size_t piece = count - i < PIECE ? count - i : PIECE;
        if (visit->first_bytes_left == 0) {
            visit->live->missed_count++; /* later chunks are not counted */
            return ERROR_SUCCESS;
        }
        error = copy(visit, first + i * sizeof(*slots), slots, piece * sizeof(*slots));
        for (size_t k = 0; k < piece && !error; k++)
            if (slots[k])
                error = read_chunk(visit, slots[k]);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}

/* Walk until the directory is the same before and after. */
static DWORD walk(struct live_blocks_visit *visit)
{
    struct live_blocks *live = visit->live;
    DWORD error = LOOK_AGAIN;

    for (uint32_t i = 0; i < WALK_TRIES && error; i++) {
        uint64_t directory = 0, after = 0;
        memset(live->sites, 0, sizeof(live->sites));
        live->missed_count = 0;
        error = read_directory(visit, &directory);
        if (directory)
            error = walk_once(visit, directory);
        if (!error)
            error = read_directory(visit, &after);
        if (is_gone(error))
            return error;
        if (after != directory)
            error = LOOK_AGAIN;
    }
    if (error)
        live->missed_count++; /* it grew all the time: later chunks are not counted */
    return ERROR_SUCCESS;
}

/* ---- sites and faults ---------------------------------------------------------------- */

static DWORD read_sites(struct live_blocks_visit *visit, const struct process_image *image)
{
    uintptr_t addresses[PIECE], table;
    DWORD error = copy(visit, image->sites, &table, sizeof(table));

    static_assert(CALL_SITE_COUNT % PIECE == 0, "whole pieces");
    if (error || table == 0)
        return error;
    for (uint32_t i = 0; i < CALL_SITE_COUNT; i += PIECE) {
        error = copy(visit, table + i * sizeof(*addresses), addresses, sizeof(addresses));
        if (error)
            return error;
        for (uint32_t k = 0; k < PIECE; k++)
            visit->live->sites[i + k].address = addresses[k];
    }
    return ERROR_SUCCESS;
}

static DWORD read_faults(struct live_blocks_visit *visit, const struct process_image *image)
{
    struct fault_table *table = malloc(sizeof(*table));

    if (!table)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = copy(visit, image->faults, table, sizeof(*table));
    if (!error)
        live_blocks_take_faults(visit->live, table, visit->number);
    free(table);
    return error;
}

/* What is not known is no limit. */
static uint64_t first_bytes(const struct os_process *process)
{
    uint64_t memory;

    if (os_process_memory(process, &memory) || memory > BYTE_LIMIT / FIRST_TIMES)
        return BYTE_LIMIT;
    return FIRST_TIMES * memory + FIRST_SPARE;
}

DWORD live_blocks_reader_read(const struct os_process *process, uint64_t image_address,
                              uint32_t number, struct live_blocks *live)
{
    struct live_blocks_visit visit = {
        .process = process,
        .number = number,
        .bytes_left = BYTE_LIMIT,
        .first_bytes_left = first_bytes(process),
        .spare_tries = SPARE_TRIES,
        .probes_left = PROBE_LIMIT,
        .live = live,
    };
    struct process_image image;
    uint64_t map;
    DWORD error = read_image(&visit, image_address, &image);

    if (!error)
        error = find_heap(&visit, &image);
    if (error)
        return error == ERROR_NOACCESS ? ERROR_INVALID_DATA : error;
    map = visit.map;
    error = walk(&visit);
    if (!error)
        error = read_sites(&visit, &image);
    if (!error)
        error = read_faults(&visit, &image);
    if (!error)
        error = find_heap(&visit, &image); /* is the heap still there and still the same? */
    if (visit.map != map)
        error = ERROR_NOT_FOUND;
    free(visit.large);
    free(visit.tables[0]);
    free(visit.tables[1]);
    return error == ERROR_NOACCESS ? ERROR_INVALID_DATA : error;
}
