/* SPDX-License-Identifier: MIT
 *
 * The object "Custom Heap": `_Total` first, always, then one instance for each live heap in the
 * order of the region reader. `_Total` is made of what this very answer shows: each heap is read
 * once, so the instances add up exactly.
 */
#ifndef CUSTOM_HEAP_H
#define CUSTOM_HEAP_H

#include "buffer_writer.h"
#include "region_reader.h"

/** The largest sums over all heaps that any answer so far has shown: the peaks of `_Total`. */
struct custom_heap_peaks {
    uint64_t bytes;
    uint64_t blocks;
};

/**
 * Write the object. A heap that went away since the reader's last refresh is left out.
 *
 * @param perf_time  os_clock_ticks after that refresh
 * @param peaks      raised when the object is complete
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: it does not fit, *peaks is unchanged
 */
DWORD custom_heap_write(struct buffer_writer *writer, const struct object_definition *definition,
                        uint64_t perf_time, struct region_reader *reader,
                        struct custom_heap_peaks *peaks);

#endif /* CUSTOM_HEAP_H */
