/* SPDX-License-Identifier: MIT
 *
 * Windows 8.1 and later have process snapshots in kernel32. They are looked up at run time, because
 * a program that imports them does not start on Windows 7 and under Wine.
 */
#include "snapshot_parts.h"

#include <string.h>

#include "snapshot_process.h"

PSS_CAPTURE_FLAGS snapshot_system_unsupported_flags(void)
{
    return (PSS_CAPTURE_FLAGS)(PSS_CAPTURE_VA_CLONE | PSS_CAPTURE_HANDLE_TRACE |
                               PSS_CAPTURE_THREAD_CONTEXT | PSS_CAPTURE_THREAD_CONTEXT_EXTENDED |
                               PSS_CAPTURE_IPT_TRACE);
}

bool snapshot_system_is_own_process(HANDLE process)
{
    return process == GetCurrentProcess() || GetProcessId(process) == GetCurrentProcessId();
}

DWORD snapshot_system_open_process(uint32_t process_id, HANDLE *process)
{
    HANDLE opened = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_DUP_HANDLE,
                                FALSE, process_id);

    if (!opened)
        return GetLastError();
    *process = opened;
    return ERROR_SUCCESS;
}

void snapshot_system_close_process(HANDLE process)
{
    CloseHandle(process);
}

static const char *const names[] = {
    "PssCaptureSnapshot",       "PssFreeSnapshot",
    "PssQuerySnapshot",         "PssWalkSnapshot",
    "PssDuplicateSnapshot",     "PssWalkMarkerCreate",
    "PssWalkMarkerFree",        "PssWalkMarkerGetPosition",
    "PssWalkMarkerSetPosition", "PssWalkMarkerSeekToBeginning",
};

/* The order of struct snapshot_system is the order of the names. */
_Static_assert(sizeof(struct snapshot_system) == sizeof(names),
               "a name for each function of struct snapshot_system");

const struct snapshot_system *snapshot_system(void)
{
    enum { NOT_LOOKED, ABSENT, PRESENT };
    static struct snapshot_system found;
    static volatile LONG state = NOT_LOOKED;

    if (state == NOT_LOOKED) {
        HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
        FARPROC functions[sizeof(names) / sizeof(names[0])];
        LONG result = PRESENT;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            functions[i] = kernel ? GetProcAddress(kernel, names[i]) : NULL;
            if (!functions[i])
                result = ABSENT;
        }
        /* Two threads may do this at once. Both write the same pointers. */
        memcpy(&found, functions, sizeof(found));
        InterlockedExchange(&state, result);
    }
    return state == PRESENT ? &found : NULL;
}
