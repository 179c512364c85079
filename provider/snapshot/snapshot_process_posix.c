/* SPDX-License-Identifier: MIT
 *
 * PSS_PROCESS_INFORMATION from /proc/PID/stat, status and exe. Members that Linux does not have
 * (PEB, pool quotas) are zero.
 */
#define _GNU_SOURCE
#include "image_header.h"
#include "snapshot_parts.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc_file.h"
#include "text.h"

/* Positions in `fields`, which begins with field 3 of /proc/PID/stat. See proc(5). */
enum {
    STAT_STATE = 0,
    STAT_PARENT = 4 - 3,
    STAT_MINOR_FAULTS = 10 - 3,
    STAT_MAJOR_FAULTS = 12 - 3,
    STAT_USER_TIME = 14 - 3,
    STAT_KERNEL_TIME = 15 - 3,
    STAT_NICE = 19 - 3,
    STAT_START_TIME = 22 - 3,
    STAT_VIRTUAL_SIZE = 23 - 3, /* 0: no memory: a kernel thread or an ending process */
    STAT_COUNT
};

/* Chosen: Linux has no classes, only nice values from -20 to 19. */
static const struct {
    int lowest_nice;
    DWORD priority_class;
} priority_classes[] = {
    { 11, IDLE_PRIORITY_CLASS },  { 1, BELOW_NORMAL_PRIORITY_CLASS },
    { 0, NORMAL_PRIORITY_CLASS }, { -10, ABOVE_NORMAL_PRIORITY_CLASS },
    { -20, HIGH_PRIORITY_CLASS },
};

static DWORD priority_class_of(int64_t nice)
{
    for (size_t i = 0; i < sizeof(priority_classes) / sizeof(priority_classes[0]); i++)
        if (nice >= priority_classes[i].lowest_nice)
            return priority_classes[i].priority_class;
    return HIGH_PRIORITY_CLASS;
}

static void read_status(int process_id, PSS_PROCESS_INFORMATION *process)
{
    static const struct {
        const char *word;
        size_t member;
    } sizes[] = {
        { "VmSize", offsetof(PSS_PROCESS_INFORMATION, VirtualSize) },
        { "VmPeak", offsetof(PSS_PROCESS_INFORMATION, PeakVirtualSize) },
        { "VmRSS", offsetof(PSS_PROCESS_INFORMATION, WorkingSetSize) },
        { "VmHWM", offsetof(PSS_PROCESS_INFORMATION, PeakWorkingSetSize) },
        { "VmData", offsetof(PSS_PROCESS_INFORMATION, PrivateUsage) }, /* like commit */
    };
    struct proc_file status;
    uint64_t number;

    if (proc_file_read(process_id, "status", false, &status) != ERROR_SUCCESS)
        return;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (proc_file_number(&status, sizes[i].word, &number))
            *(ULONG_PTR *)((char *)process + sizes[i].member) = (ULONG_PTR)number * 1024;
    proc_file_release(&status);
    process->PagefileUsage = process->PrivateUsage;
    process->PeakPagefileUsage = process->PrivateUsage; /* Linux has no peak */
}

static void read_affinity(int process_id, PSS_PROCESS_INFORMATION *process)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(process_id, sizeof(set), &set))
        return;
    for (int cpu = 0; cpu < 64; cpu++)
        if (CPU_ISSET(cpu, &set))
            process->AffinityMask |= (ULONG_PTR)1 << cpu;
}

/* Whether it is a 32-bit program on a 64-bit kernel, like WOW64: the class of its ELF file. */
static bool is_32_bit(int process_id)
{
    unsigned char bytes[64];
    struct elf_header elf;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/exe", process_id);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got = read(file, bytes, sizeof(bytes));
    close(file);
    return got > 0 && image_header_parse_elf((struct span){ bytes, (size_t)got }, &elf) &&
           !elf.is_64;
}

static void read_image_name(int process_id, PSS_PROCESS_INFORMATION *process)
{
    char path[64], target[4096];

    snprintf(path, sizeof(path), "/proc/%d/exe", process_id);
    ssize_t length = readlink(path, target, sizeof(target));
    if (length > 0)
        text_from_utf8(target, (size_t)length, process->ImageFileName,
                       sizeof(process->ImageFileName) / sizeof(WCHAR));
}

/* Read the fields of its stat file. ERROR_INVALID_HANDLE if the process has ended. */
static DWORD read_stat(int process_id, int64_t fields[STAT_COUNT])
{
    struct proc_file stat;

    if (process_id <= 0)
        return ERROR_INVALID_HANDLE;
    DWORD error = proc_file_read(process_id, "stat", false, &stat);
    if (error)
        return error;
    size_t count = proc_file_stat_fields(&stat, fields, STAT_COUNT);
    proc_file_release(&stat);
    /* It ended while it was read, is a zombie, or is ending: its memory is freed first. */
    if (count < STAT_COUNT || fields[STAT_STATE] == 'Z' || fields[STAT_STATE] == 'X' ||
        fields[STAT_VIRTUAL_SIZE] == 0)
        return ERROR_INVALID_HANDLE;
    return ERROR_SUCCESS;
}

DWORD snapshot_process_check_alive(HANDLE process)
{
    int64_t fields[STAT_COUNT];

    return read_stat(proc_file_process_id(process), fields) == ERROR_INVALID_HANDLE
               ? ERROR_INVALID_HANDLE
               : ERROR_SUCCESS;
}

DWORD snapshot_process_capture(struct snapshot *snapshot, HANDLE process)
{
    int process_id = proc_file_process_id(process);
    PSS_PROCESS_INFORMATION *information = &snapshot->process;
    int64_t fields[STAT_COUNT];
    DWORD error = read_stat(process_id, fields);

    if (error)
        return error;

    information->ExitStatus = STILL_ACTIVE;
    information->ProcessId = (DWORD)process_id;
    information->ParentProcessId = (DWORD)fields[STAT_PARENT];
    information->BasePriority = 8; /* that of the normal class on Windows */
    information->PriorityClass = priority_class_of(fields[STAT_NICE]);
    information->PageFaultCount = (DWORD)(fields[STAT_MINOR_FAULTS] + fields[STAT_MAJOR_FAULTS]);
    information->KernelTime = proc_file_duration((uint64_t)fields[STAT_KERNEL_TIME]);
    information->UserTime = proc_file_duration((uint64_t)fields[STAT_USER_TIME]);
    information->CreateTime = proc_file_time_since_boot((uint64_t)fields[STAT_START_TIME]);
    if (fields[STAT_STATE] == 'T' || fields[STAT_STATE] == 't')
        information->Flags = PSS_PROCESS_FLAGS_FROZEN;
    if (is_32_bit(process_id))
        information->Flags = (PSS_PROCESS_FLAGS)(information->Flags | PSS_PROCESS_FLAGS_WOW64);
    read_status(process_id, information);
    read_affinity(process_id, information);
    read_image_name(process_id, information);
    return ERROR_SUCCESS;
}
