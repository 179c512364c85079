/* SPDX-License-Identifier: MIT
 *
 * Appends to a file: recordings and logs, in which every part is complete in itself.
 * file_append_posix.c and file_append_win.c define the same function.
 */
#ifndef FILE_APPEND_H
#define FILE_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

/**
 * Open a file, make it if necessary, append the bytes with one write, and close it.
 *
 * @param path    UTF-8
 * @param is_new  empty the file first
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_PATH_NOT_FOUND; ERROR_DISK_FULL;
 *         another system error
 */
DWORD file_append(const char *path, const void *data, size_t size, bool is_new);

#endif /* FILE_APPEND_H */
