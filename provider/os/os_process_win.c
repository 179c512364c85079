/* SPDX-License-Identifier: MIT
 *
 * ReadProcessMemory and Toolhelp's list of modules: see os_process.h.
 */
#include "os_process.h"

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include "text.h"

static DWORD error_of(DWORD error)
{
    switch (error) {
    case ERROR_ACCESS_DENIED:
        return ERROR_ACCESS_DENIED;
    case ERROR_INVALID_PARAMETER:
        return ERROR_NOT_FOUND;
    default:
        return ERROR_NOACCESS;
    }
}

DWORD os_process_open(struct os_process *process, uint32_t process_id)
{
    HANDLE handle = OpenProcess(PROCESS_VM_READ | PROCESS_QUERY_INFORMATION, FALSE, process_id);

    if (!handle)
        return error_of(GetLastError());
    *process = (struct os_process){ process_id, (intptr_t)handle };
    return ERROR_SUCCESS;
}

void os_process_close(struct os_process *process)
{
    CloseHandle((HANDLE)process->handle);
    process->process_id = 0;
}

DWORD os_process_read(const struct os_process *process, uint64_t address, void *memory, size_t size)
{
    SIZE_T done = 0;

    if (address > UINTPTR_MAX ||
        !ReadProcessMemory((HANDLE)process->handle, (void *)(uintptr_t)address, memory, size,
                           &done) ||
        done != size)
        return ERROR_NOACCESS;
    return ERROR_SUCCESS;
}

DWORD os_process_memory(const struct os_process *process, uint64_t *size)
{
    PROCESS_MEMORY_COUNTERS counters = { .cb = sizeof(counters) };

    if (!K32GetProcessMemoryInfo((HANDLE)process->handle, &counters, sizeof(counters)))
        return error_of(GetLastError());
    *size = (uint64_t)counters.WorkingSetSize + counters.PagefileUsage;
    return ERROR_SUCCESS;
}

/* The module with the lowest address at `from` or above. */
static bool module_next(HANDLE list, uint64_t from, MODULEENTRY32W *found)
{
    MODULEENTRY32W entry = { .dwSize = sizeof(entry) };
    bool is_found = false;

    for (BOOL more = Module32FirstW(list, &entry); more; more = Module32NextW(list, &entry)) {
        uintptr_t begin = (uintptr_t)entry.modBaseAddr;
        if (begin >= from && (!is_found || begin < (uintptr_t)found->modBaseAddr)) {
            *found = entry;
            is_found = true;
        }
    }
    return is_found;
}

DWORD os_process_modules(const struct os_process *process,
                         bool (*visit)(void *context, const struct os_process_module *module),
                         void *context)
{
    static const DWORD kinds = TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32;
    HANDLE list = INVALID_HANDLE_VALUE;
    MODULEENTRY32W entry;
    char path[3 * MAX_PATH + 1];

    /* The call fails with ERROR_BAD_LENGTH while the process loads or unloads a library. */
    for (int tries = 0; tries < 10 && list == INVALID_HANDLE_VALUE; tries++) {
        list = CreateToolhelp32Snapshot(kinds, process->process_id);
        if (list == INVALID_HANDLE_VALUE && GetLastError() != ERROR_BAD_LENGTH)
            return error_of(GetLastError());
    }
    if (list == INVALID_HANDLE_VALUE)
        return ERROR_ACCESS_DENIED;
    for (uint64_t from = 0; module_next(list, from, &entry);) {
        uint64_t begin = (uintptr_t)entry.modBaseAddr;
        text_to_utf8((const WCHAR *)entry.szExePath, wcslen(entry.szExePath), path, sizeof(path));
        struct os_process_module module = { begin, begin + entry.modBaseSize, path };
        if (!visit(context, &module))
            break;
        from = begin + 1;
    }
    CloseHandle(list);
    return ERROR_SUCCESS;
}
