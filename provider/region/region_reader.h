/* SPDX-License-Identifier: MIT
 *
 * The consumer's side of the region files: finds the live regions, removes those whose owner is
 * dead, and reads the heaps in them. Everything in a region is hostile: it is read once and
 * checked. Its owner may change, shorten or remove the region at any moment without harm to the
 * reader.
 *
 * A reader is used by one thread at a time; any number of readers may exist.
 */
#ifndef REGION_READER_H
#define REGION_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap_name.h"
#include "heap_totals.h"
#include "region_refusal.h"
#include "wintypes.h"

/** One live heap of one publisher, valid as long as the array that contains it. */
struct heap_view {
    const WCHAR *name;    /* <process>:<pid>:<heap>[:<n>], unique in the reader, never changes */
    uint16_t name_length; /* UTF-16 units without the terminator, 1..HEAP_NAME_LENGTH */
    uint32_t process_id;  /* as the publisher sees it */
    uint32_t heap_number; /* the tracker's number of the heap, unique in its process */
    uint64_t identity;    /* the same for every reader while the heap lives, and never used again,
                             if its publisher is honest */
    uint64_t serial; /* of this reader only: different for each heap, whatever its publisher says */
    bool is_foreign; /* its publisher is in another PID namespace: in the reader's, the process id
                        may be unused or another process's */
};

struct region_reader;

/** Events of region files since the reader was opened, and the current state. */
struct region_counts {
    uint64_t seen;     /* live, valid regions in the last refresh */
    uint64_t rejected; /* files that are damaged, of another version or untrusted: total */
    uint64_t reaped;   /* regions of dead owners that this reader removed: total */
    uint64_t unasked;  /* failures to ask the system: total */
    uint64_t refused_directories; /* directories that others than their owner can write to, or over
                                     an owner's limit: in the last refresh */
    uint64_t left_out_regions;    /* over the limits of region_limits.h, in the last refresh */
    uint64_t left_out_heaps;
    uint64_t unpublished; /* heaps for which publishers had no space, in the last refresh */
    uint64_t lost;        /* events lost in the live regions, in the last refresh */
};

/**
 * Create a reader of the region directories: only $HEAPCTRS_DIR if it is set, otherwise those of
 * every user that the process may read. A directory that does not exist yet is no error.
 */
DWORD region_reader_open(struct region_reader **reader);

/**
 * Say how large the answer is that shows the heaps, so that all of it stays below LIMIT_ANSWER. Without
 * this call a heap counts as its name only. Call it before the first refresh.
 *
 * @param fixed_size     bytes of an answer without heaps
 * @param instance_size  bytes of the instance of a heap, less its name
 */
void region_reader_limit_answer(struct region_reader *reader, size_t fixed_size,
                                size_t instance_size);

/** Unmap and free everything. NULL is allowed. */
void region_reader_close(struct region_reader *reader);

/**
 * Find regions and heaps that were added or have gone.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the system lacked memory or descriptors. What the
 *         reader showed before stays, unless it has certainly gone, and the next refresh tries
 *         again
 */
DWORD region_reader_refresh(struct region_reader *reader);

/**
 * The live heaps in their stable order: by time of opening, then process, then heap number. So a
 * heap keeps its place among those that stay.
 *
 * @param count  receives the number of heaps
 * @return array of `count` views, owned by the reader, valid until the next refresh; it is the same
 *         array as before the refresh if region_reader_generation is the same
 */
const struct heap_view *region_reader_heaps(const struct region_reader *reader, size_t *count);

/** A number that changes with each refresh that changed the array of heaps; never 0. */
uint64_t region_reader_generation(const struct region_reader *reader);

/**
 * Find the heaps that have to be read again, for a consumer that keeps the totals of the others.
 * This costs far less than reading.
 *
 * @param from      index of the heap to begin with; receives the one to continue with
 * @param indexes   receives the indexes, ascending, of heaps whose totals may differ from what
 *                  region_reader_read last returned, or that were never read
 * @param capacity  in `indexes`
 * @return how many were found; fewer than `capacity`: no further ones
 */
size_t region_reader_changed(const struct region_reader *reader, size_t *from, size_t indexes[],
                             size_t capacity);

/**
 * Read one heap's totals now. They are consistent: peak >= allocated - freed >= 0, and every total
 * is at least what this reader returned for the heap before.
 *
 * @param index  of the heap in region_reader_heaps
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND if the heap was closed or its region shortened since the
 *         refresh; then *totals is unchanged
 */
DWORD region_reader_read(struct region_reader *reader, size_t index, struct heap_totals *totals);

/**
 * Prepare many calls in a row: the guard against shortened files is set up once instead of at every
 * call. region_reader_hold and region_reader_release enclose the calls, on one thread, and nest.
 * region_reader_changed is only allowed between them.
 */
void region_reader_hold(struct region_reader *reader);
void region_reader_release(struct region_reader *reader);

/** The counts of struct region_counts. */
void region_reader_counts(const struct region_reader *reader, struct region_counts *counts);

/** What the last refresh did not show, and why. The cost grows with the number of refused files. */
void region_reader_refusals(struct region_reader *reader, struct region_refusals *refusals);

#endif /* REGION_READER_H */
