/* SPDX-License-Identifier: MIT
 *
 * process_memory.h for Linux: smaps_rollup (from 4.14), smaps, and the control group of both versions.
 */
#define _GNU_SOURCE
#include "process_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "proc_file.h"

#define GROUP_PATH_SIZE 4096
#define GROUP_DEPTH 64               /* groups above one another that are asked for their limits */
#define NO_LIMIT (UINT64_C(1) << 60) /* version 1 writes a number near 2^63 if there is none */

/* ---- the control group --------------------------------------------------------------------- */

/* Where the files of a version of control groups are, and what they are called. */
static const struct {
    const char *root, *usage, *limit;
} versions[] = {
    { "/sys/fs/cgroup/memory", "memory.usage_in_bytes", "memory.limit_in_bytes" },
    { "/sys/fs/cgroup", "memory.current", "memory.max" },
};

static bool read_number(const char *folder, const char *name, uint64_t *number)
{
    char path[GROUP_PATH_SIZE + 64], text[32], *end;
    FILE *file;
    bool is_there;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (!file)
        return false;
    is_there = fgets(text, sizeof(text), file) != NULL;
    fclose(file);
    if (!is_there)
        return false;
    *number = strtoull(text, &end, 10);
    return end != text;
}

/* The path of the process's group: the line "N:memory:/path", or "0::/path" of version 2. */
static bool find_group(const char *text, size_t version, char path[GROUP_PATH_SIZE])
{
    for (const char *line = text; line && *line;) {
        const char *colon = strchr(line, ':');
        const char *second = colon ? strchr(colon + 1, ':') : NULL;
        const char *end = strchr(line, '\n');
        size_t length;

        if (!second || (end && second > end))
            return false;
        bool is_wanted = second == colon + 1;
        if (version == 0) {
            is_wanted = false;
            for (const char *at = colon + 1; at < second && !is_wanted; at++) {
                length = strcspn(at, ",:");
                is_wanted = length == 6 && memcmp(at, "memory", 6) == 0;
                at += length;
            }
        }
        length = end ? (size_t)(end - second - 1) : strlen(second + 1);
        if (is_wanted && length > 0 && second[1] == '/' && length < GROUP_PATH_SIZE - 64 &&
            !memmem(second + 1, length, "/..", 3)) {
            snprintf(path, GROUP_PATH_SIZE, "%s%.*s", versions[version].root, (int)length,
                     second + 1);
            return true;
        }
        line = end ? end + 1 : NULL;
    }
    return false;
}

/* In a container the path can be that of the host, which is not there: then the root is the group. */
static void read_group(const char *text, struct process_memory *memory)
{
    char path[GROUP_PATH_SIZE];
    uint64_t number;

    for (size_t version = 0; version < 2; version++) {
        const size_t root = strlen(versions[version].root);

        if (!find_group(text, version, path))
            continue;
        if (!read_number(path, versions[version].usage, &number)) {
            path[root] = 0;
            if (!read_number(path, versions[version].usage, &number))
                continue;
        }
        memory->group_usage = number;
        memory->known |= PROCESS_MEMORY_GROUP;
        for (int depth = 0; depth < GROUP_DEPTH; depth++) {
            if (read_number(path, versions[version].limit, &number) && number < NO_LIMIT &&
                (!(memory->known & PROCESS_MEMORY_LIMIT) || number < memory->group_limit)) {
                memory->group_limit = number;
                memory->known |= PROCESS_MEMORY_LIMIT;
            }
            char *slash = strrchr(path, '/');
            if (!slash || (size_t)(slash - path) < root)
                break;
            *slash = 0;
        }
        return;
    }
}

/* ---- public -------------------------------------------------------------------------------- */

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
        read_group(file.text, memory);
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
