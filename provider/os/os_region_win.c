/* SPDX-License-Identifier: MIT
 *
 * os_region.h for Windows 7 and later, and Wine: files in %ProgramData%\heapctrs\ that no other
 * process can open for writing while their owner lives, and that the system deletes when it ends.
 * The order of functions is that of os_region_posix.c.
 */
#include "os_region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define PATH_COUNT 2048 /* size in WCHARs of a buffer for any path here */
/* High part of an offset after the end of every file: readers that ask lock it. */
#define ASKED_BYTE_HIGH 0x100
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* UTF-8 to UTF-16, or 0 if it does not fit. */
static size_t wide(const char *text, WCHAR *result, size_t count)
{
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, result, (int)count);

    return units > 0 ? (size_t)units : 0;
}

/* $HEAPCTRS_DIR or %ProgramData%\heapctrs, without a separator at the end. */
static DWORD directory_path(char *path, size_t size)
{
    char base[OS_PATH_SIZE];

    if (os_environment("HEAPCTRS_DIR", path, size) == ERROR_SUCCESS)
        return ERROR_SUCCESS;
    DWORD error = os_environment("ProgramData", base, sizeof(base));
    if (error)
        return ERROR_PATH_NOT_FOUND;
    return (size_t)snprintf(path, size, "%s\\heapctrs", base) < size ? ERROR_SUCCESS
                                                                     : ERROR_INVALID_NAME;
}

/* The process id at the start of a region's file name; 0 if the name has none. */
static bool ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), size = strlen(suffix);

    return length > size && strcmp(name + length - size, suffix) == 0;
}

static uint32_t name_process_id(const char *name)
{
    uint64_t id = 0;

    if (!ends_with(name, OS_REGION_SUFFIX) && !ends_with(name, OS_REGION_COUNTERS_SUFFIX) &&
        !ends_with(name, OS_REGION_CONSUMER_SUFFIX))
        return 0;
    for (; *name >= '0' && *name <= '9' && id <= UINT32_MAX; name++)
        id = id * 10 + (uint64_t)(*name - '0');
    return *name == '-' && id <= UINT32_MAX ? (uint32_t)id : 0;
}

/* ---- the writer's side ------------------------------------------------------------ */

DWORD os_region_directory(char *path, size_t size)
{
    WCHAR wide_path[PATH_COUNT];
    DWORD error = directory_path(path, size);

    if (error)
        return error;
    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    /* The access list that the directory inherits grants the rights: users create files that
       only they and administrators may change. */
    if (!CreateDirectoryW(wide_path, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    DWORD attributes = GetFileAttributesW(wide_path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) &&
                   !(attributes & FILE_ATTRIBUTE_REPARSE_POINT)
               ? ERROR_SUCCESS
               : ERROR_ACCESS_DENIED;
}

DWORD os_region_create(struct os_region_file *file, const char *directory, const char *suffix)
{
    static LONG count;
    WCHAR path[PATH_COUNT];
    HANDLE handle;

    if (strcmp(suffix, OS_REGION_PRIVATE_SUFFIX) == 0)
        return ERROR_NOT_SUPPORTED;
    do {
        LARGE_INTEGER now;
        QueryPerformanceCounter(&now);
        if ((size_t)snprintf(file->path, sizeof(file->path), "%s\\%lu-%llx%lx%s", directory,
                             GetCurrentProcessId(), (unsigned long long)now.QuadPart,
                             (unsigned long)InterlockedIncrement(&count) & 0xF,
                             suffix) >= sizeof(file->path) ||
            !wide(file->path, path, PATH_COUNT))
            return ERROR_INVALID_NAME;
        /* No other process may open it for writing: this shows others that the owner lives. */
        handle = CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE,
                             FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, CREATE_NEW,
                             FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    } while (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    file->handle = (intptr_t)handle;
    file->device = file->inode = 0;
    file->is_named = true;
    return ERROR_SUCCESS;
}

bool os_region_has_private_files(void)
{
    return false; /* the folder's rights let all users read */
}

DWORD os_region_grow(struct os_region_file *file, uint64_t size)
{
    LARGE_INTEGER now, end = { .QuadPart = (LONGLONG)size };

    if (!GetFileSizeEx((HANDLE)file->handle, &now))
        return GetLastError();
    if ((uint64_t)now.QuadPart >= size)
        return ERROR_SUCCESS;
    if (!SetFilePointerEx((HANDLE)file->handle, end, NULL, FILE_BEGIN) ||
        !SetEndOfFile((HANDLE)file->handle))
        return GetLastError();
    return ERROR_SUCCESS;
}

/* The disk would be reserved, too. */
void *os_region_map_reserved(struct os_region_file *file, size_t size, size_t used)
{
    (void)file;
    (void)size;
    (void)used;
    return NULL;
}

bool os_region_commit(void *memory, size_t size)
{
    (void)memory;
    (void)size;
    return true;
}

DWORD os_region_publish(struct os_region_file *file)
{
    (void)file; /* readers treat it as a file without a header until then */
    return ERROR_SUCCESS;
}

/* Handles are not inherited, and the lock is the open handle. */
void os_region_hide(struct os_region_file *file)
{
    (void)file;
}

/* An open file cannot be deleted. */
enum os_region_presence os_region_presence(const struct os_region_file *file)
{
    (void)file;
    return OS_REGION_PRESENT;
}

bool os_region_is_whole(const struct os_region_file *file, uint64_t size)
{
    (void)file;
    (void)size;
    return true;
}

size_t os_region_alignment(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwAllocationGranularity;
}

void *os_region_map(struct os_region_file *file, uint64_t offset, size_t size, void *at)
{
    uint64_t end = offset + size;
    void *memory = NULL;

    if (at)
        return NULL;
    HANDLE mapping = CreateFileMappingW((HANDLE)file->handle, NULL, PAGE_READWRITE,
                                        (DWORD)(end >> 32), (DWORD)end, NULL);
    if (mapping) {
        memory = MapViewOfFile(mapping, FILE_MAP_READ | FILE_MAP_WRITE, (DWORD)(offset >> 32),
                               (DWORD)offset, size);
        CloseHandle(mapping);
    }
    return memory;
}

bool os_region_replace_private(void *at, size_t size)
{
    (void)at, (void)size;
    return false;
}

void os_region_unmap(void *memory, size_t size)
{
    (void)size;
    UnmapViewOfFile(memory);
}

bool os_region_is_asked(const struct os_region_file *file)
{
    OVERLAPPED place = { .OffsetHigh = ASKED_BYTE_HIGH };

    /* A reader that requests a new state holds a shared lock, so an exclusive one is refused. */
    if (!LockFileEx((HANDLE)file->handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1,
                    0, &place))
        return true;
    UnlockFileEx((HANDLE)file->handle, 0, 1, 0, &place);
    return false;
}

void os_region_remove(struct os_region_file *file)
{
    os_region_abandon(file); /* closing the file deletes it */
}

void os_region_abandon(struct os_region_file *file)
{
    CloseHandle((HANDLE)file->handle);
    file->handle = (intptr_t)INVALID_HANDLE_VALUE;
}

uint64_t os_region_process_start(void)
{
    FILETIME created, ended, kernel, user;

    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        return 0;
    return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

uint64_t os_region_pid_namespace(void)
{
    return 0;
}

/* ---- the reader's side ------------------------------------------------------------ */

DWORD os_region_places_open(struct os_region_places *places)
{
    places->has_own = true;
    places->listing = NULL;
    return ERROR_SUCCESS;
}

DWORD os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    if (!places->has_own || directory_path(place->path, sizeof(place->path)))
        return ERROR_NO_MORE_FILES;
    places->has_own = false;
    DWORD error = os_region_place_check(place);
    /* the folder may be created later */
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
}

void os_region_places_close(struct os_region_places *places)
{
    (void)places;
}

uint64_t os_region_directories_mark(void)
{
    return 1; /* there is always the same one */
}

DWORD os_region_place_check(struct os_region_place *place)
{
    WCHAR path[PATH_COUNT];

    if (!wide(place->path, path, PATH_COUNT))
        return ERROR_ACCESS_DENIED;
    place->owner = 0;
    place->is_link = place->is_misnamed = false;
    place->is_shared = true; /* all users have their files there */
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return GetLastError() == ERROR_PATH_NOT_FOUND ? ERROR_FILE_NOT_FOUND : GetLastError();
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT)
               ? ERROR_SUCCESS
               : ERROR_ACCESS_DENIED;
}

DWORD os_region_tidy(const char *path, const char *name)
{
    (void)path, (void)name; /* the system removes what a dead owner did not finish */
    return ERROR_INVALID_NAME;
}

uint64_t os_region_directory_mark(const char *path)
{
    (void)path; /* the time of a directory may stay the same when its contents change */
    return 0;
}

DWORD os_region_open(struct os_region_source *source, const char *directory, const char *name)
{
    char path[OS_PATH_SIZE];
    WCHAR wide_path[PATH_COUNT];
    BY_HANDLE_FILE_INFORMATION information;

    if ((size_t)snprintf(path, sizeof(path), "%s\\%s", directory, name) >= sizeof(path) ||
        !wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    HANDLE file = CreateFileW(wide_path, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &information) ||
        (information.dwFileAttributes &
         (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY))) {
        CloseHandle(file);
        return ERROR_INVALID_NAME;
    }
    source->handle = (intptr_t)file;
    source->size = (uint64_t)information.nFileSizeHigh << 32 | information.nFileSizeLow;
    source->device = information.dwVolumeSerialNumber;
    source->inode = (uint64_t)information.nFileIndexHigh << 32 | information.nFileIndexLow;
    source->owner = 0;
    source->has_other_names = information.nNumberOfLinks > 1;
    return ERROR_SUCCESS;
}

bool os_region_map_read(const struct os_region_source *source, size_t size,
                        struct os_region_mapping *mapping)
{
    const void *memory = NULL;
    HANDLE section = CreateFileMappingW((HANDLE)source->handle, NULL, PAGE_READONLY, 0, 0, NULL);

    if (section) {
        memory = MapViewOfFile(section, FILE_MAP_READ, 0, 0, size);
        CloseHandle(section);
    }
    if (!memory)
        return false;
    mapping->memory = memory;
    mapping->size = size;
    mapping->is_cut = 0;
    return true;
}

void os_region_unmap_read(struct os_region_mapping *mapping)
{
    if (mapping->memory)
        UnmapViewOfFile(mapping->memory);
    mapping->memory = NULL;
    mapping->size = 0;
}

/* The path of an open file. The file of the name that was passed to the other calls may have
   been replaced. */
static bool path_of(const struct os_region_source *source, WCHAR path[PATH_COUNT])
{
    DWORD length = GetFinalPathNameByHandleW((HANDLE)source->handle, path, PATH_COUNT, 0);

    return length > 0 && length < PATH_COUNT;
}

enum os_region_life os_region_life(const struct os_region_source *source)
{
    WCHAR path[PATH_COUNT];

    if (!path_of(source, path))
        return OS_REGION_UNKNOWN;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return OS_REGION_DEAD;
    }
    switch (GetLastError()) {
    case ERROR_SHARING_VIOLATION:
    case ERROR_ACCESS_DENIED: /* it is another user's, and is deleted only when its owner ends */
        return OS_REGION_LIVE;
    case ERROR_FILE_NOT_FOUND:
        return OS_REGION_DEAD;
    default:
        return OS_REGION_UNKNOWN;
    }
}

bool os_region_is_local(uint64_t pid_namespace)
{
    (void)pid_namespace;
    return true;
}

bool os_region_owner_is_gone(uint32_t process_id)
{
    DWORD code;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);

    if (!process)
        return GetLastError() == ERROR_INVALID_PARAMETER; /* there is no process of that id */
    bool is_gone = GetExitCodeProcess(process, &code) && code != STILL_ACTIVE;
    CloseHandle(process);
    return is_gone;
}

DWORD os_region_ask(const struct os_region_source *source)
{
    OVERLAPPED place = { .OffsetHigh = ASKED_BYTE_HIGH };

    /* The owner tries the lock for an instant from time to time. */
    for (int i = 0; i < 20; i++) {
        if (LockFileEx((HANDLE)source->handle, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place))
            return ERROR_SUCCESS;
        Sleep(1);
    }
    return GetLastError();
}

uint32_t os_region_name_process_id(const char *name)
{
    return name_process_id(name);
}

bool os_region_is_of(const struct os_region_source *source, uint32_t process_id)
{
    (void)source, (void)process_id; /* the lock and the access list decide that */
    return true;
}

DWORD os_region_reap(const struct os_region_source *source, const char *directory, const char *name)
{
    WCHAR path[PATH_COUNT];

    (void)directory, (void)name;
    if (!path_of(source, path))
        return GetLastError();
    return DeleteFileW(path) ? ERROR_SUCCESS : GetLastError();
}

void os_region_close(struct os_region_source *source)
{
    CloseHandle((HANDLE)source->handle);
    source->handle = (intptr_t)INVALID_HANDLE_VALUE;
}

/* ---- fork ---------------------------------------------------------------------------- */

DWORD os_fork_watch(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare, (void)parent, (void)child;
    return ERROR_SUCCESS;
}

void *os_pages_allocate_wiped(size_t size)
{
    return os_pages_allocate(size);
}

/* ---- threads ------------------------------------------------------------------------- */

static DWORD thread_index = FLS_OUT_OF_INDEXES;
static void (*thread_at_end)(void *value);

static void WINAPI on_thread_end(void *value)
{
    if (value && thread_at_end)
        thread_at_end(value);
}

DWORD os_thread_value_init(void (*at_end)(void *value))
{
    if (thread_index != FLS_OUT_OF_INDEXES)
        return ERROR_SUCCESS;
    thread_at_end = at_end;
    thread_index = FlsAlloc(on_thread_end);
    return thread_index == FLS_OUT_OF_INDEXES ? GetLastError() : ERROR_SUCCESS;
}

void os_thread_value_release(void)
{
    DWORD index = thread_index;

    /* FlsFree calls at_end for every thread's value. */
    thread_at_end = NULL;
    thread_index = FLS_OUT_OF_INDEXES;
    if (index != FLS_OUT_OF_INDEXES)
        FlsFree(index);
}

void *os_thread_value(void)
{
    DWORD error = GetLastError();
    void *value = FlsGetValue(thread_index);

    SetLastError(error); /* FlsGetValue sets it even on success */
    return value;
}

DWORD os_thread_value_set(void *value)
{
    return FlsSetValue(thread_index, value) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static const char no;
const volatile char *const os_is_single_threaded = &no;

void os_thread_yield(void)
{
    if (!SwitchToThread())
        Sleep(0);
}
