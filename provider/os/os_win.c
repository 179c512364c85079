/* SPDX-License-Identifier: MIT
 *
 * os.h for Windows 7 and later, and Wine. Paths and names are UTF-8 outside and UTF-16 inside; the
 * order of functions is that of os_posix.c.
 */
#include "os.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define PATH_COUNT 2048 /* size in WCHARs of a buffer for any path here */
#define LOCK_YIELDS 200 /* attempts before a thread that waits for a lock sleeps */

/* UTF-8 to UTF-16, or 0 if it does not fit. */
static size_t wide(const char *text, WCHAR *result, size_t count)
{
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, result, (int)count);

    return units > 0 ? (size_t)units : 0;
}

/* UTF-16 to UTF-8, or ERROR_MORE_DATA. */
static DWORD narrow(const WCHAR *text, char *result, size_t size)
{
    size_t length = text_length(text);

    if (text_utf8_size(text, length) >= size)
        return ERROR_MORE_DATA;
    text_to_utf8(text, length, result, size);
    return ERROR_SUCCESS;
}

static const WCHAR *base_name(const WCHAR *path)
{
    const WCHAR *base = path;

    for (; *path; path++)
        if (*path == '\\' || *path == '/' || *path == ':')
            base = path + 1;
    return base;
}

void *os_pages_allocate(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void os_pages_free(void *pages, size_t size)
{
    (void)size;
    if (pages)
        VirtualFree(pages, 0, MEM_RELEASE);
}

void os_pages_prepare(void *pages, size_t size)
{
    (void)pages, (void)size;
}

size_t os_page_size(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwPageSize;
}

uint64_t os_clock_ticks(void)
{
    LARGE_INTEGER ticks;

    QueryPerformanceCounter(&ticks);
    return (uint64_t)ticks.QuadPart;
}

/* advapi32 exports RtlGenRandom under this name. Rule: ntsecapi.h */
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG size);

uint64_t os_clock_ticks_by_call(void)
{
    return os_clock_ticks();
}

void os_random(void *bytes, size_t size)
{
    unsigned char *at = bytes;

    if (SystemFunction036(bytes, (ULONG)size))
        return;
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)((os_clock_ticks() ^ (uintptr_t)bytes) >> 8 * (i % 8));
}

uint64_t os_clock_frequency(void)
{
    LARGE_INTEGER frequency;

    QueryPerformanceFrequency(&frequency);
    return (uint64_t)frequency.QuadPart;
}

uint64_t os_time_100ns(void)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

void os_sleep_ms(uint32_t milliseconds)
{
    Sleep(milliseconds);
}

uint32_t os_process_id(void)
{
    return GetCurrentProcessId();
}

uint32_t os_thread_id(void)
{
    return GetCurrentThreadId();
}

void os_process_name(char *name, size_t size)
{
    WCHAR path[PATH_COUNT];
    DWORD length = GetModuleFileNameW(NULL, path, PATH_COUNT);

    path[length < PATH_COUNT ? length : PATH_COUNT - 1] = 0;
    const WCHAR *base = base_name(path);
    size_t count = text_length(base);
    if (count > 4 && text_equal_ignore_case(base + count - 4, L".exe"))
        count -= 4;
    if (!text_to_utf8(base, count, name, size))
        text_to_utf8(L"process", 7, name, size);
}

void os_standard_error_write(const char *text, size_t size)
{
    HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
    DWORD written;

    if (error && error != INVALID_HANDLE_VALUE)
        WriteFile(error, text, (DWORD)size, &written, NULL);
}

void os_computer_name(char *name, size_t size)
{
    WCHAR host[256];
    DWORD count = 256;

    if (!GetComputerNameW(host, &count) || !text_to_utf8(host, count, name, size))
        text_to_utf8(L"localhost", 9, name, size);
}

uint32_t os_last_error(void)
{
    return GetLastError();
}

void os_last_error_set(uint32_t error)
{
    SetLastError(error);
}

uint32_t os_thread_priority_lower(void)
{
    int before = GetThreadPriority(GetCurrentThread());

    if (before > THREAD_PRIORITY_LOWEST && before != THREAD_PRIORITY_ERROR_RETURN)
        SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST);
    return (uint32_t)before;
}

void os_thread_priority_restore(uint32_t before)
{
    if ((int)before > THREAD_PRIORITY_LOWEST && (int)before != THREAD_PRIORITY_ERROR_RETURN)
        SetThreadPriority(GetCurrentThread(), (int)before);
}

/* Yielding is enough while the owner's section is short. If it is longer, a waiting thread must
   not use the processor. */
void os_lock_acquire(struct os_lock *lock)
{
    for (unsigned tries = 0; InterlockedExchangePointer(&lock->state, (void *)1); tries++)
        if (tries < LOCK_YIELDS)
            SwitchToThread();
        else
            Sleep(1);
}

void os_lock_release(struct os_lock *lock)
{
    InterlockedExchangePointer(&lock->state, NULL);
}

DWORD os_environment(const char *name, char *value, size_t size)
{
    WCHAR wide_name[256], found[OS_PATH_SIZE];

    if (!wide(name, wide_name, 256))
        return ERROR_NO_UNICODE_TRANSLATION;
    DWORD length = GetEnvironmentVariableW(wide_name, found, OS_PATH_SIZE);
    if (length == 0)
        return ERROR_NOT_FOUND;
    if (length >= OS_PATH_SIZE)
        return ERROR_MORE_DATA;
    return narrow(found, value, size);
}

DWORD os_environment_set(const char *name, const char *value)
{
    WCHAR wide_name[256], wide_value[OS_PATH_SIZE];

    if (!wide(name, wide_name, 256) || (value && !wide(value, wide_value, OS_PATH_SIZE)))
        return ERROR_NO_UNICODE_TRANSLATION;
    return SetEnvironmentVariableW(wide_name, value ? wide_value : NULL) ? ERROR_SUCCESS
                                                                         : GetLastError();
}

DWORD os_library_open(struct os_library *library, const char *path, char *detail,
                      size_t detail_size)
{
    WCHAR wide_path[PATH_COUNT], full[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    /* With a full path nothing is searched for; the library's own folder serves the libraries it
     * needs. */
    DWORD length = GetFullPathNameW(wide_path, PATH_COUNT, full, NULL);
    if (length == 0 || length >= PATH_COUNT)
        return ERROR_INVALID_NAME;
    HMODULE module = LoadLibraryExW(full, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!module) {
        DWORD error = GetLastError();
        WCHAR words[512];
        DWORD count = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                                     NULL, error, 0, words, 512, NULL);
        while (count > 0 && (words[count - 1] == '\r' || words[count - 1] == '\n'))
            count--;
        if (detail && detail_size)
            text_to_utf8(words, count, detail, detail_size);
        if (error == ERROR_MOD_NOT_FOUND && GetFileAttributesW(full) == INVALID_FILE_ATTRIBUTES)
            return ERROR_FILE_NOT_FOUND;
        return error;
    }
    library->handle = module;
    return ERROR_SUCCESS;
}

DWORD os_library_open_system(struct os_library *library, const char *name)
{
    WCHAR folder[PATH_COUNT];
    char path[OS_PATH_SIZE];
    UINT length = GetSystemDirectoryW(folder, PATH_COUNT);

    if (length == 0 || length >= PATH_COUNT)
        return ERROR_PATH_NOT_FOUND;
    DWORD error = narrow(folder, path, sizeof(path));
    if (error)
        return error;
    size_t used = strlen(path);
    if ((size_t)snprintf(path + used, sizeof(path) - used, "\\%s", name) >= sizeof(path) - used)
        return ERROR_INVALID_NAME;
    return os_library_open(library, path, NULL, 0);
}

void *os_library_symbol(const struct os_library *library, const char *name)
{
    FARPROC symbol = GetProcAddress(library->handle, name);
    void *address;

    memcpy(&address, &symbol, sizeof(address));
    return address;
}

void os_library_close(struct os_library *library)
{
    FreeLibrary(library->handle);
    library->handle = NULL;
}

DWORD os_library_path_of(const void *address, char *path, size_t size)
{
    HMODULE module;
    WCHAR found[PATH_COUNT];

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)address, &module))
        return ERROR_NOT_FOUND;
    DWORD length = GetModuleFileNameW(module, found, PATH_COUNT);
    if (length == 0 || length >= PATH_COUNT)
        return ERROR_MORE_DATA;
    return narrow(found, path, size);
}

DWORD os_program_path(char *path, size_t size)
{
    WCHAR found[PATH_COUNT];
    DWORD length = GetModuleFileNameW(NULL, found, PATH_COUNT);

    if (length == 0)
        return ERROR_NOT_FOUND;
    if (length >= PATH_COUNT)
        return ERROR_MORE_DATA;
    return narrow(found, path, size);
}

const char *os_library_suffix(void)
{
    return ".dll";
}

static DWORD read_all(HANDLE file, void **data, size_t *size, size_t limit)
{
    LARGE_INTEGER length;

    if (GetFileType(file) != FILE_TYPE_DISK)
        return ERROR_INVALID_NAME;
    if (!GetFileSizeEx(file, &length))
        return GetLastError();
    if ((uint64_t)length.QuadPart > limit)
        return ERROR_FILE_TOO_LARGE;

    size_t capacity = (size_t)length.QuadPart, used = 0;
    char *bytes = malloc(capacity + 1);
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    while (used < capacity) {
        DWORD got, want = capacity - used > 1u << 30 ? 1u << 30 : (DWORD)(capacity - used);
        if (!ReadFile(file, bytes + used, want, &got, NULL)) {
            free(bytes);
            return ERROR_READ_FAULT;
        }
        if (got == 0)
            break;
        used += got;
    }
    bytes[used] = 0;
    *data = bytes;
    *size = used;
    return ERROR_SUCCESS;
}

DWORD os_file_read_all(const char *path, void **data, size_t *size, size_t limit)
{
    WCHAR wide_path[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    HANDLE file =
        CreateFileW(wide_path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = read_all(file, data, size, limit);
    CloseHandle(file);
    return error;
}

static DWORD write_all(HANDLE file, const char *data, size_t size)
{
    while (size > 0) {
        DWORD put, want = size > 1u << 30 ? 1u << 30 : (DWORD)size;
        if (!WriteFile(file, data, want, &put, NULL))
            return GetLastError();
        if (put == 0)
            return ERROR_WRITE_FAULT;
        data += put;
        size -= put;
    }
    return ERROR_SUCCESS;
}

DWORD os_file_write_all(const char *path, const void *data, size_t size)
{
    WCHAR wide_path[PATH_COUNT], neighbour[PATH_COUNT + 32];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    if (_snwprintf(neighbour, PATH_COUNT + 32, L"%ls.new-%lu", wide_path, GetCurrentProcessId()) <
        0)
        return ERROR_INVALID_NAME;
    HANDLE file =
        CreateFileW(neighbour, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = write_all(file, data, size);
    CloseHandle(file);
    if (!error && !MoveFileExW(neighbour, wide_path, MOVEFILE_REPLACE_EXISTING))
        error = GetLastError();
    if (error)
        DeleteFileW(neighbour);
    return error;
}

DWORD os_file_remove(const char *path)
{
    WCHAR wide_path[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    return DeleteFileW(wide_path) ? ERROR_SUCCESS : GetLastError();
}

DWORD os_file_size(const char *path, uint64_t *size)
{
    WCHAR wide_path[PATH_COUNT];
    LARGE_INTEGER length;
    DWORD error = ERROR_SUCCESS;

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    HANDLE file = CreateFileW(wide_path, FILE_READ_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (GetFileType(file) != FILE_TYPE_DISK)
        error = ERROR_INVALID_NAME;
    else if (!GetFileSizeEx(file, &length))
        error = GetLastError();
    else
        *size = (uint64_t)length.QuadPart;
    CloseHandle(file);
    return error;
}

bool os_file_exists(const char *path)
{
    WCHAR wide_path[PATH_COUNT];

    return wide(path, wide_path, PATH_COUNT) &&
           GetFileAttributesW(wide_path) != INVALID_FILE_ATTRIBUTES;
}

DWORD os_path_absolute(const char *path, char *result, size_t size)
{
    WCHAR wide_path[PATH_COUNT], full[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    if (GetFileAttributesW(wide_path) == INVALID_FILE_ATTRIBUTES)
        return GetLastError();

    DWORD length = GetFullPathNameW(wide_path, PATH_COUNT, full, NULL);

    if (length == 0 || length >= PATH_COUNT || text_utf8_size(full, length) >= size)
        return ERROR_MORE_DATA;
    text_to_utf8(full, length, result, size);
    return ERROR_SUCCESS;
}

DWORD os_directory_make(const char *path)
{
    WCHAR wide_path[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    return CreateDirectoryW(wide_path, NULL) ? ERROR_SUCCESS : GetLastError();
}

DWORD os_directory_remove(const char *path)
{
    WCHAR wide_path[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    return RemoveDirectoryW(wide_path) ? ERROR_SUCCESS : GetLastError();
}

DWORD os_directory_open(struct os_directory *directory, const char *path)
{
    char pattern[OS_PATH_SIZE];
    WCHAR wide_pattern[PATH_COUNT];
    WIN32_FIND_DATAW *first = malloc(sizeof(*first));

    if (!first)
        return ERROR_NOT_ENOUGH_MEMORY;
    if ((size_t)snprintf(pattern, sizeof(pattern), "%s\\*", path) >= sizeof(pattern) ||
        !wide(pattern, wide_pattern, PATH_COUNT)) {
        free(first);
        return ERROR_INVALID_NAME;
    }
    HANDLE handle = FindFirstFileW(wide_pattern, first);
    if (handle == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        free(first);
        return error;
    }
    directory->handle = handle;
    directory->first = first;
    return ERROR_SUCCESS;
}

DWORD os_directory_next(struct os_directory *directory, char *name, size_t size)
{
    WIN32_FIND_DATAW entry;

    for (;;) {
        if (directory->first) {
            memcpy(&entry, directory->first, sizeof(entry));
            free(directory->first);
            directory->first = NULL;
        } else if (!FindNextFileW(directory->handle, &entry)) {
            return GetLastError();
        }
        if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
            continue;
        if (narrow(entry.cFileName, name, size) == ERROR_SUCCESS)
            return ERROR_SUCCESS;
    }
}

void os_directory_close(struct os_directory *directory)
{
    free(directory->first);
    FindClose(directory->handle);
    directory->handle = NULL;
    directory->first = NULL;
}

void os_stdout_binary(void)
{
    fflush(stdout);
    _setmode(_fileno(stdout), _O_BINARY);
}

bool os_is_terminal(int stream)
{
    DWORD mode;

    return GetConsoleMode((HANDLE)_get_osfhandle(stream), &mode) != 0;
}

/* Read a value below HKEY_LOCAL_MACHINE. `size` is in bytes, in and out. */
static DWORD registry_value(const WCHAR *key, const WCHAR *value, DWORD *type, void *data,
                            DWORD *size)
{
    HKEY opened;
    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_QUERY_VALUE, &opened);

    if (error)
        return error;
    error = (DWORD)RegQueryValueExW(opened, value, NULL, type, data, size);
    RegCloseKey(opened);
    return error;
}

DWORD os_registry_dword(const WCHAR *key, const WCHAR *value, uint32_t *result)
{
    DWORD type, data, size = sizeof(data);
    DWORD error = registry_value(key, value, &type, &data, &size);

    if (error == ERROR_MORE_DATA)
        return ERROR_INVALID_DATA;
    if (error)
        return error;
    if (type != REG_DWORD || size != sizeof(data))
        return ERROR_INVALID_DATA;
    *result = data;
    return ERROR_SUCCESS;
}

DWORD os_registry_string(const WCHAR *key, const WCHAR *value, char *result, size_t size)
{
    WCHAR text[PATH_COUNT + 1];
    DWORD type, bytes = PATH_COUNT * sizeof(WCHAR);
    DWORD error = registry_value(key, value, &type, text, &bytes);

    if (error)
        return error;
    if ((type != REG_SZ && type != REG_EXPAND_SZ) || bytes > PATH_COUNT * sizeof(WCHAR))
        return ERROR_INVALID_DATA;
    text[bytes / sizeof(WCHAR)] = 0; /* stored strings need not be terminated */
    return narrow(text, result, size);
}

DWORD os_registry_subkey(const WCHAR *key, uint32_t index, WCHAR *name, size_t count)
{
    HKEY opened;
    DWORD units = (DWORD)count;
    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_ENUMERATE_SUB_KEYS, &opened);

    if (error)
        return error;
    error = (DWORD)RegEnumKeyExW(opened, index, name, &units, NULL, NULL, NULL, NULL);
    RegCloseKey(opened);
    return error;
}

void os_event_report(const char *source, enum os_event_level level, uint32_t event_id,
                     const char *const strings[], size_t string_count)
{
    static WCHAR texts[16][256]; /* protected by the lock below; too large for a stack that belongs
                                    to another program */
    static struct os_lock lock;
    const WCHAR *pointers[16];
    WCHAR wide_source[64];

    text_from_utf8(source, strlen(source), wide_source, 64);
    HANDLE log = RegisterEventSourceW(NULL, wide_source);
    if (!log)
        return;
    os_lock_acquire(&lock);
    if (string_count > 16)
        string_count = 16;
    for (size_t i = 0; i < string_count; i++) {
        text_from_utf8(strings[i], strlen(strings[i]), texts[i], 256);
        pointers[i] = texts[i];
    }
    ReportEventW(log, (WORD)level, 0, event_id, NULL, (WORD)string_count, 0, pointers, NULL);
    os_lock_release(&lock);
    DeregisterEventSource(log);
}
