/* SPDX-License-Identifier: MIT
 *
 * Counts the live blocks of a heap in another process, which continues to run and is not disturbed.
 * The heap's address map is copied chunk by chunk. A chunk counts if two copies in a row are equal
 * and valid, so each chunk is as it was at one moment. If nothing happens in the heap, this holds
 * for all chunks together. The bytes that are read are hostile: they are checked, with limits for
 * time and memory.
 */
#ifndef LIVE_BLOCKS_READER_H
#define LIVE_BLOCKS_READER_H

#include "live_blocks.h"

/**
 * Count the heap's live blocks.
 *
 * @param image   address of the process's struct process_image, as the process reports it
 * @param number  number of the heap in its process
 * @param live    new; the caller fills in name and totals
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND: heap or process have ended;
 *         ERROR_NOT_READY: the heap keeps no table of its blocks (HEAP_TRACKER_SIZED);
 *         ERROR_NOT_SUPPORTED: the tracker has another version or pointer size; ERROR_INVALID_DATA:
 *         the memory is not a tracker's; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD live_blocks_reader_read(const struct os_process *process, uint64_t image, uint32_t number,
                              struct live_blocks *live);

#endif /* LIVE_BLOCKS_READER_H */
