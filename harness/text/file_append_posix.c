/* SPDX-License-Identifier: MIT
 *
 * Uses O_APPEND, so that several writers do not overwrite each other.
 */
#define _DEFAULT_SOURCE
#include "file_append.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os_error.h"

DWORD file_append(const char *path, const void *data, size_t size, bool is_new)
{
    const char *at = data;
    const int file =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (is_new ? O_TRUNC : 0), 0666);
    DWORD error = ERROR_SUCCESS;

    if (file < 0) /* a missing file is made, so a missing folder is the cause */
        return errno == ENOENT ? ERROR_PATH_NOT_FOUND : os_error_of(errno);
    while (size) {
        const ssize_t written = write(file, at, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            error = os_error_of(errno);
            break;
        }
        at += written;
        size -= (size_t)written;
    }
    if (close(file) != 0 && !error)
        error = os_error_of(errno);
    return error;
}
