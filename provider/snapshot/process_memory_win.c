/* SPDX-License-Identifier: MIT
 *
 * process_memory.h for Windows. GetProcessMemoryInfo reports the working set. QueryWorkingSet reports for
 * each of its pages whether it can be shared. QueryWorkingSetEx and VirtualQueryEx report which kinds of memory are
 * resident. No documented call reports which memory of a process is in a page file, or which part of its private
 * memory belongs to heaps. The limits of a job are reported only to a program inside the job.
 */
#include "process_memory.h"

#include <windows.h>

#include <psapi.h>
#include <string.h>
#include <wchar.h>

#include "os.h"

#define PAGE_LIMIT ((uint64_t)1 << 26) /* pages of a working set: 256 GiB */
#define REGION_LIMIT (1u << 20)        /* regions of a process: a usual one has some thousands */
#define JOB_PROCESSES 4096             /* processes of a job */

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

/* This process is asked by its pseudo handle: Wine knows the pages of no other one. */
static HANDLE open_process(uint32_t process_id)
{
    return process_id == GetCurrentProcessId()
               ? GetCurrentProcess()
               : OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, process_id);
}

/* Whether a process is in the same job as this one. Only of that job the limits can be asked. */
static bool is_in_own_job(uint32_t process_id)
{
    union {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        unsigned char
            bytes[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + JOB_PROCESSES * sizeof(ULONG_PTR)];
    } processes;

    if (process_id == GetCurrentProcessId())
        return true;
    if (!QueryInformationJobObject(NULL, JobObjectBasicProcessIdList, &processes, sizeof(processes),
                                   NULL))
        return false;
    for (DWORD i = 0; i < processes.list.NumberOfProcessIdsInList; i++)
        if (processes.list.ProcessIdList[i] == process_id)
            return true;
    return false;
}

/* What a process may commit, by the limits of its job. */
static void read_job(uint32_t process_id, struct process_memory *memory)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    uint64_t limit = UINT64_MAX;

    memset(&limits, 0, sizeof(limits));
    if (!is_in_own_job(process_id) ||
        !QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits, sizeof(limits),
                                   NULL))
        return;
    const DWORD flags = limits.BasicLimitInformation.LimitFlags;
    if ((flags & JOB_OBJECT_LIMIT_JOB_MEMORY) && limits.JobMemoryLimit < limit)
        limit = limits.JobMemoryLimit;
    if ((flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) && limits.ProcessMemoryLimit < limit)
        limit = limits.ProcessMemoryLimit;
    if (limit != UINT64_MAX) {
        memory->group_limit = limit;
        memory->known |= PROCESS_MEMORY_LIMIT;
    }
}

DWORD process_memory_read(uint32_t process_id, struct process_memory *memory)
{
    HANDLE process = open_process(process_id);
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
        read_job(process_id, memory);
    }
    CloseHandle(process);
    return error;
}

/* ---- kinds --------------------------------------------------------------------------------- */

/* A mapped file, or memory that processes share without one. */
static enum memory_kind kind_of_mapped(HANDLE process, const void *address)
{
    static const WCHAR *const own[] = { L".region", L".private", L".counters", L".consumer" };
    WCHAR name[1024];
    const DWORD length = K32GetMappedFileNameW(process, (void *)(uintptr_t)address, name, 1024);

    if (length == 0 || length >= 1024)
        return MEMORY_SHARED;
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        const size_t end = wcslen(own[i]);
        if (length > end && wcscmp(name + length - end, own[i]) == 0)
            return MEMORY_OWN;
    }
    return MEMORY_FILE;
}

/* Add the resident pages of a region. */
static bool add_pages(HANDLE process, const MEMORY_BASIC_INFORMATION *region, uint64_t page,
                      enum memory_kind kind, struct memory_kinds *kinds)
{
    PSAPI_WORKING_SET_EX_INFORMATION pages[512];
    const uint64_t count = region->RegionSize / page;

    for (uint64_t done = 0; done < count;) {
        const size_t piece = count - done < 512 ? (size_t)(count - done) : 512;
        for (size_t i = 0; i < piece; i++)
            pages[i] =
                (PSAPI_WORKING_SET_EX_INFORMATION){ .VirtualAddress = (char *)region->BaseAddress +
                                                                      (done + i) * page };
        if (!K32QueryWorkingSetEx(process, pages, (DWORD)(piece * sizeof(*pages))))
            return false;
        for (size_t i = 0; i < piece; i++)
            kinds->resident[kind] += pages[i].VirtualAttributes.Valid ? page : 0;
        done += piece;
    }
    return true;
}

/* Walk the regions. A stack is an allocation with a guard page, which is below its used part. */
static bool add_regions(HANDLE process, struct memory_kinds *kinds)
{
    const uint64_t page = page_size();
    const void *stack = NULL;
    MEMORY_BASIC_INFORMATION region;
    uint64_t page_count = 0;
    char *at = NULL;

    for (uint32_t i = 0;; i++) {
        if (VirtualQueryEx(process, at, &region, sizeof(region)) != sizeof(region))
            return i > 0; /* the end of the address space */
        at = (char *)region.BaseAddress + region.RegionSize;
        if (region.State != MEM_COMMIT)
            continue;
        page_count += region.RegionSize / page;
        if (i >= REGION_LIMIT || page_count >= PAGE_LIMIT)
            return false;
        if (region.Type == MEM_PRIVATE && (region.Protect & PAGE_GUARD))
            stack = region.AllocationBase;
        const enum memory_kind kind = region.Type == MEM_IMAGE ? MEMORY_FILE
                                      : region.Type == MEM_MAPPED
                                          ? kind_of_mapped(process, region.BaseAddress)
                                      : region.AllocationBase == stack ? MEMORY_STACK
                                                                       : MEMORY_MMAP;
        if (!add_pages(process, &region, page, kind, kinds))
            return false;
        if (!(region.Protect & (PAGE_NOACCESS | PAGE_GUARD)))
            kinds->size[kind] += region.RegionSize;
    }
}

DWORD process_memory_read_kinds(uint32_t process_id, struct memory_kinds *kinds)
{
    struct memory_kinds found = { .is_heap_known = false };
    HANDLE process = open_process(process_id);

    *kinds = found;
    if (!process)
        return GetLastError() == ERROR_ACCESS_DENIED ? ERROR_ACCESS_DENIED : ERROR_INVALID_HANDLE;
    const bool is_known = add_regions(process, &found);
    CloseHandle(process);
    if (!is_known)
        return ERROR_NOT_SUPPORTED;
    for (int i = 0; i < MEMORY_KIND_COUNT; i++)
        found.total += found.resident[i];
    *kinds = found;
    return ERROR_SUCCESS;
}
