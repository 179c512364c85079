/* SPDX-License-Identifier: MIT
 *
 * process_memory.h for Linux: smaps_rollup (from 4.14), smaps, and the control group of both versions.
 */
#define _GNU_SOURCE
#include "process_memory.h"

#include "control_group.h"
#include "proc_file.h"

#define GROUPS "/sys/fs/cgroup"

static void take(const struct proc_file *file, const char *word, uint64_t *bytes, uint32_t bit,
                 struct process_memory *memory)
{
    uint64_t number;

    if (!proc_file_number(file, word, &number) || number > UINT64_MAX / 1024)
        return;
    *bytes += number * 1024;
    memory->known |= bit;
}

DWORD process_memory_read(uint32_t process_id, struct process_memory *memory)
{
    struct control_group group;
    struct proc_file file;
    DWORD error = proc_file_read((int)process_id, "smaps_rollup", false, &file);

    *memory = (struct process_memory){ 0 };
    if (error)
        return error;
    take(&file, "Rss", &memory->resident_bytes, PROCESS_MEMORY_RESIDENT, memory);
    take(&file, "Private_Clean", &memory->private_bytes, PROCESS_MEMORY_PRIVATE, memory);
    take(&file, "Private_Dirty", &memory->private_bytes, PROCESS_MEMORY_PRIVATE, memory);
    take(&file, "Shared_Clean", &memory->shared_bytes, PROCESS_MEMORY_PRIVATE, memory);
    take(&file, "Shared_Dirty", &memory->shared_bytes, PROCESS_MEMORY_PRIVATE, memory);
    take(&file, "Swap", &memory->swapped_bytes, PROCESS_MEMORY_SWAPPED, memory);
    take(&file, "AnonHugePages", &memory->huge_bytes, PROCESS_MEMORY_HUGE, memory);
    proc_file_release(&file);
    if (proc_file_read((int)process_id, "cgroup", false, &file) == ERROR_SUCCESS) {
        control_group_read(&group, GROUPS, file.text);
        memory->group_usage = group.usage;
        memory->group_limit = group.limit;
        memory->known |= group.has_usage ? PROCESS_MEMORY_GROUP : 0;
        memory->known |= group.has_limit ? PROCESS_MEMORY_LIMIT : 0;
        proc_file_release(&file);
    }
    return ERROR_SUCCESS;
}

DWORD process_memory_read_kinds(uint32_t process_id, struct memory_kinds *kinds)
{
    struct proc_file file;
    DWORD error = proc_file_read((int)process_id, "smaps", false, &file);

    *kinds = (struct memory_kinds){ 0 };
    if (error)
        return error;
    proc_smaps_parse(file.text, file.size, kinds);
    proc_file_release(&file);
    return ERROR_SUCCESS;
}
