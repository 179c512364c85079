/* SPDX-License-Identifier: MIT
 *
 * Threads from a Toolhelp list of the whole system, filtered by process. If a thread ends before it
 * is opened, its entry has only the data of the list.
 */
#include "snapshot_parts.h"

#include <stdlib.h>

#include <tlhelp32.h>

#include "native_api.h"

static void describe(const struct native_api *api, PSS_THREAD_ENTRY *entry)
{
    struct native_thread_basic basic;
    HANDLE thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, entry->ThreadId);

    if (!thread)
        return;
    GetExitCodeThread(thread, &entry->ExitStatus);
    if (entry->ExitStatus != STILL_ACTIVE)
        entry->Flags = PSS_THREAD_FLAGS_TERMINATED;
    GetThreadTimes(thread, &entry->CreateTime, &entry->ExitTime, &entry->KernelTime,
                   &entry->UserTime);
    if (entry->ExitStatus == STILL_ACTIVE)
        memset(&entry->ExitTime, 0, sizeof(entry->ExitTime));
    if (api->query_thread &&
        !api->query_thread(thread, NATIVE_THREAD_BASIC, &basic, sizeof(basic), NULL)) {
        entry->TebBaseAddress = basic.teb;
        entry->AffinityMask = basic.affinity;
        entry->Priority = basic.priority;
    }
    if (api->query_thread &&
        api->query_thread(thread, NATIVE_THREAD_START_ADDRESS, &entry->Win32StartAddress,
                          sizeof(entry->Win32StartAddress), NULL))
        entry->Win32StartAddress = NULL;
    CloseHandle(thread);
}

static int by_id(const void *left, const void *right)
{
    DWORD a = ((const struct snapshot_thread *)left)->entry.ThreadId;
    DWORD b = ((const struct snapshot_thread *)right)->entry.ThreadId;

    return (a > b) - (a < b);
}

DWORD snapshot_threads_capture(struct snapshot *snapshot, HANDLE process)
{
    struct native_api api = native_api_find();
    DWORD process_id = GetProcessId(process), error = ERROR_SUCCESS;
    THREADENTRY32 listed = { .dwSize = sizeof(listed) };
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);

    if (list == INVALID_HANDLE_VALUE)
        return GetLastError();
    for (BOOL more = Thread32First(list, &listed); more && !error;
         more = Thread32Next(list, &listed)) {
        if (listed.th32OwnerProcessID != process_id)
            continue;
        struct snapshot_thread *thread = snapshot_array_add(&snapshot->memory, &snapshot->threads);
        if (!thread) {
            error = ERROR_NOT_ENOUGH_MEMORY;
            break;
        }
        thread->entry.ExitStatus = STILL_ACTIVE;
        thread->entry.ProcessId = process_id;
        thread->entry.ThreadId = listed.th32ThreadID;
        thread->entry.BasePriority = listed.tpBasePri;
        thread->entry.Priority = listed.tpBasePri;
        GetSystemTimeAsFileTime(&thread->entry.CaptureTime);
        describe(&api, &thread->entry);
    }
    CloseHandle(list);
    if (!error && snapshot->threads.count)
        qsort(snapshot->threads.elements, snapshot->threads.count, sizeof(struct snapshot_thread),
              by_id);
    return error;
}
