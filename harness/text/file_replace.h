/* SPDX-License-Identifier: MIT
 *
 * Replaces a file as a whole by content that is too large for memory. Its parts are written to a
 * neighbour, which takes the file's name at the end. file_replace_posix.c and file_replace_win.c
 * define the same functions in the same order.
 */
#ifndef FILE_REPLACE_H
#define FILE_REPLACE_H

#include <stddef.h>

#include "wintypes.h"

struct file_replace;

/**
 * Begin. A pipe or a device cannot be replaced, so it is written to directly.
 *
 * @param path  UTF-8
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_PATH_NOT_FOUND; ERROR_NOT_ENOUGH_MEMORY;
 *         another system error
 */
DWORD file_replace_open(struct file_replace **file, const char *path);

/** Write the next part. Errors as above. */
DWORD file_replace_add(struct file_replace *file, const void *data, size_t size);

/**
 * End, and free the struct. NULL is allowed.
 *
 * @param error  ERROR_SUCCESS: replace the file; otherwise the neighbour is deleted
 * @return `error`, or why the file could not be replaced
 */
DWORD file_replace_close(struct file_replace *file, DWORD error);

#endif /* FILE_REPLACE_H */
