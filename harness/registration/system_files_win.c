/* SPDX-License-Identifier: MIT
 *
 * system_files.h for Windows and Wine. The new bytes are complete under another name before the old
 * file is renamed, so that no program finds half a file.
 */
#include "system_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define FOLDER "\\heapctrs"
#define FILE_LIMIT (256u << 20) /* bytes; chosen: a DLL with debug information has 10 MiB */
#define OLD_NAMES 100           /* chosen: old files that are in use at the same time */

typedef BOOL(WINAPI *is_wow64_process)(HANDLE process, BOOL *is_wow64);

static bool is_wow64(void)
{
    is_wow64_process ask;
    BOOL result = FALSE;
    FARPROC address = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "IsWow64Process");

    if (!address)
        return false;
    memcpy(&ask, &address, sizeof(ask));
    return ask(GetCurrentProcess(), &result) && result;
}

static bool to_wide(const char *path, WCHAR *wide)
{
    if (strlen(path) >= MAX_PATH)
        return false;
    text_from_utf8(path, strlen(path), wide, MAX_PATH);
    return true;
}

DWORD system_files_folder(bool for_32_bit, char *path, size_t size)
{
    WCHAR wide[MAX_PATH];
    char folder[3 * MAX_PATH];

    if (is_wow64())
        return ERROR_BAD_EXE_FORMAT;
    UINT length =
        for_32_bit ? GetSystemWow64DirectoryW(wide, MAX_PATH) : GetSystemDirectoryW(wide, MAX_PATH);
    if (length == 0)
        return for_32_bit ? ERROR_NOT_SUPPORTED : GetLastError();
    if (length >= MAX_PATH)
        return ERROR_INVALID_NAME;
    text_to_utf8(wide, length, folder, sizeof(folder));
    int used = snprintf(path, size, "%s" FOLDER, folder);
    return used < 0 || (size_t)used >= size ? ERROR_INVALID_NAME : ERROR_SUCCESS;
}

static DWORD move(const char *from, const char *to)
{
    WCHAR wide_from[MAX_PATH], wide_to[MAX_PATH];

    if (!to_wide(from, wide_from) || !to_wide(to, wide_to))
        return ERROR_INVALID_NAME;
    return MoveFileExW(wide_from, wide_to, 0) ? ERROR_SUCCESS : GetLastError();
}

/* Whether both files can be read and have the same bytes. */
static bool is_same(const char *left, const char *right)
{
    void *left_data = NULL, *right_data = NULL;
    size_t left_size, right_size;
    bool result = os_file_read_all(left, &left_data, &left_size, FILE_LIMIT) == ERROR_SUCCESS &&
                  os_file_read_all(right, &right_data, &right_size, FILE_LIMIT) == ERROR_SUCCESS &&
                  left_size == right_size && memcmp(left_data, right_data, left_size) == 0;

    free(left_data);
    free(right_data);
    return result;
}

/* Delete a file now, or when Windows starts next. Returns whether it is gone. */
static bool delete_or_schedule(const char *path)
{
    WCHAR wide[MAX_PATH];

    if (os_file_remove(path) == ERROR_SUCCESS || !os_file_exists(path))
        return true;
    if (to_wide(path, wide))
        MoveFileExW(wide, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    return false;
}

/* Rename the file at the target to a free name, which is written to `old`. */
static DWORD set_aside(const char *target, char *old, size_t size)
{
    *old = 0;
    if (!os_file_exists(target))
        return ERROR_SUCCESS;
    for (int number = 1; number <= OLD_NAMES; number++) {
        char name[OS_PATH_SIZE];
        int used = snprintf(name, sizeof(name), "%.*s.old-%d", MAX_PATH, target, number);

        if (used < 0 || (size_t)used >= size)
            return ERROR_INVALID_NAME;
        if (os_file_exists(name) && !delete_or_schedule(name))
            continue; /* a file of an earlier installation that is still in use */
        DWORD error = move(target, name);
        if (!error)
            memcpy(old, name, (size_t)used + 1);
        return error;
    }
    return ERROR_ALREADY_EXISTS;
}

static struct system_file *add(struct system_files *files, const char *target)
{
    if (files->count == SYSTEM_FILES_COUNT || strlen(target) >= OS_PATH_SIZE)
        return NULL;
    struct system_file *file = &files->items[files->count];
    memset(file, 0, sizeof(*file));
    memcpy(file->target, target, strlen(target) + 1);
    return file;
}

static DWORD make_folder_of(const char *target)
{
    char folder[OS_PATH_SIZE];
    const char *end = strrchr(target, '\\');
    size_t length = end ? (size_t)(end - target) : 0;

    if (!length || length >= sizeof(folder))
        return ERROR_INVALID_NAME;
    memcpy(folder, target, length);
    folder[length] = 0;
    DWORD error = os_directory_make(folder);
    return error == ERROR_ALREADY_EXISTS ? ERROR_SUCCESS : error;
}

DWORD system_files_put(struct system_files *files, const char *source, const char *target)
{
    char fresh[OS_PATH_SIZE];
    WCHAR wide_source[MAX_PATH], wide_fresh[MAX_PATH];
    struct system_file *file = add(files, target);
    int used = snprintf(fresh, sizeof(fresh), "%.*s.new", MAX_PATH, target);

    if (!file || used < 0 || !to_wide(source, wide_source) || !to_wide(fresh, wide_fresh))
        return ERROR_INVALID_NAME;
    if (is_same(source, target))
        return ERROR_SUCCESS;
    DWORD error = make_folder_of(target);
    if (error)
        return error;
    if (!CopyFileW(wide_source, wide_fresh, FALSE))
        return GetLastError();
    error = set_aside(target, file->old, sizeof(file->old));
    if (error)
        goto remove_fresh;
    error = move(fresh, target);
    if (error)
        goto move_back;
    file->is_put = true;
    files->count++;
    return ERROR_SUCCESS;

move_back:
    if (*file->old)
        move(file->old, target);
remove_fresh:
    os_file_remove(fresh);
    return error;
}

DWORD system_files_remove(struct system_files *files, const char *target)
{
    struct system_file *file = add(files, target);

    if (!file)
        return ERROR_INVALID_NAME;
    DWORD error = set_aside(target, file->old, sizeof(file->old));
    if (!error)
        files->count++;
    return error;
}

/* Remove the folder of a file if it is empty. Returns whether it was removed. */
static bool remove_folder_of(const char *target)
{
    char folder[OS_PATH_SIZE];
    const char *end = strrchr(target, '\\');

    if (!end)
        return false;
    snprintf(folder, sizeof(folder), "%.*s", (int)(end - target), target);
    return os_directory_remove(folder) == ERROR_SUCCESS;
}

void system_files_undo(struct system_files *files)
{
    while (files->count) {
        struct system_file *file = &files->items[--files->count];
        char put[OS_PATH_SIZE];

        /* The new file may be loaded already. Then it can be renamed but not deleted. The name is
           not one of those that set_aside frees: the old file has one of them. */
        if (file->is_put && os_file_remove(file->target)) {
            snprintf(put, sizeof(put), "%.*s.undone", MAX_PATH, file->target);
            os_file_remove(put); /* of an earlier failure */
            if (move(file->target, put) == ERROR_SUCCESS)
                delete_or_schedule(put);
        }
        if (*file->old)
            move(file->old, file->target);
        remove_folder_of(file->target);
    }
}

/* Delete the files that earlier installations could not delete. Returns how many are still in
   use. */
static size_t delete_leftovers(const char *target)
{
    size_t in_use = 0;

    for (int number = 1; number <= OLD_NAMES; number++) {
        char name[OS_PATH_SIZE];

        snprintf(name, sizeof(name), "%.*s.old-%d", MAX_PATH, target, number);
        if (os_file_exists(name))
            in_use += !delete_or_schedule(name);
    }
    return in_use;
}

size_t system_files_commit(struct system_files *files)
{
    size_t in_use = 0;

    for (size_t i = 0; i < files->count; i++) {
        char *target = files->items[i].target;
        bool is_gone = !files->items[i].is_put;

        in_use += delete_leftovers(target);
        char *end = strrchr(target, '\\');
        if (!is_gone || !end)
            continue;
        *end = 0;
        WCHAR wide[MAX_PATH];
        /* The folder is not empty. Deleting another file repeats this, or the next start finds it
           empty. */
        if (os_directory_remove(target) && in_use && to_wide(target, wide))
            MoveFileExW(wide, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    }
    files->count = 0;
    return in_use;
}
