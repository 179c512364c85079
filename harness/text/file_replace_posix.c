/* SPDX-License-Identifier: MIT
 *
 * file_replace.h for Linux. O_NOFOLLOW: other users may have put a link at the neighbour's name, if
 * they can write to the folder.
 */
#define _DEFAULT_SOURCE
#include "file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os.h"
#include "os_error.h"

struct file_replace {
    char path[OS_PATH_SIZE], neighbour[OS_PATH_SIZE];
    int file;
    bool is_direct; /* `path` itself is written to */
};

DWORD file_replace_open(struct file_replace **opened, const char *path)
{
    struct file_replace *file = calloc(1, sizeof(*file));
    struct stat status;
    DWORD error;

    if (!file)
        return ERROR_NOT_ENOUGH_MEMORY;
    file->is_direct = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
    if ((size_t)snprintf(file->path, sizeof(file->path), "%s", path) >= sizeof(file->path) ||
        (size_t)snprintf(file->neighbour, sizeof(file->neighbour), "%s.new-%ld", path,
                         (long)getpid()) >= sizeof(file->neighbour)) {
        free(file);
        return ERROR_INVALID_NAME;
    }
    file->file =
        file->is_direct
            ? open(path, O_WRONLY | O_CLOEXEC)
            : open(file->neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file->file >= 0) {
        *opened = file;
        return ERROR_SUCCESS;
    }
    error = errno == ENOENT ? ERROR_PATH_NOT_FOUND : os_error_of(errno);
    free(file);
    return error;
}

DWORD file_replace_add(struct file_replace *file, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        const ssize_t written = write(file->file, at, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return os_error_of(errno);
        at += written;
        size -= (size_t)written;
    }
    return ERROR_SUCCESS;
}

DWORD file_replace_close(struct file_replace *file, DWORD error)
{
    if (!file)
        return error;
    if (close(file->file) != 0 && !error)
        error = os_error_of(errno);
    if (!file->is_direct && !error && rename(file->neighbour, file->path) != 0)
        error = os_error_of(errno);
    if (!file->is_direct && error)
        unlink(file->neighbour);
    free(file);
    return error;
}
