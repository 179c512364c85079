/* SPDX-License-Identifier: MIT
 *
 * Handles are file descriptors. /proc/PID/fd has their values and names, fdinfo more information
 * for some kinds. Linux has no reference counts and pool charges; these members are zero.
 */
#define _GNU_SOURCE
#include "snapshot_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_file.h"
#include "text.h"

#define ACCESS_READ 0x80000000u  /* GENERIC_READ */
#define ACCESS_WRITE 0x40000000u /* GENERIC_WRITE */
#define ATTRIBUTE_INHERIT 2u     /* OBJ_INHERIT */

/* The kind of a descriptor, by the start of its link: the first match. */
static const struct kind {
    const char *prefix;
    const WCHAR *type_name;
    PSS_OBJECT_TYPE type;
} kinds[] = {
    { "/memfd:", TEXT16("Section"), PSS_OBJECT_TYPE_SECTION },
    { "/dev/shm/", TEXT16("Section"), PSS_OBJECT_TYPE_SECTION },
    { "anon_inode:[eventfd]", TEXT16("Event"), PSS_OBJECT_TYPE_EVENT },
    { "anon_inode:[pidfd]", TEXT16("Process"), PSS_OBJECT_TYPE_PROCESS },
    { "pidfd:", TEXT16("Process"), PSS_OBJECT_TYPE_PROCESS },
    { "anon_inode:[timerfd]", TEXT16("Timer"), PSS_OBJECT_TYPE_UNKNOWN },
    { "anon_inode:[eventpoll]", TEXT16("IoCompletion"), PSS_OBJECT_TYPE_UNKNOWN },
    { "anon_inode:", NULL, PSS_OBJECT_TYPE_UNKNOWN }, /* the word after it is the type */
    { "", TEXT16("File"), PSS_OBJECT_TYPE_UNKNOWN },  /* files, pipes, sockets, devices */
};

static const struct kind *kind_of(const char *target)
{
    const struct kind *kind = kinds;

    while (strncmp(target, kind->prefix, strlen(kind->prefix)) != 0)
        kind++;
    return kind;
}

/* Add the type name: the kind's, or the word after "anon_inode:" without its brackets. */
static DWORD add_type_name(struct snapshot *snapshot, const struct kind *kind, const char *target,
                           struct snapshot_text *result)
{
    WCHAR word[128];
    const WCHAR *name = kind->type_name;

    if (!name) {
        const char *start = target + strlen(kind->prefix);
        size_t length = strlen(start);
        if (length > 2 && start[0] == '[' && start[length - 1] == ']') {
            start++;
            length -= 2;
        }
        text_from_utf8(start, length, word, sizeof(word) / sizeof(WCHAR));
        name = word;
    }
    return snapshot_array_add_text(&snapshot->memory, &snapshot->texts, name, text_length(name),
                                   result);
}

static void add_type_details(PSS_HANDLE_ENTRY *entry, const struct proc_file *info,
                             const char *path)
{
    struct stat status;
    uint64_t number;

    switch (entry->ObjectType) {
    case PSS_OBJECT_TYPE_SECTION:
        if (stat(path, &status))
            return;
        entry->TypeSpecificInformation.Section.MaximumSize.QuadPart = status.st_size;
        break;
    case PSS_OBJECT_TYPE_PROCESS:
        if (!proc_file_number(info, "Pid", &number))
            return;
        entry->TypeSpecificInformation.Process.ProcessId = (DWORD)number;
        entry->TypeSpecificInformation.Process.ExitStatus = STILL_ACTIVE;
        break;
    case PSS_OBJECT_TYPE_SEMAPHORE:
        if (!proc_file_number(info, "eventfd-count", &number))
            return;
        entry->TypeSpecificInformation.Semaphore.CurrentCount = (LONG)number;
        break;
    case PSS_OBJECT_TYPE_EVENT:
        if (!proc_file_number(info, "eventfd-count", &number))
            return;
        entry->TypeSpecificInformation.Event.ManualReset = TRUE;
        entry->TypeSpecificInformation.Event.Signaled = number > 0;
        break;
    default:
        return;
    }
    entry->Flags = (PSS_HANDLE_FLAGS)(entry->Flags | PSS_HANDLE_HAVE_TYPE_SPECIFIC_INFORMATION);
}

/* "flags:" in fdinfo is octal: the flags with which it was opened. */
static void add_basic(PSS_HANDLE_ENTRY *entry, const struct proc_file *info)
{
    static const DWORD access_of_mode[] = { [O_RDONLY] = ACCESS_READ,
                                            [O_WRONLY] = ACCESS_WRITE,
                                            [O_RDWR] = ACCESS_READ | ACCESS_WRITE,
                                            [O_ACCMODE] = 0 };
    const char *line = strstr(info->text, "flags:");

    if (!line)
        return;
    unsigned long flags = strtoul(line + strlen("flags:"), NULL, 8);
    entry->GrantedAccess = access_of_mode[flags & O_ACCMODE];
    if (!(flags & O_CLOEXEC))
        entry->Attributes = ATTRIBUTE_INHERIT;
    entry->Flags = (PSS_HANDLE_FLAGS)(entry->Flags | PSS_HANDLE_HAVE_BASIC_INFORMATION);
}

static DWORD add_handle(struct snapshot *snapshot, int process_id, long descriptor)
{
    char path[96], name[32], target[4096];
    struct proc_file info;

    snprintf(path, sizeof(path), "/proc/%d/fd/%ld", process_id, descriptor);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return ERROR_SUCCESS; /* closed after it was listed */
    target[length] = 0;

    struct snapshot_handle *handle = snapshot_array_add(&snapshot->memory, &snapshot->handles);
    if (!handle)
        return ERROR_NOT_ENOUGH_MEMORY;
    const struct kind *kind = kind_of(target);
    PSS_HANDLE_ENTRY *entry = &handle->entry;
    entry->Handle = (HANDLE)(LONG_PTR)descriptor;
    entry->Flags = PSS_HANDLE_HAVE_TYPE;
    entry->ObjectType = kind->type;
    entry->CaptureTime = proc_file_now();

    snprintf(name, sizeof(name), "fdinfo/%ld", descriptor);
    if (proc_file_read(process_id, name, false, &info) == ERROR_SUCCESS) {
        uint64_t is_semaphore;
        if (proc_file_number(&info, "eventfd-semaphore", &is_semaphore) && is_semaphore)
            entry->ObjectType = PSS_OBJECT_TYPE_SEMAPHORE;
        if (snapshot->flags & PSS_CAPTURE_HANDLE_BASIC_INFORMATION)
            add_basic(entry, &info);
        if (snapshot->flags & PSS_CAPTURE_HANDLE_TYPE_SPECIFIC_INFORMATION)
            add_type_details(entry, &info, path);
        proc_file_release(&info);
    }
    static const struct kind semaphore = { "", TEXT16("Semaphore"), PSS_OBJECT_TYPE_SEMAPHORE };
    DWORD error =
        add_type_name(snapshot, entry->ObjectType == PSS_OBJECT_TYPE_SEMAPHORE ? &semaphore : kind,
                      target, &handle->type_name);
    if (error || !(snapshot->flags & PSS_CAPTURE_HANDLE_NAME_INFORMATION))
        return error;
    WCHAR wide[4096];
    size_t units = text_from_utf8(target, (size_t)length, wide, sizeof(wide) / sizeof(WCHAR));
    entry->Flags = (PSS_HANDLE_FLAGS)(entry->Flags | PSS_HANDLE_HAVE_NAME);
    return snapshot_array_add_text(&snapshot->memory, &snapshot->texts, wide, units,
                                   &handle->object_name);
}

static int by_value(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct snapshot_handle *)left)->entry.Handle;
    uintptr_t b = (uintptr_t)((const struct snapshot_handle *)right)->entry.Handle;

    return (a > b) - (a < b);
}

DWORD snapshot_handles_capture(struct snapshot *snapshot, HANDLE process)
{
    int process_id = proc_file_process_id(process);
    struct proc_list list;
    long descriptor;

    DWORD error = proc_file_list_open(&list, process_id, "fd");
    if (error)
        return error;
    while (!error && proc_file_list_next(&list, &descriptor))
        if (!snapshot_system_is_own_process(process) || descriptor != list.own_descriptor)
            error = add_handle(snapshot, process_id, descriptor);
    proc_file_list_close(&list);
    if (!error && snapshot->handles.count)
        qsort(snapshot->handles.elements, snapshot->handles.count, sizeof(struct snapshot_handle),
              by_value);
    return error;
}
