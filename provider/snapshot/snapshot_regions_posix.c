/* SPDX-License-Identifier: MIT
 *
 * The address space from /proc/PID/maps in the form of VirtualQuery: every mapping is one entry,
 * every gap a MEM_FREE entry. [vsyscall] is left out, because it is in the kernel's half and does
 * not count in the size of the process.
 */
#define _GNU_SOURCE
#include "image_header.h"
#include "snapshot_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc_file.h"
#include "proc_maps.h"
#include "span.h"
#include "text.h"

#define USER_SPACE_END 0x7FFFFFFFF000u /* first address that no mapping can have, x86-64 */
#define LONGEST_PATH 4096              /* bytes; PATH_MAX of Linux */

/* Adjacent mappings of one file. They are an image if one is executable or the file is an image. */
struct run {
    size_t first; /* index of its first region */
    uint64_t start, end;
    uint32_t device_major, device_minor;
    uint64_t inode;
    bool is_private, has_code;
    char path[LONGEST_PATH];
};

/* The information in the first bytes of a file. */
struct image {
    bool is_image, is_pe;
    struct pe_header pe;
};

static void read_image(const char *path, struct image *image)
{
    unsigned char bytes[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    memset(image, 0, sizeof(*image));
    if (file < 0)
        return;
    ssize_t got = pread(file, bytes, sizeof(bytes), 0);
    close(file);
    if (got < 4)
        return;
    struct span span = { bytes, (size_t)got };
    image->is_pe = image_header_parse_pe(span, &image->pe);
    image->is_image = image->is_pe || memcmp(bytes, "\177ELF", 4) == 0;
}

/* Convert a path to its form on disk: the kernel writes a line break as \012. */
static size_t unescape(const struct proc_map *map, char *path, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < map->name_length && used + 1 < size; i++) {
        if (map->name_length - i >= 4 && memcmp(map->name + i, "\\012", 4) == 0) {
            path[used++] = '\n';
            i += 3;
        } else {
            path[used++] = map->name[i];
        }
    }
    path[used] = 0;
    return used;
}

static DWORD add_free(struct snapshot *snapshot, uint64_t start, uint64_t end)
{
    struct snapshot_region *region;

    if (start >= end)
        return ERROR_SUCCESS;
    region = snapshot_array_add(&snapshot->memory, &snapshot->regions);
    if (!region)
        return ERROR_NOT_ENOUGH_MEMORY;
    region->entry.BaseAddress = (void *)(uintptr_t)start;
    region->entry.RegionSize = (ULONG_PTR)(end - start);
    region->entry.State = MEM_FREE;
    region->entry.Protect = PAGE_NOACCESS;
    return ERROR_SUCCESS;
}

/* A run has ended: mark its regions if they belong to an image. */
static void finish_run(struct snapshot *snapshot, const struct run *run)
{
    bool wants_sections = snapshot->flags & PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION;
    struct snapshot_region *regions = snapshot->regions.elements;
    struct image image = { 0 };

    if (!run->inode || !run->is_private)
        return;
    if (!run->has_code || wants_sections)
        read_image(run->path, &image);
    if (!run->has_code && !image.is_image)
        return;
    for (size_t i = run->first; i < snapshot->regions.count; i++) {
        PSS_VA_SPACE_ENTRY *entry = &regions[i].entry;
        entry->Type = MEM_IMAGE;
        entry->AllocationBase = (void *)(uintptr_t)run->start;
        entry->AllocationProtect = PAGE_EXECUTE_WRITECOPY;
        if (wants_sections) {
            entry->ImageBase = (void *)(uintptr_t)run->start;
            entry->SizeOfImage =
                image.is_pe ? image.pe.size_of_image : (DWORD)(run->end - run->start);
            entry->TimeDateStamp = image.pe.time_stamp;
            entry->CheckSum = image.pe.check_sum;
        }
    }
}

static bool belongs_to(const struct run *run, const struct proc_map *map)
{
    return run->inode && run->inode == map->inode && run->end == map->start &&
           run->device_major == map->device_major && run->device_minor == map->device_minor &&
           run->is_private == !map->is_shared;
}

static DWORD add_mapping(struct snapshot *snapshot, const struct proc_map *map)
{
    bool is_anonymous = map->inode == 0 && !map->is_shared &&
                        !(map->name_length > 2 && memcmp(map->name, "[v", 2) == 0);
    struct snapshot_region *region = snapshot_array_add(&snapshot->memory, &snapshot->regions);

    if (!region)
        return ERROR_NOT_ENOUGH_MEMORY;
    PSS_VA_SPACE_ENTRY *entry = &region->entry;
    bool is_reserved = is_anonymous && !map->can_read && !map->can_write && !map->can_execute;
    entry->BaseAddress = (void *)(uintptr_t)map->start;
    entry->AllocationBase = entry->BaseAddress;
    entry->RegionSize = (ULONG_PTR)(map->end - map->start);
    entry->State = is_reserved ? MEM_RESERVE : MEM_COMMIT;
    entry->Protect = is_reserved ? 0 : proc_maps_protect(map);
    entry->AllocationProtect = is_reserved ? PAGE_NOACCESS : entry->Protect;
    entry->Type = is_anonymous ? MEM_PRIVATE : MEM_MAPPED;
    return ERROR_SUCCESS;
}

/* Set the name of the region that was added last. Only files have one, as with
   GetMappedFileName. */
static DWORD name_mapping(struct snapshot *snapshot, const char *path, size_t length)
{
    WCHAR name[LONGEST_PATH];
    size_t units = text_from_utf8(path, length, name, LONGEST_PATH);
    struct snapshot_region *regions = snapshot->regions.elements;

    return snapshot_array_add_text(&snapshot->memory, &snapshot->texts, name, units,
                                   &regions[snapshot->regions.count - 1].file_name);
}

static DWORD add_maps(struct snapshot *snapshot, const struct proc_file *file, struct run *run)
{
    const char *at = file->text;
    struct proc_map map;
    uint64_t previous_end = 0;
    DWORD error = ERROR_SUCCESS;

    while (!error && proc_maps_next(&at, file->text + file->size, &map)) {
        if (map.start >= USER_SPACE_END)
            continue;
        if (!belongs_to(run, &map)) {
            finish_run(snapshot, run);
            error = add_free(snapshot, previous_end, map.start);
            run->first = snapshot->regions.count;
            run->start = map.start;
            run->device_major = map.device_major;
            run->device_minor = map.device_minor;
            run->inode = map.inode;
            run->is_private = !map.is_shared;
            run->has_code = false;
        }
        run->end = map.end;
        run->has_code |= map.can_execute;
        previous_end = map.end;
        if (!error)
            error = add_mapping(snapshot, &map);
        if (error || !map.inode)
            continue;
        size_t length = unescape(&map, run->path, sizeof(run->path));
        if (snapshot->flags & PSS_CAPTURE_VA_SPACE_SECTION_INFORMATION)
            error = name_mapping(snapshot, run->path, length);
    }
    if (!error) {
        finish_run(snapshot, run);
        error = add_free(snapshot, previous_end, USER_SPACE_END);
    }
    return error;
}

DWORD snapshot_regions_capture(struct snapshot *snapshot, HANDLE process)
{
    struct proc_file file;
    struct run run = { 0, 0, 0, 0, 0, 0, false, false, "" };

    DWORD error = proc_file_read(proc_file_process_id(process), "maps", true, &file);
    if (error)
        return error;
    /* A process that has just exited has an empty list, not a missing one. */
    error = file.size ? add_maps(snapshot, &file, &run) : ERROR_INVALID_HANDLE;
    proc_file_release(&file);
    return error;
}
