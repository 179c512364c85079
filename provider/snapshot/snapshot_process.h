/* SPDX-License-Identifier: MIT
 *
 * Opens a process for PssCaptureSnapshot by its process id, with the fewest rights that suffice.
 */
#ifndef SNAPSHOT_PROCESS_H
#define SNAPSHOT_PROCESS_H

#include <stdint.h>

#include "wintypes.h"

/**
 * Open a process for a capture.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER: there is no process with that id (on systems that
 *         report it here and not in the capture); ERROR_ACCESS_DENIED
 */
DWORD snapshot_system_open_process(uint32_t process_id, HANDLE *process);

/** Close what snapshot_system_open_process opened. */
void snapshot_system_close_process(HANDLE process);

#endif /* SNAPSHOT_PROCESS_H */
