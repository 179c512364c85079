/* SPDX-License-Identifier: MIT
 *
 * os_private.h for Linux. A private file is accepted only if its user alone can use it and it is not a
 * link.
 */
#define _GNU_SOURCE
#include "os_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os_error.h"

DWORD os_private_open_file(struct os_region_source *source, const char *directory, const char *name)
{
    struct stat status;
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (folder < 0)
        return os_error_of(errno);
    int file = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    DWORD error = file < 0 ? os_error_of(errno) : ERROR_SUCCESS;
    close(folder);
    if (error)
        return error;
    if (fstat(file, &status))
        error = os_error_of(errno);
    else if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || (status.st_mode & 077) ||
             (geteuid() != 0 && status.st_uid != geteuid()))
        error = ERROR_ACCESS_DENIED;
    if (error) {
        close(file);
        return error;
    }
    *source = (struct os_region_source){ .handle = file,
                                         .size = (uint64_t)status.st_size,
                                         .device = status.st_dev,
                                         .inode = status.st_ino,
                                         .owner = status.st_uid };
    const enum os_region_life life = os_region_life(source);
    if (life == OS_REGION_LIVE)
        return ERROR_SUCCESS;
    os_region_close(source);
    return life == OS_REGION_DEAD ? ERROR_FILE_NOT_FOUND : ERROR_GEN_FAILURE;
}

bool os_private_read(const struct os_region_source *source, uint64_t offset, void *data,
                     size_t size)
{
    char *at = data;

    while (size) {
        ssize_t got = pread((int)source->handle, at, size, (off_t)offset);
        if (got <= 0)
            return false;
        at += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool os_private_write(const struct os_region_source *source, uint64_t offset, const void *data,
                      size_t size)
{
    return pwrite((int)source->handle, data, size, (off_t)offset) == (ssize_t)size;
}

void os_private_mappings(uint32_t process_id,
                         void (*visit)(void *context, const struct os_private_mapping *mapping),
                         void *context)
{
    char line[OS_PATH_SIZE + 256], path[64];
    struct os_private_mapping mapping;

    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", process_id);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        int name = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*2cx%*c %" SCNx64 " %*s %*s %n", &mapping.begin,
                   &mapping.end, &mapping.offset, &name) < 3 ||
            line[name] != '/')
            continue;
        line[strcspn(line, "\n")] = 0;
        mapping.path = line + name;
        visit(context, &mapping);
    }
    if (file)
        fclose(file);
}
