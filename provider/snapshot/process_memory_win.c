/* SPDX-License-Identifier: MIT
 *
 * process_memory.h for Windows. GetProcessMemoryInfo has the working set. QueryWorkingSet says of each of its
 * pages whether it can be shared. What of a process is in a page file, and the limit of another process's
 * job, are not to be had by documented calls.
 */
#include "process_memory.h"

#include <windows.h>

#include <psapi.h>
#include <string.h>

#include "os.h"

#define PAGE_LIMIT ((uint64_t)1 << 26) /* pages of a working set: 256 GiB */

static uint64_t page_size(void)
{
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    return system.dwPageSize;
}

/* The working set may grow between two calls: so the buffer is larger. */
static bool count_private(HANDLE process, uint64_t resident, uint64_t *bytes)
{
    uint64_t page_count = resident / page_size() + 1024;

    for (int tries = 0; tries < 4 && page_count < PAGE_LIMIT; tries++, page_count *= 2) {
        const size_t size = offsetof(PSAPI_WORKING_SET_INFORMATION, WorkingSetInfo) +
                            (size_t)page_count * sizeof(PSAPI_WORKING_SET_BLOCK);
        PSAPI_WORKING_SET_INFORMATION *pages = os_pages_allocate(size);
        uint64_t count = 0;

        if (!pages)
            return false;
        bool is_read = K32QueryWorkingSet(process, pages, (DWORD)size);
        for (ULONG_PTR i = 0; is_read && i < pages->NumberOfEntries && i < page_count; i++)
            count += !pages->WorkingSetInfo[i].Shared;
        os_pages_free(pages, size);
        if (is_read) {
            *bytes = count * page_size();
            return true;
        }
    }
    return false;
}

DWORD process_memory_read(uint32_t process_id, struct process_memory *memory)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, process_id);
    PROCESS_MEMORY_COUNTERS_EX counters;
    DWORD error = ERROR_SUCCESS;

    *memory = (struct process_memory){ 0 };
    if (!process)
        return GetLastError() == ERROR_ACCESS_DENIED ? ERROR_ACCESS_DENIED : ERROR_INVALID_HANDLE;
    memset(&counters, 0, sizeof(counters));
    if (!K32GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof(counters))) {
        error = GetLastError();
    } else {
        memory->resident_bytes = counters.WorkingSetSize;
        memory->known = PROCESS_MEMORY_RESIDENT;
        if (count_private(process, counters.WorkingSetSize, &memory->private_bytes)) {
            memory->shared_bytes = memory->resident_bytes > memory->private_bytes
                                       ? memory->resident_bytes - memory->private_bytes
                                       : 0;
            memory->known |= PROCESS_MEMORY_PRIVATE;
        }
    }
    CloseHandle(process);
    return error;
}

DWORD process_memory_read_kinds(uint32_t process_id, struct memory_kinds *kinds)
{
    (void)process_id;
    *kinds = (struct memory_kinds){ 0 };
    return ERROR_NOT_SUPPORTED;
}
