/* SPDX-License-Identifier: MIT
 *
 * The PERF_DATA_BLOCK before the objects of an answer: the system's part.
 */
#ifndef DATA_BLOCK_H
#define DATA_BLOCK_H

#include <stdint.h>

#include "wintypes.h"

/** An answer that is being assembled in the caller's buffer. */
struct data_block {
    BYTE *data;
    DWORD size; /* bytes of the buffer */
    DWORD
    used; /* bytes of header and objects so far; a multiple of 8 if those of the providers are */
    DWORD object_count;
};

/**
 * Write the header, with the current times.
 *
 * @param system_name  UTF-16, terminated; copied after the header
 * @return ERROR_SUCCESS; ERROR_MORE_DATA if the header does not fit; then nothing was written
 *
 * Rule: HeaderLength is (88 + SystemNameLength + 7) & ~7, which counts the name's terminator; the
 * padding after it is not written; DefaultObject is 238 (Processor).
 */
DWORD data_block_begin(struct data_block *block, BYTE *data, DWORD size, const WCHAR *system_name);

/** Where the next objects go, and how many bytes remain for them. */
BYTE *data_block_at(const struct data_block *block, DWORD *size_left);

/** Add objects that lie at data_block_at. `size` is at most the bytes that remain. */
void data_block_add(struct data_block *block, DWORD size, DWORD object_count);

/** Write the totals into the header. Returns the size of the whole answer. */
DWORD data_block_end(struct data_block *block);

#endif /* DATA_BLOCK_H */
