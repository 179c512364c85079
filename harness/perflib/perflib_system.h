/* SPDX-License-Identifier: MIT
 *
 * The functions of the operating system that the emulation of PERFLIB needs beyond os.h.
 * perflib_system_posix.c and perflib_system_win.c define the same functions in the same order.
 */
#ifndef PERFLIB_SYSTEM_H
#define PERFLIB_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Run a function on a new thread, which is never joined.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: the function is not called
 */
DWORD perflib_system_run(void (*function)(void *argument), void *argument);

/** Whether an address lies on the calling thread's stack; false if that is unknown. */
bool perflib_system_is_on_stack(const void *address);

/**
 * Set a thread's last error, which GetLastError returns. Natively GetLastError is defined there
 * too.
 */
void perflib_system_set_last_error(DWORD error);

#endif /* PERFLIB_SYSTEM_H */
