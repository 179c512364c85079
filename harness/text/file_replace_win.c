/* SPDX-License-Identifier: MIT
 *
 * file_replace.h for Windows.
 */
#include "file_replace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define PATH_COUNT 4096 /* units of a path; chosen */

struct file_replace {
    WCHAR path[PATH_COUNT], neighbour[PATH_COUNT + 32];
    HANDLE file;
};

DWORD file_replace_open(struct file_replace **opened, const char *path)
{
    struct file_replace *file = calloc(1, sizeof(*file));
    DWORD error;

    if (!file)
        return ERROR_NOT_ENOUGH_MEMORY;
    text_from_utf8(path, strlen(path), file->path, PATH_COUNT);
    _snwprintf(file->neighbour, PATH_COUNT + 31, L"%ls.new-%lu", file->path, GetCurrentProcessId());
    file->file = CreateFileW(file->neighbour, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                             FILE_ATTRIBUTE_NORMAL, NULL);
    if (file->file != INVALID_HANDLE_VALUE) {
        *opened = file;
        return ERROR_SUCCESS;
    }
    error = GetLastError();
    free(file);
    return error;
}

DWORD file_replace_add(struct file_replace *file, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        DWORD written;

        if (!WriteFile(file->file, at, size > 0x10000000 ? 0x10000000 : (DWORD)size, &written,
                       NULL))
            return GetLastError();
        at += written;
        size -= written;
    }
    return ERROR_SUCCESS;
}

DWORD file_replace_close(struct file_replace *file, DWORD error)
{
    if (!file)
        return error;
    CloseHandle(file->file);
    if (!error && !MoveFileExW(file->neighbour, file->path, MOVEFILE_REPLACE_EXISTING))
        error = GetLastError();
    if (error)
        DeleteFileW(file->neighbour);
    free(file);
    return error;
}
