/* SPDX-License-Identifier: MIT
 *
 * PSS_PROCESS_INFORMATION for systems whose kernel32 has no snapshots: Windows 7 and 8, Wine.
 */
#include "snapshot_parts.h"

#include <psapi.h>

#include "native_api.h"

static void read_basic(HANDLE process, PSS_PROCESS_INFORMATION *information)
{
    struct native_api api = native_api_find();
    struct native_process_basic basic;

    if (!api.query_process ||
        api.query_process(process, NATIVE_PROCESS_BASIC, &basic, sizeof(basic), NULL))
        return;
    information->PebBaseAddress = basic.peb;
    information->AffinityMask = basic.affinity;
    information->BasePriority = basic.base_priority;
    information->ParentProcessId = (DWORD)basic.parent_process_id;
}

static void read_memory(HANDLE process, PSS_PROCESS_INFORMATION *information)
{
    PROCESS_MEMORY_COUNTERS_EX memory;

    memset(&memory, 0, sizeof(memory));
    if (!K32GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&memory, sizeof(memory)))
        return;
    information->PageFaultCount = memory.PageFaultCount;
    information->PeakWorkingSetSize = memory.PeakWorkingSetSize;
    information->WorkingSetSize = memory.WorkingSetSize;
    information->QuotaPeakPagedPoolUsage = memory.QuotaPeakPagedPoolUsage;
    information->QuotaPagedPoolUsage = memory.QuotaPagedPoolUsage;
    information->QuotaPeakNonPagedPoolUsage = memory.QuotaPeakNonPagedPoolUsage;
    information->QuotaNonPagedPoolUsage = memory.QuotaNonPagedPoolUsage;
    information->PagefileUsage = memory.PagefileUsage;
    information->PeakPagefileUsage = memory.PeakPagefileUsage;
    information->PrivateUsage = memory.PrivateUsage;
}

DWORD snapshot_process_check_alive(HANDLE process)
{
    DWORD exit_status;

    return GetExitCodeProcess(process, &exit_status) && exit_status != STILL_ACTIVE
               ? ERROR_INVALID_HANDLE
               : ERROR_SUCCESS;
}

DWORD snapshot_process_capture(struct snapshot *snapshot, HANDLE process)
{
    PSS_PROCESS_INFORMATION *information = &snapshot->process;
    DWORD exit_status, process_id = GetProcessId(process);
    BOOL is_wow64 = FALSE;
    WCHAR image[1024];
    DWORD count = sizeof(image) / sizeof(image[0]);

    if (!process_id)
        return GetLastError() == ERROR_ACCESS_DENIED ? ERROR_ACCESS_DENIED : ERROR_INVALID_HANDLE;
    if (!GetExitCodeProcess(process, &exit_status))
        return GetLastError();
    /* An exited process has neither memory nor threads. */
    if (exit_status != STILL_ACTIVE)
        return ERROR_INVALID_HANDLE;
    information->ExitStatus = exit_status;
    information->ProcessId = process_id;
    information->PriorityClass = GetPriorityClass(process);
    if (IsWow64Process(process, &is_wow64) && is_wow64)
        information->Flags = PSS_PROCESS_FLAGS_WOW64;
    read_basic(process, information);
    read_memory(process, information);
    GetProcessTimes(process, &information->CreateTime, &information->ExitTime,
                    &information->KernelTime, &information->UserTime);
    memset(&information->ExitTime, 0, sizeof(information->ExitTime)); /* undefined while it runs */
    if (QueryFullProcessImageNameW(process, 0, image, &count)) {
        size_t capacity = sizeof(information->ImageFileName) / sizeof(WCHAR) - 1;
        memcpy(information->ImageFileName, image,
               (count < capacity ? count : capacity) * sizeof(WCHAR));
    }
    return ERROR_SUCCESS;
}
