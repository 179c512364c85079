/* SPDX-License-Identifier: MIT
 *
 * The census of a heap in another, running process, which goes on meanwhile and notices nothing.
 * The heap's address map is copied chunk by chunk; a chunk counts when two copies in a row are the
 * same and make sense, so each of them is as it was at one moment, and all of them when nothing
 * happens in the heap. What is read is hostile: it is checked, and bounded in time and memory.
 */
#ifndef CENSUS_READER_H
#define CENSUS_READER_H

#include "heap_census.h"

/**
 * Count the heap's live blocks.
 *
 * @param image   where the process says that its struct process_image is
 * @param number  of the heap in its process
 * @param census  new; name and totals are left to the caller
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND: heap or process went away;
 *         ERROR_NOT_SUPPORTED: its tracker is of another version or pointer size;
 *         ERROR_INVALID_DATA: what stands there is no tracker's; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD census_read(const struct os_process *process, uint64_t image, uint32_t number,
                  struct heap_census *census);

#endif /* CENSUS_READER_H */
