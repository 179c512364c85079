/* SPDX-License-Identifier: MIT
 *
 * The PERF_DATA_BLOCK that stands in front of the objects in an answer: the system's part.
 */
#ifndef DATA_BLOCK_H
#define DATA_BLOCK_H

#include <stdint.h>

#include "wintypes.h"

/** An answer that is being put together in somebody's buffer. */
struct data_block {
    BYTE *data;
    DWORD size; /* bytes of the buffer */
    DWORD
    used; /* bytes of header and objects so far; a multiple of 8 if the providers keep to it */
    DWORD object_count;
};

/**
 * Write the header, with the times of now.
 *
 * @param system_name  UTF-16, terminated; copied behind the header
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: the header does not fit, nothing was written
 *
 * Rule: HeaderLength is (88 + SystemNameLength + 7) & ~7, the name's terminator is counted, the
 * bytes of padding behind it stay as they were; DefaultObject is 238 (Processor).
 */
DWORD data_block_begin(struct data_block *block, BYTE *data, DWORD size, const WCHAR *system_name);

/** Where the next objects go, and how many bytes are left for them. */
BYTE *data_block_at(const struct data_block *block, DWORD *size_left);

/** Take in objects that stand at data_block_at; `size` is at most the bytes left. */
void data_block_add(struct data_block *block, DWORD size, DWORD object_count);

/** Write the totals into the header; returns the bytes of the whole. */
DWORD data_block_end(struct data_block *block);

#endif /* DATA_BLOCK_H */
