/* SPDX-License-Identifier: MIT
 *
 * Counts the live blocks of a heap in another process, which runs on and notices nothing. The
 * heap's address map is copied chunk by chunk. A chunk counts if two copies in a row are the same
 * and make sense, so each chunk is as it was at one moment; all of them are, if nothing happens in
 * the heap. The bytes that are read are hostile: they are checked, with limits for time and memory.
 */
#ifndef LIVE_BLOCKS_READER_H
#define LIVE_BLOCKS_READER_H

#include "live_blocks.h"

/**
 * Count the heap's live blocks.
 *
 * @param image   where the process says that its struct process_image is
 * @param number  of the heap in its process
 * @param live    new; name and totals are left to the caller
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND: heap or process went away;
 *         ERROR_NOT_READY: the heap keeps no table of its blocks (HEAP_TRACKER_SIZED);
 *         ERROR_NOT_SUPPORTED: its tracker is of another version or pointer size;
 *         ERROR_INVALID_DATA: what stands there is no tracker's; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD live_blocks_read(const struct os_process *process, uint64_t image, uint32_t number,
                       struct live_blocks *live);

#endif /* LIVE_BLOCKS_READER_H */
