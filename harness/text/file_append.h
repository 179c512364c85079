/* SPDX-License-Identifier: MIT
 *
 * Adding to the end of a file: recordings and logs, of which every piece stands for itself.
 * file_append_posix.c and file_append_win.c define the same function.
 */
#ifndef FILE_APPEND_H
#define FILE_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

/**
 * Open a file, made if need be, add bytes in one piece, close it.
 *
 * @param path    UTF-8
 * @param is_new  empty it first
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_PATH_NOT_FOUND; ERROR_DISK_FULL;
 *         another system error
 */
DWORD file_append(const char *path, const void *data, size_t size, bool is_new);

#endif /* FILE_APPEND_H */
