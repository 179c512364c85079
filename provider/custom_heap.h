/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap": `_Total` always comes first, then one instance for each live heap in
 * the order of the region reader. `_Total` is the sum of the instances in the same answer: each
 * heap is read once, so they add up exactly.
 *
 * The instances are kept from one answer to the next. Only changes are written, and the rest of an
 * answer is one copy.
 */
#ifndef CUSTOM_HEAP_H
#define CUSTOM_HEAP_H

#include "buffer_writer.h"
#include "region_reader.h"

/** The instances kept between the answers of one reader. A zeroed struct has none. */
struct custom_heap_answer {
    uint64_t peak_bytes, peak_blocks; /* largest sums in any answer: the peaks of _Total */
    bool is_wanted_again;             /* the first answer has been given */

    unsigned char *instances;
    size_t capacity;   /* size of the memory in bytes */
    size_t *starts;    /* for each heap, where its instance begins; then where the last one ends. If
                          an instance is empty, the heap could not be read */
    uint64_t *serials; /* for each heap */
    size_t count;      /* heaps */
    size_t start_capacity, serial_capacity;
    uint64_t generation;  /* generation of the reader's array of heaps that this follows; 0: none */
    uint32_t shown_count; /* instances */
    uint64_t largest_bytes;
    /* object clock: when the oldest heap was opened; UINT64_MAX if there is no heap */
    uint64_t oldest_time;
    uint64_t sums[SLOT_COUNT(custom_heap)]; /* sums over all instances */
};

/**
 * Write the object. A heap that cannot be read any more, because it was closed since the reader's
 * last refresh, is left out.
 *
 * @param perf_time  os_clock_ticks after that refresh
 * @param reader     held: see region_reader_hold
 * @param answer     receives the current state; its peaks only if the object is complete
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: the object does not fit
 */
DWORD custom_heap_write(struct buffer_writer *writer, const struct object_definition *definition,
                        uint64_t perf_time, struct region_reader *reader,
                        struct custom_heap_answer *answer);

/** Free what it keeps. It is then as if zeroed. */
void custom_heap_answer_release(struct custom_heap_answer *answer);

#endif /* CUSTOM_HEAP_H */
