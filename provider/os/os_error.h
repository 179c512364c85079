/* SPDX-License-Identifier: MIT
 *
 * From errno to Win32 codes (only *_posix.c files use it). A caller for which a number means
 * something else looks at that number first, and asks here for the rest.
 */
#ifndef OS_ERROR_H
#define OS_ERROR_H

#include "wintypes.h"

/**
 * The Win32 code for what a system call said of a path, a file or memory.
 *
 * @param number  errno; 0 is ERROR_SUCCESS
 * @return ERROR_GEN_FAILURE for a number that is not told apart
 */
DWORD os_error_of(int number);

#endif /* OS_ERROR_H */
