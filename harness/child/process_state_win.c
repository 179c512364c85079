/* SPDX-License-Identifier: MIT
 *
 * process_state.h for Windows and Wine. The order of functions is that of process_state_posix.c.
 */
#include "process_state.h"

#include <float.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <psapi.h>
#include <tlhelp32.h>

#include "count_text.h"
#include "hash.h"
#include "library_place.h"

#define WIN32_START_ADDRESS 9 /* ThreadQuerySetWin32StartAddress */
#define LEFT_THREADS 256      /* most threads that are examined; chosen */

/* The limits of this process by its job or its working set. */
static void take_limits(struct process_state *state)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION job = { .ProcessMemoryLimit = 0 };
    const DWORD flags =
        QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &job, sizeof(job), NULL)
            ? job.BasicLimitInformation.LimitFlags
            : 0;

    const struct process_limit found[PROCESS_LIMITS] = {
        { flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY ? job.ProcessMemoryLimit : UINT64_MAX,
          PROVIDER_LIMITED_MEMORY },
        { flags & JOB_OBJECT_LIMIT_JOB_MEMORY ? job.JobMemoryLimit : UINT64_MAX,
          PROVIDER_LIMITED_MEMORY },
        { flags & JOB_OBJECT_LIMIT_PROCESS_TIME
              ? (uint64_t)job.BasicLimitInformation.PerProcessUserTimeLimit.QuadPart
              : UINT64_MAX,
          PROVIDER_LIMITED_TIME },
        { flags & JOB_OBJECT_LIMIT_JOB_TIME
              ? (uint64_t)job.BasicLimitInformation.PerJobUserTimeLimit.QuadPart
              : UINT64_MAX,
          PROVIDER_LIMITED_TIME },
        { flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS ? job.BasicLimitInformation.ActiveProcessLimit
                                                  : UINT64_MAX,
          PROVIDER_LIMITED_PROCESSES },
    };
    memcpy(state->limits, found, sizeof(found));
}

void process_state_take(struct process_state *state)
{
    WCHAR directory[1024];

    memset(state, 0, sizeof(*state));
    state->error_mode = (uint64_t)GetErrorMode() << 32 | GetThreadErrorMode();
    state->priority = (uint64_t)(uint32_t)GetThreadPriority(GetCurrentThread()) << 32 |
                      GetPriorityClass(GetCurrentProcess());
    state->floating_point = _controlfp(0, 0);
    DWORD length = GetCurrentDirectoryW(1024, directory);
    if (length < 1024)
        state->directory = hash_bytes(HASH_BEGIN, directory, length * sizeof(WCHAR));
    state->locale = GetThreadLocale();
    take_limits(state);
}

/* Used if the system does not report the number (Wine 8): a new handle gets the lowest free
   place in the table. */
static uint32_t count_handles(void)
{
    DWORD handles = 0;

    if (GetProcessHandleCount(GetCurrentProcess(), &handles) && handles)
        return handles;
    HANDLE next = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!next)
        return 0;
    CloseHandle(next);
    return (uint32_t)((uintptr_t)next / 4);
}

size_t process_state_list_threads(uint32_t threads[], size_t limit)
{
    THREADENTRY32 entry = { .dwSize = sizeof(entry) };
    DWORD self = GetCurrentProcessId();
    size_t count = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    if (Thread32First(snapshot, &entry))
        do {
            if (entry.th32OwnerProcessID != self)
                continue;
            if (count < limit)
                threads[count] = entry.th32ThreadID;
            count++;
        } while (Thread32Next(snapshot, &entry));
    CloseHandle(snapshot);
    return count;
}

/* Where a thread began; NULL if the system does not report it. */
static void *start_of_thread(uint32_t thread)
{
    typedef LONG(WINAPI query_proc)(HANDLE thread, int kind, void *data, ULONG size, ULONG *needed);
    const FARPROC found =
        GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryInformationThread");
    HANDLE handle = OpenThread(THREAD_QUERY_INFORMATION, FALSE, thread);
    query_proc *query = NULL;
    void *start = NULL;

    memcpy(&query, &found, sizeof(query));
    if (handle && query && query(handle, WIN32_START_ADDRESS, &start, sizeof(start), NULL) != 0)
        start = NULL;
    if (handle)
        CloseHandle(handle);
    return start;
}

/* Whether the address lies in a library of the provider that has been unloaded. */
static bool is_of_unloaded(const void *address)
{
    MEMORY_BASIC_INFORMATION region;

    return address && library_place_find((uintptr_t)address) &&
           VirtualQuery(address, &region, sizeof(region)) && region.Type != MEM_IMAGE;
}

void process_state_describe_threads(const uint32_t known[], size_t known_count, char *text,
                                    size_t size)
{
    static uint32_t threads[LEFT_THREADS];
    size_t count = process_state_list_threads(threads, LEFT_THREADS);
    unsigned left = 0;

    /* The system's own threads come and go. Only the address where a thread began shows its
       owner. */
    (void)known, (void)known_count;
    count = count < LEFT_THREADS ? count : LEFT_THREADS;
    for (size_t i = 0; i < count; i++)
        left += is_of_unloaded(start_of_thread(threads[i]));

    const LPTOP_LEVEL_EXCEPTION_FILTER filter = SetUnhandledExceptionFilter(NULL);
    const void *address = NULL;

    SetUnhandledExceptionFilter(filter);
    memcpy(&address, &filter, sizeof(address));
    text[0] = 0;
    if (left)
        count_text_add(text, size, left, "a thread", "threads");
    if (is_of_unloaded(address))
        count_text_add(text, size, 1, "an unhandled exception filter", "");
}

static uint32_t count_modules(void)
{
    MODULEENTRY32W entry = { .dwSize = sizeof(entry) };
    uint32_t count = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    if (Module32FirstW(snapshot, &entry))
        do
            count++;
        while (Module32NextW(snapshot, &entry));
    CloseHandle(snapshot);
    return count;
}

/* Only mapped views count: the growth of the heap shows in the memory. */
static uint32_t count_mappings(void)
{
    MEMORY_BASIC_INFORMATION region;
    unsigned char *at = NULL;
    void *allocation = NULL;
    uint32_t count = 0;

    while (VirtualQuery(at, &region, sizeof(region)) == sizeof(region)) {
        if (region.State != MEM_FREE && region.Type == MEM_MAPPED &&
            region.AllocationBase != allocation) {
            allocation = region.AllocationBase;
            count++;
        }
        unsigned char *next = (unsigned char *)region.BaseAddress + region.RegionSize;
        if (next <= at)
            break;
        at = next;
    }
    return count;
}

void process_state_count_resources(struct provider_resources *resources)
{
    PROCESS_MEMORY_COUNTERS_EX memory = { .cb = sizeof(memory) };

    resources->handles = count_handles();
    resources->threads = (uint32_t)process_state_list_threads(NULL, 0);
    resources->modules = count_modules();
    resources->mappings = count_mappings();
    resources->memory_size =
        K32GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&memory,
                                sizeof(memory))
            ? (memory.PrivateUsage ? memory.PrivateUsage : memory.PagefileUsage) /* Wine 8 */
            : 0;
}

void *process_state_pages_reserve(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
}

DWORD process_state_pages_allow(void *pages, size_t size)
{
    return VirtualAlloc(pages, size, MEM_COMMIT, PAGE_READWRITE) ? ERROR_SUCCESS
                                                                 : ERROR_NOT_ENOUGH_MEMORY;
}

void process_state_pages_release(void *pages, size_t size)
{
    (void)size;
    if (pages)
        VirtualFree(pages, 0, MEM_RELEASE);
}
