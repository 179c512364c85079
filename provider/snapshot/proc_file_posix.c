/* SPDX-License-Identifier: MIT
 *
 * Reads files below /proc: see proc_file.h.
 */
#define _GNU_SOURCE
#include "proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os.h"
#include "os_error.h"

#define STABLE_TRIES 5 /* readings until two are equal; then the last one is used */

int proc_file_process_id(HANDLE process)
{
    return (LONG_PTR)process == -1 ? (int)getpid() : (int)(LONG_PTR)process;
}

static DWORD proc_error(int number)
{
    if (number == ENOENT || number == ESRCH)
        return ERROR_INVALID_HANDLE;
    DWORD error = os_error_of(number);
    return error == ERROR_GEN_FAILURE ? ERROR_READ_FAULT : error;
}

DWORD proc_file_list_open(struct proc_list *list, int process_id, const char *name)
{
    char path[96];

    snprintf(path, sizeof(path), "/proc/%d/%s", process_id, name);
    DIR *directory = opendir(path);
    if (!directory)
        return proc_error(errno);
    *list = (struct proc_list){ directory, dirfd(directory) };
    return ERROR_SUCCESS;
}

bool proc_file_list_next(struct proc_list *list, long *number)
{
    const struct dirent *entry;

    while ((entry = readdir(list->directory)) != NULL) {
        char *end;
        long value = strtol(entry->d_name, &end, 10);
        if (!*end && end != entry->d_name) {
            *number = value;
            return true;
        }
    }
    return false;
}

void proc_file_list_close(struct proc_list *list)
{
    closedir(list->directory);
}

/* Read the whole file into the existing pages. If they are too small, *size is their size. */
static DWORD read_into(const char *path, char *text, size_t capacity, size_t *size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return proc_error(errno);
    size_t used = 0;
    DWORD error = ERROR_SUCCESS;
    while (used < capacity) {
        ssize_t got = read(file, text + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = proc_error(errno);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(file);
    *size = used;
    return error;
}

/* Read the file once. The pages are doubled until the file fits. */
static DWORD read_whole(const char *path, struct proc_file *file)
{
    for (;;) {
        DWORD error = read_into(path, file->text, file->capacity - 1, &file->size);
        if (error)
            return error;
        if (file->size < file->capacity - 1) {
            file->text[file->size] = 0;
            return ERROR_SUCCESS;
        }
        size_t capacity = file->capacity * 2;
        os_pages_free(file->text, file->capacity);
        file->text = os_pages_allocate(capacity);
        file->capacity = capacity;
        if (!file->text)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
}

DWORD proc_file_read(int process_id, const char *name, bool is_stable, struct proc_file *file)
{
    struct proc_file next = { NULL, 0, 64 * 1024 };
    char path[96];

    snprintf(path, sizeof(path), "/proc/%d/%s", process_id, name);
    next.text = os_pages_allocate(next.capacity);
    if (!next.text)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = read_whole(path, &next);

    for (int i = 0; !error && is_stable && i < STABLE_TRIES; i++) {
        struct proc_file again = { os_pages_allocate(next.capacity), 0, next.capacity };
        error = again.text ? read_whole(path, &again) : ERROR_NOT_ENOUGH_MEMORY;
        if (error) {
            proc_file_release(&again);
            break;
        }
        bool is_equal = again.size == next.size && memcmp(again.text, next.text, next.size) == 0;
        /* The two buffers are exchanged from now on: the next reading is compared with this one. */
        struct proc_file old = next;
        next = again;
        proc_file_release(&old);
        if (is_equal)
            break;
    }
    if (error) {
        proc_file_release(&next);
        return error;
    }
    *file = next;
    return ERROR_SUCCESS;
}

void proc_file_release(struct proc_file *file)
{
    os_pages_free(file->text, file->capacity);
    file->text = NULL;
}

bool proc_file_number(const struct proc_file *file, const char *word, uint64_t *number)
{
    size_t length = strlen(word);

    for (const char *line = file->text; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, word, length) == 0 && line[length] == ':') {
            char *end;
            const char *digits = line + length + 1;
            uint64_t value = strtoull(digits, &end, 10);
            if (end == digits)
                return false;
            *number = value;
            return true;
        }
        if (!*line)
            break;
    }
    return false;
}

size_t proc_file_stat_fields(const struct proc_file *file, int64_t fields[], size_t count)
{
    /* The name in parentheses may contain blanks and parentheses, so reading starts after the last
       one. */
    const char *at = strrchr(file->text, ')');
    size_t found = 0;

    if (!at || at[1] != ' ' || !at[2] || count == 0)
        return 0;
    fields[found++] = at[2];
    at += 3;
    while (found < count) {
        char *end;
        int64_t value = strtoll(at, &end, 10);
        if (end == at)
            break;
        fields[found++] = value;
        at = end;
    }
    return found;
}

static uint64_t clock_100ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 10000000u + (uint64_t)now.tv_nsec / 100;
}

static FILETIME filetime(uint64_t time)
{
    FILETIME result = { (DWORD)time, (DWORD)(time >> 32) };

    return result;
}

static uint64_t ticks_to_100ns(uint64_t ticks)
{
    uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);

    return ticks / per_second * 10000000u + ticks % per_second * 10000000u / per_second;
}

FILETIME proc_file_time_since_boot(uint64_t ticks)
{
    uint64_t boot = os_time_100ns() - clock_100ns(CLOCK_BOOTTIME);

    return filetime(boot + ticks_to_100ns(ticks));
}

FILETIME proc_file_duration(uint64_t ticks)
{
    return filetime(ticks_to_100ns(ticks));
}

FILETIME proc_file_now(void)
{
    return filetime(os_time_100ns());
}
