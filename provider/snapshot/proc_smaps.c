/* SPDX-License-Identifier: MIT
 *
 * From the text of /proc/PID/smaps to kinds of memory: text only, no system calls. See proc(5).
 */
#include "proc_smaps.h"

#include <string.h>

#include "proc_maps.h"

#define ARENA_SIZE ((uint64_t)64 << 20) /* HEAP_MAX_SIZE of glibc: arenas are aligned to it */
#define GIB_BITS 30
#define GUARD_LIMIT 65536u /* the largest guard below a stack; chosen: glibc's has a page */
#define STACK_GRAIN 65536u /* divides the size of a stack, with or without its guard; chosen */

/* A mapping with its figures. They are added to a kind when the next mapping is known. */
struct mapping {
    struct proc_map map;
    uint64_t resident, huge, swapped;
    enum memory_kind kind;
};

static bool is_anonymous(const struct proc_map *map)
{
    return map->inode == 0 && !map->is_shared &&
           (map->name_length == 0 || (map->name_length >= 5 && memcmp(map->name, "[anon", 5) == 0));
}

static bool ends_in(const struct proc_map *map, const char *suffix)
{
    const size_t length = strlen(suffix);

    return map->name_length >= length &&
           memcmp(map->name + map->name_length - length, suffix, length) == 0;
}

static bool begins_with(const struct proc_map *map, const char *prefix)
{
    const size_t length = strlen(prefix);

    return map->name_length >= length && memcmp(map->name, prefix, length) == 0;
}

static bool is_shared_memory(const struct proc_map *map)
{
    return map->is_shared && (begins_with(map, "/dev/shm/") || begins_with(map, "/SYSV") ||
                              begins_with(map, "/memfd:") || begins_with(map, "/dev/zero") ||
                              begins_with(map, "[anon_shmem"));
}

/* An anonymous mapping right after a writable one of a file is the zeroed data of a program. One right
   after a small mapping without access is a stack with its guard. */
static enum memory_kind kind_of(const struct proc_map *map, const struct mapping *before)
{
    const bool follows = before && before->map.end == map->start;

    if (proc_maps_is_named(map, "[heap]"))
        return MEMORY_HEAP;
    if (begins_with(map, "[stack"))
        return MEMORY_STACK;
    if (ends_in(map, ".region") || ends_in(map, ".private"))
        return MEMORY_OWN;
    if (is_shared_memory(map))
        return MEMORY_SHARED;
    if (map->inode || map->is_shared)
        return MEMORY_FILE;
    if (!is_anonymous(map))
        return MEMORY_OTHER;
    if (follows && before->kind == MEMORY_FILE && before->map.inode && before->map.can_write)
        return MEMORY_FILE;
    if (follows && is_anonymous(&before->map) && !before->map.can_read && !before->map.can_write &&
        map->can_write && before->map.end - before->map.start <= GUARD_LIMIT &&
        ((map->end - map->start) % STACK_GRAIN == 0 ||
         (map->end - before->map.start) % STACK_GRAIN == 0))
        return MEMORY_STACK;
    return MEMORY_MMAP;
}

static void add(struct memory_kinds *kinds, enum memory_kind kind, uint64_t resident, uint64_t size)
{
    kinds->resident[kind] += resident;
    kinds->size[kind] += size;
}

/* The text is in the order of addresses, so only a GiB from *counted_to on is new. */
static void count_gib(struct memory_kinds *kinds, uint64_t *counted_to, const struct proc_map *map)
{
    const uint64_t first = map->start >> GIB_BITS, end = ((map->end - 1) >> GIB_BITS) + 1;
    const uint64_t from = first > *counted_to ? first : *counted_to;

    if (end > from) {
        kinds->mmap_gib += end - from;
        *counted_to = end;
    }
}

/* A further arena's memory begins at a multiple of its size, and the rest up to the next multiple is
   reserved. Memory before it in the same mapping is not the arena's; the figures are divided by size. */
static void add_mapping(struct memory_kinds *kinds, const struct mapping *mapping,
                        const struct proc_map *next, uint64_t *counted_to)
{
    const struct proc_map *map = &mapping->map;
    const uint64_t base = (map->end - 1) / ARENA_SIZE * ARENA_SIZE, size = map->end - map->start;

    kinds->total += mapping->resident;
    kinds->huge += mapping->huge;
    kinds->swapped += mapping->swapped;
    if (mapping->kind == MEMORY_MMAP && map->can_write && size)
        count_gib(kinds, counted_to, map);
    if (mapping->kind == MEMORY_MMAP && map->can_write && next && next->start == map->end &&
        is_anonymous(next) && !next->can_read && !next->can_write && base >= map->start &&
        next->end - base == ARENA_SIZE) {
        const uint64_t part = map->end - base;
        uint64_t resident =
            base == map->start
                ? mapping->resident
                : (uint64_t)((double)mapping->resident * (double)part / (double)size);

        if (resident > part)
            resident = part;
        add(kinds, MEMORY_ARENA, resident, part);
        add(kinds, MEMORY_MMAP, mapping->resident - resident, size - part);
        return;
    }
    add(kinds, mapping->kind, mapping->resident, map->can_read || map->can_write ? size : 0);
}

/* The number of a line "Word:   N kB" in bytes. */
static bool take_figure(const char *line, const char *end, const char *word, uint64_t *bytes)
{
    const size_t length = strlen(word);
    uint64_t value = 0;

    if ((size_t)(end - line) <= length || memcmp(line, word, length) != 0 || line[length] != ':')
        return false;
    for (line += length + 1; line < end && *line == ' '; line++)
        ;
    for (; line < end && *line >= '0' && *line <= '9' && value < UINT64_C(1) << 44; line++)
        value = value * 10 + (uint64_t)(*line - '0');
    *bytes = value * 1024;
    return true;
}

void proc_smaps_parse(const char *text, size_t size, struct memory_kinds *kinds)
{
    const char *at = text, *end = text + size;
    struct mapping mapping, before;
    uint64_t counted_to = 0;
    bool has_mapping = false, has_before = false;

    *kinds = (struct memory_kinds){ .is_heap_known = true };
    while (at < end) {
        const char *line = at, *line_end = memchr(at, '\n', (size_t)(end - at));
        struct proc_map map;

        line_end = line_end ? line_end : end;
        at = line_end < end ? line_end + 1 : end;
        /* Lines with figures begin with a capital letter, those of mappings with a digit. */
        if (line < line_end && *line >= 'A' && *line <= 'Z') {
            if (has_mapping && !take_figure(line, line_end, "Rss", &mapping.resident) &&
                !take_figure(line, line_end, "AnonHugePages", &mapping.huge))
                take_figure(line, line_end, "Swap", &mapping.swapped);
            continue;
        }
        const char *from = line;
        if (!proc_maps_next(&from, line_end, &map))
            continue;
        if (has_mapping) {
            add_mapping(kinds, &mapping, &map, &counted_to);
            before = mapping;
            has_before = true;
        }
        mapping = (struct mapping){ .map = map };
        mapping.kind = kind_of(&map, has_before ? &before : NULL);
        has_mapping = true;
    }
    if (has_mapping)
        add_mapping(kinds, &mapping, NULL, &counted_to);
}
