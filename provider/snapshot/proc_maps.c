/* SPDX-License-Identifier: MIT
 *
 * The line format of /proc/PID/maps:
 *
 *     start-end perms offset major:minor inode    name
 *
 * The name extends to the end of the line, may contain blanks, and may be missing. scanf is not
 * used, because its white space would skip the line break after a mapping without a name.
 */
#include "proc_maps.h"

#include <string.h>

#include "snapshot_parts.h"

/* Read the digits of one number. False if there are none or the number does not fit. */
static bool take_number(const char **at, const char *end, unsigned base, uint64_t *number)
{
    const char *start = *at;
    uint64_t value = 0;

    for (; *at < end; (*at)++) {
        unsigned char digit = (unsigned char)**at;
        unsigned worth = digit >= '0' && digit <= '9'   ? digit - (unsigned)'0'
                         : digit >= 'a' && digit <= 'f' ? digit - (unsigned)'a' + 10u
                                                        : 99u;
        if (worth >= base)
            break;
        if (value > (UINT64_MAX - worth) / base)
            return false;
        value = value * base + worth;
    }
    *number = value;
    return *at > start;
}

static bool take_character(const char **at, const char *end, char character)
{
    if (*at >= end || **at != character)
        return false;
    (*at)++;
    return true;
}

static bool take_permissions(const char **at, const char *end, struct proc_map *map)
{
    if (end - *at < 4)
        return false;
    map->can_read = (*at)[0] == 'r';
    map->can_write = (*at)[1] == 'w';
    map->can_execute = (*at)[2] == 'x';
    map->is_shared = (*at)[3] == 's';
    *at += 4;
    return true;
}

static bool parse_line(const char *at, const char *end, struct proc_map *map)
{
    static const char deleted[] = " (deleted)";
    uint64_t offset, major, minor;

    memset(map, 0, sizeof(*map));
    if (!take_number(&at, end, 16, &map->start) || !take_character(&at, end, '-') ||
        !take_number(&at, end, 16, &map->end) || !take_character(&at, end, ' ') ||
        !take_permissions(&at, end, map) || !take_character(&at, end, ' ') ||
        !take_number(&at, end, 16, &offset) || !take_character(&at, end, ' ') ||
        !take_number(&at, end, 16, &major) || !take_character(&at, end, ':') ||
        !take_number(&at, end, 16, &minor) || !take_character(&at, end, ' ') ||
        !take_number(&at, end, 10, &map->inode) || map->end <= map->start)
        return false;
    map->device_major = (uint32_t)major;
    map->device_minor = (uint32_t)minor;
    while (at < end && *at == ' ')
        at++;
    map->name = at;
    map->name_length = (size_t)(end - at);
    if (map->name_length > sizeof(deleted) - 1 &&
        memcmp(end - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1) == 0) {
        map->is_deleted = true;
        map->name_length -= sizeof(deleted) - 1;
    }
    return true;
}

bool proc_maps_next(const char **at, const char *end, struct proc_map *map)
{
    while (*at < end) {
        const char *line = *at;
        const char *line_end = memchr(line, '\n', (size_t)(end - line));

        *at = line_end ? line_end + 1 : end;
        if (parse_line(line, line_end ? line_end : end, map))
            return true;
    }
    return false;
}

uint32_t proc_maps_protect(const struct proc_map *map)
{
    bool copies = map->inode != 0 && !map->is_shared;

    if (map->can_execute) {
        if (map->can_write)
            return copies ? PAGE_EXECUTE_WRITECOPY : PAGE_EXECUTE_READWRITE;
        return map->can_read ? PAGE_EXECUTE_READ : PAGE_EXECUTE;
    }
    if (map->can_write)
        return copies ? PAGE_WRITECOPY : PAGE_READWRITE;
    return map->can_read ? PAGE_READONLY : PAGE_NOACCESS;
}

bool proc_maps_is_named(const struct proc_map *map, const char *word)
{
    return map->name_length == strlen(word) && memcmp(map->name, word, map->name_length) == 0;
}
