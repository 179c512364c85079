/* SPDX-License-Identifier: MIT
 *
 * os_region.h for Windows 7 and later, and Wine: files in %ProgramData%\heapctrs\<SID>\, which
 * their owner has open for writing while it lives, and which the system deletes when it ends.
 * The order of functions is that of os_region_posix.c.
 */
#include "os_region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os_owner_win.h"
#include "text.h"

#define PATH_COUNT 2048    /* size in WCHARs of a buffer for any path here */
#define DIRECTORY_NAMES 8u /* <SID>, <SID>.1 to .7 */
/* High part of an offset after the end of every file: readers that ask lock it. */
#define ASKED_BYTE_HIGH 0x100
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* UTF-8 to UTF-16, or 0 if it does not fit. */
static size_t wide(const char *text, WCHAR *result, size_t count)
{
    int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, result, (int)count);

    return units > 0 ? (size_t)units : 0;
}

/* Whether $HEAPCTRS_DIR is set; if so, its value. */
static bool own_directory(char *path, size_t size)
{
    return os_environment("HEAPCTRS_DIR", path, size) == ERROR_SUCCESS && *path;
}

/* %ProgramData%\heapctrs, in which the users' folders are. */
static DWORD shared_directory(char *path, size_t size)
{
    char base[OS_PATH_SIZE];

    if (os_environment("ProgramData", base, sizeof(base)))
        return ERROR_PATH_NOT_FOUND;
    return (size_t)snprintf(path, size, "%s\\heapctrs", base) < size ? ERROR_SUCCESS
                                                                     : ERROR_INVALID_NAME;
}

/* Open a folder, or the link in its place, to examine it. While it is open, it cannot be renamed
   or removed. */
static DWORD folder_open(const char *path, HANDLE *folder)
{
    WCHAR wide_path[PATH_COUNT];

    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    *folder = CreateFileW(wide_path, READ_CONTROL | FILE_READ_ATTRIBUTES,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                          FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (*folder != INVALID_HANDLE_VALUE)
        return ERROR_SUCCESS;
    return GetLastError() == ERROR_PATH_NOT_FOUND ? ERROR_FILE_NOT_FOUND : GetLastError();
}

/* The owner of an open folder, and what others may do in it. One from $HEAPCTRS_DIR may be shared,
   as the folder of temporary files is, and its reader counts as its owner.
   ERROR_ACCESS_DENIED: it cannot be trusted. */
static DWORD folder_check(HANDLE folder, bool is_own, struct os_owner *owner,
                          struct os_region_place *place)
{
    BY_HANDLE_FILE_INFORMATION information;
    struct os_owner self;
    enum os_owner_others others;

    if (!GetFileInformationByHandle(folder, &information))
        return GetLastError();
    DWORD error = os_owner_of(folder, owner);
    if (!error)
        error = os_owner_current(&self);
    if (!error)
        error = os_owner_others(folder, owner, is_own ? &self : NULL, &others);
    if (error)
        return error;
    place->owner = os_owner_number(owner);
    place->is_link = (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    place->is_shared = is_own && others == OTHERS_ADD;
    bool is_sound = (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && !place->is_link &&
                    (others == OTHERS_READ || place->is_shared);
    return is_sound ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
}

static bool ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), size = strlen(suffix);

    return length > size && strcmp(name + length - size, suffix) == 0;
}

/* The process id at the start of a region's file name; 0 if the name has none. */
static uint32_t name_process_id(const char *name)
{
    uint64_t id = 0;

    if (!ends_with(name, OS_REGION_SUFFIX) && !ends_with(name, OS_REGION_COUNTERS_SUFFIX) &&
        !ends_with(name, OS_REGION_CONSUMER_SUFFIX) && !ends_with(name, OS_REGION_PRIVATE_SUFFIX))
        return 0;
    for (; *name >= '0' && *name <= '9' && id <= UINT32_MAX; name++)
        id = id * 10 + (uint64_t)(*name - '0');
    return *name == '-' && id <= UINT32_MAX ? (uint32_t)id : 0;
}

/* ---- the writer's side ------------------------------------------------------------ */

/* Create the folder if it does not exist, and check whether it can be used for publishing. */
static DWORD directory_use(const char *path, bool is_own)
{
    WCHAR wide_path[PATH_COUNT];
    struct os_owner_access access;
    struct os_region_place place;
    struct os_owner owner;
    HANDLE folder;
    DWORD error = os_owner_access_init(&access, ACCESS_FOLDER);

    if (error)
        return error;
    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    if (!CreateDirectoryW(wide_path, &access.attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    error = folder_open(path, &folder);
    if (error)
        return error;
    error = folder_check(folder, is_own, &owner, &place);
    if (error == ERROR_ACCESS_DENIED ||
        (!error && !is_own && !os_owner_equal(&owner, &access.owner)))
        error = ERROR_INVALID_OWNER;
    CloseHandle(folder);
    return error;
}

/* The folder in which all users' folders are. The first user makes it if the installation has not. The installation
   also sets its access list, because a user may have made it with another one. */
static DWORD shared_directory_make(char *path, size_t size, bool is_installation)
{
    WCHAR wide_path[PATH_COUNT];
    struct os_owner_access access;
    DWORD error = shared_directory(path, size);

    if (!error)
        error = os_owner_access_init(&access, ACCESS_SHARED_FOLDER);
    if (error)
        return error;
    if (!wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    if (!CreateDirectoryW(wide_path, &access.attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
        return GetLastError();
    DWORD attributes = GetFileAttributesW(wide_path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return GetLastError();
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY) || (attributes & FILE_ATTRIBUTE_REPARSE_POINT))
        return ERROR_INVALID_OWNER;
    if (is_installation &&
        !SetFileSecurityW(wide_path,
                          DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                          &access.descriptor))
        return GetLastError();
    return ERROR_SUCCESS;
}

DWORD os_region_directory(char *path, size_t size)
{
    char base[OS_PATH_SIZE], sid[OS_OWNER_TEXT_SIZE];
    struct os_owner owner;

    if (own_directory(path, size))
        return directory_use(path, true);
    DWORD error = shared_directory_make(base, sizeof(base), false);
    snprintf(path, size, "%s", base);
    if (!error)
        error = os_owner_current(&owner);
    if (error)
        return error;
    os_owner_text(&owner, sid);
    error = ERROR_ACCESS_DENIED;
    /* Another user may have taken the first name. */
    for (unsigned i = 0; error && i < DIRECTORY_NAMES; i++) {
        int length = snprintf(path, size, "%s\\%s", base, sid);
        if (i > 0 && (size_t)length < size)
            length += snprintf(path + length, size - (size_t)length, ".%u", i);
        if ((size_t)length >= size)
            return ERROR_INVALID_NAME;
        error = directory_use(path, false);
    }
    return error;
}

DWORD os_region_shared_directory(char *path, size_t size)
{
    return shared_directory_make(path, size, true);
}

DWORD os_region_create(struct os_region_file *file, const char *directory, const char *suffix)
{
    static LONG count;
    const bool is_private = strcmp(suffix, OS_REGION_PRIVATE_SUFFIX) == 0;
    const size_t length = strlen(directory), size = sizeof(file->path);
    WCHAR path[PATH_COUNT];
    struct os_owner_access access;
    HANDLE handle;
    DWORD error = os_owner_access_init(&access, is_private ? ACCESS_PRIVATE_FILE : ACCESS_FILE);

    if (error)
        return error;
    if (length >= size)
        return ERROR_INVALID_NAME;
    if (directory != file->path)
        memcpy(file->path, directory, length + 1);
    do {
        LARGE_INTEGER now;
        QueryPerformanceCounter(&now);
        if ((size_t)snprintf(file->path + length, size - length, "\\%lu-%llx%lx%s",
                             GetCurrentProcessId(), (unsigned long long)now.QuadPart,
                             (unsigned long)InterlockedIncrement(&count) & 0xF,
                             suffix) >= size - length ||
            !wide(file->path, path, PATH_COUNT)) {
            error = ERROR_INVALID_NAME;
            goto restore_directory;
        }
        /* It is open for writing while its owner lives, which others see. No other process can
           open a region for writing; requests are written to a private file. */
        handle =
            CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE,
                        FILE_SHARE_READ | FILE_SHARE_DELETE | (is_private ? FILE_SHARE_WRITE : 0),
                        &access.attributes, CREATE_NEW,
                        FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    } while (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS);
    if (handle == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        goto restore_directory;
    }
    file->handle = (intptr_t)handle;
    file->device = file->inode = 0;
    file->is_named = true;
    return ERROR_SUCCESS;

restore_directory:
    file->path[length] = 0;
    return error;
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

/* Not offered: Windows would reserve disk for the whole mapping, too. */
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

void os_region_unname(const struct os_region_file *file)
{
    (void)file; /* when the system closes it, the file is deleted */
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
    char path[OS_PATH_SIZE];

    places->listing = NULL;
    places->has_own = own_directory(path, sizeof(path));
    if (places->has_own || shared_directory(path, sizeof(path)))
        return ERROR_SUCCESS;
    struct os_directory *listing = malloc(sizeof(*listing));
    if (!listing)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = os_directory_open(listing, path);
    if (error)
        free(listing);
    else
        places->listing = listing;
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ERROR_SUCCESS : error;
}

DWORD os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    char base[OS_PATH_SIZE], name[OS_NAME_SIZE];
    DWORD error;

    if (places->has_own) {
        places->has_own = false;
        if (!own_directory(place->path, sizeof(place->path)))
            return ERROR_NO_MORE_FILES;
        error = os_region_place_check(place);
        /* the folder may be created later */
        return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    }
    if (!places->listing || shared_directory(base, sizeof(base)))
        return ERROR_NO_MORE_FILES;
    while (!(error = os_directory_next(places->listing, name, sizeof(name)))) {
        if ((size_t)snprintf(place->path, sizeof(place->path), "%s\\%s", base, name) >=
            sizeof(place->path))
            continue;
        error = os_region_place_check(place);
        if (error != ERROR_FILE_NOT_FOUND)
            return error;
    }
    os_region_places_close(places); /* the next call ends the listing */
    return error;
}

void os_region_places_close(struct os_region_places *places)
{
    if (places->listing)
        os_directory_close(places->listing);
    free(places->listing);
    places->listing = NULL;
}

uint64_t os_region_directories_mark(void)
{
    char path[OS_PATH_SIZE];

    if (own_directory(path, sizeof(path)))
        return 1;
    return shared_directory(path, sizeof(path)) ? 0 : os_region_directory_mark(path);
}

/* Whether a folder is called by a SID, with or without a number, but belongs to another user. */
static bool is_misnamed(const char *path, const struct os_owner *owner)
{
    char sid[OS_OWNER_TEXT_SIZE];
    const char *name = strrchr(path, '\\');

    name = name ? name + 1 : path;
    if (strncmp(name, "S-1-", 4) != 0)
        return false;
    os_owner_text(owner, sid);
    const size_t length = strlen(sid);
    return strncmp(name, sid, length) != 0 || (name[length] != 0 && name[length] != '.');
}

DWORD os_region_place_check(struct os_region_place *place)
{
    char own[OS_PATH_SIZE];
    struct os_owner owner;
    HANDLE folder;
    const bool is_own = own_directory(own, sizeof(own)) && strcmp(place->path, own) == 0;
    DWORD error = folder_open(place->path, &folder);

    place->owner = 0;
    place->is_link = place->is_misnamed = place->is_shared = false;
    place->is_closed = error == ERROR_ACCESS_DENIED;
    if (error)
        return error;
    /* The owner comes from the system, not from the name. */
    error = folder_check(folder, is_own, &owner, place);
    if (!error || error == ERROR_ACCESS_DENIED)
        place->is_misnamed = !is_own && is_misnamed(place->path, &owner);
    CloseHandle(folder);
    return error;
}

DWORD os_region_tidy(const char *path, const char *name)
{
    (void)path, (void)name; /* the system removes what a dead owner did not finish */
    return ERROR_INVALID_NAME;
}

/* Whether the time of a folder changes with what is in it. Other file systems do not promise it. */
static bool has_times_of_folders(HANDLE folder)
{
    WCHAR name[32];

    return GetVolumeInformationByHandleW(folder, NULL, 0, NULL, NULL, NULL, name, 32) &&
           (wcscmp(name, L"NTFS") == 0 || wcscmp(name, L"ReFS") == 0);
}

uint64_t os_region_directory_mark(const char *path)
{
    BY_HANDLE_FILE_INFORMATION information;
    FILETIME now;
    HANDLE folder;
    uint64_t mark = 0;
    DWORD error = folder_open(path, &folder);

    if (error)
        return error == ERROR_FILE_NOT_FOUND; /* the number is the same until it exists */
    if (has_times_of_folders(folder) && GetFileInformationByHandle(folder, &information)) {
        const FILETIME *written = &information.ftLastWriteTime;
        mark = (uint64_t)written->dwHighDateTime << 32 | written->dwLowDateTime;
        /* The clock of file times is coarse: a change in the same tick would not show. */
        GetSystemTimeAsFileTime(&now);
        if (((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) - mark < 500000)
            mark = 0;
        else
            mark += (((uint64_t)information.nFileIndexHigh << 32) | information.nFileIndexLow) *
                    UINT64_C(0x9E3779B97F4A7C15);
    }
    CloseHandle(folder);
    return mark;
}

/* What is known of an open file. In a shared folder all users may have regions, elsewhere only the
   folder's owner. */
static DWORD source_check(HANDLE file, HANDLE folder, bool is_own, struct os_region_source *source)
{
    BY_HANDLE_FILE_INFORMATION information;
    struct os_owner owner, folder_owner;
    struct os_region_place place = { .is_shared = false };

    if (GetFileType(file) != FILE_TYPE_DISK)
        return ERROR_INVALID_NAME;
    if (!GetFileInformationByHandle(file, &information))
        return GetLastError();
    DWORD error = os_owner_of(file, &owner);
    if (!error)
        error = folder_check(folder, is_own, &folder_owner, &place);
    if (error && error != ERROR_ACCESS_DENIED)
        return error;
    if ((information.dwFileAttributes &
         (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) ||
        (!place.is_shared && !os_owner_equal(&owner, &folder_owner)))
        return ERROR_INVALID_NAME;
    *source = (struct os_region_source){
        .handle = (intptr_t)file,
        .size = (uint64_t)information.nFileSizeHigh << 32 | information.nFileSizeLow,
        .device = information.dwVolumeSerialNumber,
        .inode = (uint64_t)information.nFileIndexHigh << 32 | information.nFileIndexLow,
        .owner = os_owner_number(&owner),
        .has_other_names = information.nNumberOfLinks > 1,
    };
    return ERROR_SUCCESS;
}

DWORD os_region_open(struct os_region_source *source, const char *directory, const char *name)
{
    char path[OS_PATH_SIZE], own[OS_PATH_SIZE];
    WCHAR wide_path[PATH_COUNT];
    HANDLE folder;
    const bool is_own = own_directory(own, sizeof(own)) && strcmp(directory, own) == 0;

    if ((size_t)snprintf(path, sizeof(path), "%s\\%s", directory, name) >= sizeof(path) ||
        !wide(path, wide_path, PATH_COUNT))
        return ERROR_INVALID_NAME;
    DWORD error = folder_open(directory, &folder);
    if (error)
        return error;
    HANDLE file = CreateFileW(wide_path, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
    error =
        file == INVALID_HANDLE_VALUE ? GetLastError() : source_check(file, folder, is_own, source);
    if (error && file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    CloseHandle(folder);
    return error;
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
    /* The owner has it open for writing, which this open does not permit. It needs no right but
       that to read. */
    HANDLE file =
        ReOpenFile((HANDLE)source->handle, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, 0);

    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return OS_REGION_DEAD;
    }
    switch (GetLastError()) {
    case ERROR_SHARING_VIOLATION:
        return OS_REGION_LIVE;
    case ERROR_FILE_NOT_FOUND:
        return OS_REGION_DEAD;
    default: /* also ERROR_ACCESS_DENIED, which is a file that is being deleted, among others */
        return OS_REGION_UNKNOWN;
    }
}

DWORD os_region_is_local(uint64_t pid_namespace, bool *is_local)
{
    (void)pid_namespace;
    *is_local = true;
    return ERROR_SUCCESS;
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

bool os_region_owner_text(uint64_t owner, char *text, size_t size)
{
    char sid[OS_OWNER_TEXT_SIZE] = "unknown";
    struct os_owner user;
    const bool is_known = os_owner_of_number(owner, &user);

    if (is_known)
        os_owner_text(&user, sid);
    snprintf(text, size, "%s", sid);
    return is_known;
}

uint32_t os_region_name_process_id(const char *name)
{
    return name_process_id(name);
}

bool os_region_is_of(const struct os_region_source *source, uint32_t process_id)
{
    struct os_owner owner, of_process;

    /* The system may report nothing of other users' processes. Administrators could write any
       file. */
    return os_owner_of((HANDLE)source->handle, &owner) || os_owner_is_system(&owner) ||
           os_owner_of_process(process_id, &of_process) || os_owner_equal(&owner, &of_process);
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
