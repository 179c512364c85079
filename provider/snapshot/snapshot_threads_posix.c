/* SPDX-License-Identifier: MIT
 *
 * Threads from /proc/PID/task. Members that Linux does not report for another thread (TEB, start
 * address, last system call, context) are zero.
 */
#define _GNU_SOURCE
#include "snapshot_parts.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "proc_file.h"

/* Fields of /proc/PID/task/TID/stat, numbered from 3 as fields[0]. See proc(5). */
enum {
    THREAD_STATE = 0,
    THREAD_USER_TIME = 14 - 3,
    THREAD_KERNEL_TIME = 15 - 3,
    THREAD_NICE = 19 - 3,
    THREAD_START_TIME = 22 - 3,
    THREAD_COUNT
};

static ULONG_PTR affinity_of(int thread_id)
{
    ULONG_PTR mask = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(thread_id, sizeof(set), &set))
        return 0;
    for (int cpu = 0; cpu < 64; cpu++)
        if (CPU_ISSET(cpu, &set))
            mask |= (ULONG_PTR)1 << cpu;
    return mask;
}

static DWORD add_thread(struct snapshot *snapshot, int process_id, int thread_id)
{
    int64_t fields[THREAD_COUNT];
    struct proc_file stat;
    char name[64];

    snprintf(name, sizeof(name), "task/%d/stat", thread_id);
    DWORD error = proc_file_read(process_id, name, false, &stat);
    if (error == ERROR_INVALID_HANDLE)
        return ERROR_SUCCESS; /* ended after it was listed */
    if (error)
        return error;
    size_t count = proc_file_stat_fields(&stat, fields, THREAD_COUNT);
    proc_file_release(&stat);
    if (count < THREAD_COUNT)
        return ERROR_SUCCESS;
    struct snapshot_thread *thread = snapshot_array_add(&snapshot->memory, &snapshot->threads);
    if (!thread)
        return ERROR_NOT_ENOUGH_MEMORY;

    PSS_THREAD_ENTRY *entry = &thread->entry;
    int64_t state = fields[THREAD_STATE];
    int64_t priority = 8 - fields[THREAD_NICE] * 8 / 20;
    entry->ExitStatus = STILL_ACTIVE;
    entry->ProcessId = (DWORD)process_id;
    entry->ThreadId = (DWORD)thread_id;
    entry->AffinityMask = affinity_of(thread_id);
    entry->BasePriority = (int)(priority < 1 ? 1 : priority > 15 ? 15 : priority);
    entry->Priority = entry->BasePriority;
    entry->CreateTime = proc_file_time_since_boot((uint64_t)fields[THREAD_START_TIME]);
    entry->KernelTime = proc_file_duration((uint64_t)fields[THREAD_KERNEL_TIME]);
    entry->UserTime = proc_file_duration((uint64_t)fields[THREAD_USER_TIME]);
    entry->CaptureTime = proc_file_now();
    entry->Flags =
        state == 'Z' || state == 'X' ? PSS_THREAD_FLAGS_TERMINATED : PSS_THREAD_FLAGS_NONE;
    entry->SuspendCount = state == 'T' || state == 't';
    return ERROR_SUCCESS;
}

static int by_id(const void *left, const void *right)
{
    DWORD a = ((const struct snapshot_thread *)left)->entry.ThreadId;
    DWORD b = ((const struct snapshot_thread *)right)->entry.ThreadId;

    return (a > b) - (a < b);
}

DWORD snapshot_threads_capture(struct snapshot *snapshot, HANDLE process)
{
    int process_id = proc_file_process_id(process);
    struct proc_list list;
    long thread_id;

    DWORD error = proc_file_list_open(&list, process_id, "task");
    if (error)
        return error;
    while (!error && proc_file_list_next(&list, &thread_id))
        error = add_thread(snapshot, process_id, (int)thread_id);
    proc_file_list_close(&list);
    if (!error && snapshot->threads.count)
        qsort(snapshot->threads.elements, snapshot->threads.count, sizeof(struct snapshot_thread),
              by_id);
    return error;
}
