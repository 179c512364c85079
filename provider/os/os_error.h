/* SPDX-License-Identifier: MIT
 *
 * Converts errno to Win32 codes; only *_posix.c files use this. A caller for which a number has
 * another meaning checks that number first.
 */
#ifndef OS_ERROR_H
#define OS_ERROR_H

#include "wintypes.h"

/**
 * The Win32 code for the error of a system call on a path, a file or memory.
 *
 * @param number  errno; 0 is ERROR_SUCCESS
 * @return ERROR_GEN_FAILURE for a number that is not in the table
 */
DWORD os_error_of(int number);

#endif /* OS_ERROR_H */
