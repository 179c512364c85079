/* SPDX-License-Identifier: MIT
 *
 * The consumer's side of the region files: finds the live regions, removes those whose owner is
 * dead, and reads the heaps in them. All that a region says is hostile: it is read once, checked,
 * and can be changed, cut short or removed by its owner at any moment without harm to the reader.
 *
 * A reader is used by one thread at a time; any number of readers may exist.
 */
#ifndef REGION_READER_H
#define REGION_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Longest instance name in UTF-16 units, terminator not counted. */
#define HEAP_NAME_LENGTH 127

/**
 * The totals and marks of one heap, read as one picture. Totals only grow while a heap lives,
 * modulo 2 to the 64; what is in use, the difference of two, is less than 2 to the 63.
 */
struct heap_statistics {
    uint64_t allocation_count;   /* blocks handed out; a reallocation is no allocation */
    uint64_t free_count;         /* blocks given back, of those */
    uint64_t reallocation_count; /* blocks resized, moved or in place */
    uint64_t allocated_bytes;    /* handed out, growth by reallocation included */
    uint64_t freed_bytes;        /* given back, of those, shrinkage included */
    uint64_t requested_bytes;    /* sizes of allocations only */
    uint64_t reallocated_bytes;  /* new sizes of reallocations only */
    uint64_t peak_bytes;         /* largest bytes in use; never less than those in use now */
    uint64_t peak_blocks;        /* largest number of blocks in use; likewise */
    uint64_t largest_bytes;      /* largest single request */
    uint64_t failure_count;      /* requests that could not be satisfied */
    uint64_t reserved_bytes;     /* address space held; 0 when not reported */
    uint64_t committed_bytes;    /* backed by RAM or page file; 0 when not reported */
    uint64_t unmatched_count;    /* frees of unknown blocks, allocations at live addresses */
    uint64_t lost_count;         /* events that could not be recorded */
    uint64_t open_time;          /* os_clock_ticks when the heap was opened */
};

/** One live heap of one publisher. Valid as long as the array that it stands in. */
struct heap_view {
    const WCHAR *name;    /* <process>:<pid>:<heap>[:<n>], unique in the reader, never changes */
    uint16_t name_length; /* UTF-16 units without the terminator, 1..HEAP_NAME_LENGTH */
    uint32_t process_id;
    uint32_t heap_number; /* the tracker's number of the heap, unique in its process */
    uint64_t identity;    /* the same for every reader while the heap lives, and never reused, if
                             its publisher is honest */
    uint64_t serial; /* of this reader alone: another one for each heap, whoever publishes it */
};

struct region_reader;

/** What happened to region files since the reader was opened, and what it sees now. */
struct region_counts {
    uint64_t seen;     /* live, valid regions in the last refresh */
    uint64_t rejected; /* files found damaged, of another version or not to be trusted: total */
    uint64_t reaped;   /* regions of dead owners that this reader removed: total */
    uint64_t lost;     /* events lost, as far as the live regions say, in the last refresh */
};

/**
 * Make a reader of the region directories: $HEAPCTRS_DIR alone if it is set, otherwise those of
 * every user that the process may read. A directory that does not exist yet is no error.
 */
DWORD region_reader_open(struct region_reader **reader);

/** Unmap and free everything. NULL is allowed. */
void region_reader_close(struct region_reader *reader);

/**
 * Look for regions and heaps that came or went.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the reader shows what it showed before
 */
DWORD region_reader_refresh(struct region_reader *reader);

/**
 * The live heaps in their stable order: by time of opening, then process, then heap number; so a
 * heap keeps its place among those that stay.
 *
 * @param count  receives the number of heaps
 * @return array of `count` views, owned by the reader, valid until the next refresh; it is the same
 *         array as before the refresh as long as region_reader_generation is
 */
const struct heap_view *region_reader_heaps(const struct region_reader *reader, size_t *count);

/** A number that is another one after each refresh that changed the array of heaps; never 0. */
uint64_t region_reader_generation(const struct region_reader *reader);

/**
 * Which heaps have to be read again: for a consumer that keeps what it read of the others. To tell
 * costs far less than to read.
 *
 * @param from      index of the heap to begin with; receives the one to go on with
 * @param indexes   receives the indexes, ascending, of heaps whose statistics may differ from what
 *                  region_reader_read last returned, or that were never read
 * @param room      in `indexes`
 * @return how many were found; fewer than `room`: no further ones
 */
size_t region_reader_changed(const struct region_reader *reader, size_t *from, size_t indexes[],
                             size_t room);

/**
 * Read one heap's statistics now, as one picture: peak >= allocated - freed >= 0, and every
 * total at least what this reader returned for the heap before.
 *
 * @param index  of the heap in region_reader_heaps
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND when the heap was closed or its region cut short since
 *         the refresh: *statistics is not changed
 */
DWORD region_reader_read(struct region_reader *reader, size_t index,
                         struct heap_statistics *statistics);

/**
 * Where in its publisher the heap's process says that its struct process_image lies.
 *
 * @return an address in another process, not to be trusted; 0 when there is none
 */
uint64_t region_reader_process_image(struct region_reader *reader, size_t index);

/**
 * Many calls in a row: what guards against files that are cut short is set up once instead of at
 * every call. region_reader_hold and region_reader_release enclose them, on one thread, and nest;
 * region_reader_changed is only allowed between them.
 */
void region_reader_hold(struct region_reader *reader);
void region_reader_release(struct region_reader *reader);

/** Counts of regions, see struct region_counts. */
void region_reader_counts(const struct region_reader *reader, struct region_counts *counts);

#endif /* REGION_READER_H */
