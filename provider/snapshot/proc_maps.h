/* SPDX-License-Identifier: MIT
 *
 * Parses one line of /proc/PID/maps at a time: text only, no system calls. See proc(5).
 */
#ifndef PROC_MAPS_H
#define PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_map {
    uint64_t start, end; /* addresses; end is the first byte after the mapping */
    bool can_read, can_write, can_execute, is_shared;
    uint32_t device_major, device_minor;
    uint64_t inode;     /* 0: no file */
    const char *name;   /* path or [word], not terminated, newlines still as \012 */
    size_t name_length; /* bytes, without the " (deleted)" that the kernel adds */
    bool is_deleted;
};

/**
 * Parse the line at *at and move *at to the next one. Lines of another form are skipped.
 *
 * @param at   in and out: the place to read
 * @param end  the first byte after the text
 * @param map  receives the mapping; its name points into the text
 * @return false at the end of the text
 */
bool proc_maps_next(const char **at, const char *end, struct proc_map *map);

/** PAGE_... of a mapping. A private page of a file is copied when it is written: WRITECOPY. */
uint32_t proc_maps_protect(const struct proc_map *map);

/** Whether the name is exactly this word, e.g. "[vsyscall]". */
bool proc_maps_is_named(const struct proc_map *map, const char *word);

#endif /* PROC_MAPS_H */
