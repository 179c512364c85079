/* SPDX-License-Identifier: MIT
 *
 * A process handle for PssCaptureSnapshot from a process id, with the fewest rights that serve.
 */
#ifndef SNAPSHOT_PROCESS_H
#define SNAPSHOT_PROCESS_H

#include <stdint.h>

#include "wintypes.h"

/**
 * Open a process to be captured.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER when there is none of that id (where the system
 *         tells here and not at capture); ERROR_ACCESS_DENIED
 */
DWORD snapshot_open_process(uint32_t process_id, HANDLE *process);

/** Close what snapshot_open_process opened. */
void snapshot_close_process(HANDLE process);

#endif /* SNAPSHOT_PROCESS_H */
