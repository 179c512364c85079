/* SPDX-License-Identifier: MIT
 *
 * One line of /proc/PID/maps at a time: pure text, no system calls. See proc(5).
 */
#ifndef PROC_MAPS_H
#define PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_map {
    uint64_t start, end; /* addresses; end is the first byte behind */
    bool can_read, can_write, can_execute, is_shared;
    uint32_t device_major, device_minor;
    uint64_t inode;     /* 0: no file behind it */
    const char *name;   /* path or [word], not terminated, newlines still as \012 */
    size_t name_length; /* bytes, without the " (deleted)" that the kernel adds */
    bool is_deleted;
};

/**
 * Parse the line at *at and move on behind it. A line that is none of maps' is passed over.
 *
 * @param at   in and out: where to read
 * @param end  first byte behind the text
 * @param map  receives the mapping; its name points into the text
 * @return false at the end of the text
 */
bool proc_maps_next(const char **at, const char *end, struct proc_map *map);

/** PAGE_... of a mapping. A private page of a file is copied when it is written to: WRITECOPY. */
uint32_t proc_maps_protect(const struct proc_map *map);

/** Whether the name is exactly this word, e.g. "[vsyscall]". */
bool proc_maps_is_named(const struct proc_map *map, const char *word);

#endif /* PROC_MAPS_H */
