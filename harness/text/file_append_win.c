/* SPDX-License-Identifier: MIT
 *
 * Uses FILE_APPEND_DATA, so that several writers do not overwrite each other.
 */
#include "file_append.h"

#include <string.h>

#include "text.h"

DWORD file_append(const char *path, const void *data, size_t size, bool is_new)
{
    WCHAR wide[4096];
    const char *at = data;
    HANDLE file;
    DWORD error = ERROR_SUCCESS;

    text_from_utf8(path, strlen(path), wide, sizeof(wide) / sizeof(*wide));
    file = CreateFileW(wide, is_new ? GENERIC_WRITE : FILE_APPEND_DATA,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       is_new ? CREATE_ALWAYS : OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    while (size && !error) {
        DWORD written;

        if (WriteFile(file, at, size > 0x10000000 ? 0x10000000 : (DWORD)size, &written, NULL)) {
            at += written;
            size -= written;
        } else {
            error = GetLastError();
        }
    }
    CloseHandle(file);
    return error;
}
