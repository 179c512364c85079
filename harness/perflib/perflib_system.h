/* SPDX-License-Identifier: MIT
 *
 * What the emulation of PERFLIB needs of a system beyond os.h. perflib_system_posix.c and
 * perflib_system_win.c define the same functions in the same order.
 */
#ifndef PERFLIB_SYSTEM_H
#define PERFLIB_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Run a function on a thread of its own, which is never joined.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: it will not run
 */
DWORD perflib_run(void (*function)(void *argument), void *argument);

/** Whether an address lies on the calling thread's stack; false where that is not known. */
bool perflib_is_on_stack(const void *address);

/** A thread's last error, as GetLastError gives it (natively defined there, too). */
void perflib_set_last_error(DWORD error);

#endif /* PERFLIB_SYSTEM_H */
