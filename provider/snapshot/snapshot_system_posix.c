/* SPDX-License-Identifier: MIT
 *
 * Linux has no process snapshots, so all functions are emulated with /proc.
 */
#include "snapshot_parts.h"

#include <unistd.h>

#include "snapshot_process.h"

PSS_CAPTURE_FLAGS snapshot_system_unsupported_flags(void)
{
    /* Linux has no clone to read from, no handle or processor trace, and no CONTEXT of a running
       thread. */
    return (PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_CLONE | PSS_CAPTURE_HANDLE_TRACE |
                               PSS_CAPTURE_THREAD_CONTEXT | PSS_CAPTURE_THREAD_CONTEXT_EXTENDED |
                               PSS_CAPTURE_IPT_TRACE);
}

bool snapshot_system_is_own_process(HANDLE process)
{
    return process == (HANDLE)(LONG_PTR)-1 || (LONG_PTR)process == (LONG_PTR)getpid();
}

DWORD snapshot_system_open_process(uint32_t process_id, HANDLE *process)
{
    *process = (HANDLE)(LONG_PTR)process_id;
    return ERROR_SUCCESS;
}

void snapshot_system_close_process(HANDLE process)
{
    (void)process;
}

const struct snapshot_system *snapshot_system(void)
{
    return NULL;
}
