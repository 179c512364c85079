/* SPDX-License-Identifier: MIT
 *
 * process_vm_readv and /proc/PID/maps: see os_process.h.
 */
#define _GNU_SOURCE
#include "os_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static DWORD error_of(int error)
{
    switch (error) {
    case EPERM:
    case EACCES:
    case ENOSYS: /* not available inside a sandbox */
        return ERROR_ACCESS_DENIED;
    case ESRCH:
    case ENOENT:
        return ERROR_NOT_FOUND;
    default:
        return ERROR_NOACCESS;
    }
}

DWORD os_process_open(struct os_process *process, uint32_t process_id)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%u", (unsigned)process_id);
    if (access(path, F_OK))
        return ERROR_NOT_FOUND;
    *process = (struct os_process){ process_id, -1 };
    return ERROR_SUCCESS;
}

void os_process_close(struct os_process *process)
{
    process->process_id = 0;
}

DWORD os_process_read(const struct os_process *process, uint64_t address, void *memory, size_t size)
{
    int saved = errno;
    DWORD error = ERROR_SUCCESS;

    for (size_t done = 0; done < size && !error;) {
        struct iovec local = { (char *)memory + done, size - done };
        struct iovec remote = { (void *)(uintptr_t)(address + done), size - done };
        ssize_t got = process_vm_readv((pid_t)process->process_id, &local, 1, &remote, 1, 0);
        if (got < 0)
            error = error_of(errno);
        else if (got == 0)
            error = ERROR_NOACCESS;
        else
            done += (size_t)got;
    }
    errno = saved;
    return error;
}

DWORD os_process_memory(const struct os_process *process, uint64_t *size)
{
    static const char *const names[] = { "\nVmRSS:", "\nVmSwap:" };
    char text
        [8192]; /* /proc/PID/status has less than 2 KiB, but for groups and masks of large machines */
    int saved = errno;
    uint64_t sum = 0;

    snprintf(text, sizeof(text), "/proc/%u/status", (unsigned)process->process_id);
    int file = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    DWORD error = length < 0 ? error_of(errno) : ERROR_SUCCESS;
    if (file >= 0)
        close(file);
    errno = saved;
    if (error)
        return error == ERROR_NOACCESS ? ERROR_NOT_SUPPORTED : error;
    text[length] = 0;
    for (size_t i = 0; i < 2; i++) {
        const char *line = strstr(text, names[i]);

        if (!line)
            return ERROR_NOT_SUPPORTED;
        sum += strtoull(line + strlen(names[i]), NULL, 10);
    }
    *size = sum * 1024;
    return ERROR_SUCCESS;
}

/* The lines of /proc/PID/maps so far. Adjacent mappings of one file are one module. */
struct maps {
    char path[OS_PATH_SIZE]; /* of `module`; "" if there is no module yet */
    struct os_process_module module;
    bool (*visit)(void *context, const struct os_process_module *module);
    void *context;
};

static bool module_end(struct maps *maps)
{
    bool go_on = true;

    if (maps->path[0]) {
        maps->module.path = maps->path;
        go_on = maps->visit(maps->context, &maps->module);
    }
    maps->path[0] = 0;
    return go_on;
}

/* "begin-end rwxp offset device inode   /path" */
static bool take_line(struct maps *maps, const char *line)
{
    unsigned long long begin, end, inode;
    int path = 0;

    if (sscanf(line, "%llx-%llx %*s %*s %*s %llu %n", &begin, &end, &inode, &path) < 3 ||
        path == 0 || inode == 0 || line[path] != '/')
        return true;
    if (strcmp(maps->path, line + path) == 0) {
        maps->module.end = end;
        return true;
    }
    if (!module_end(maps))
        return false;
    snprintf(maps->path, sizeof(maps->path), "%s", line + path);
    maps->module.begin = begin;
    maps->module.end = end;
    return true;
}

DWORD os_process_modules(const struct os_process *process,
                         bool (*visit)(void *context, const struct os_process_module *module),
                         void *context)
{
    struct maps maps = { .visit = visit, .context = context };
    char text[OS_PATH_SIZE + 256];
    size_t used = 0;
    bool go_on = true;
    int saved = errno;

    snprintf(text, sizeof(text), "/proc/%u/maps", (unsigned)process->process_id);
    int file = open(text, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        DWORD error = error_of(errno);
        errno = saved;
        return error;
    }
    while (go_on) {
        ssize_t got = read(file, text + used, sizeof(text) - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        text[used] = 0;
        char *line = text, *end;
        while (go_on && (end = strchr(line, '\n')) != NULL) {
            *end = 0;
            go_on = take_line(&maps, line);
            line = end + 1;
        }
        used -= (size_t)(line - text);
        memmove(text, line, used);
        if (used == sizeof(text) - 1)
            used = 0; /* the line is longer than any path: skip it */
    }
    close(file);
    if (go_on)
        module_end(&maps);
    errno = saved;
    return ERROR_SUCCESS;
}
