/* SPDX-License-Identifier: MIT
 *
 * Linker maps: names for addresses where a program has no debug information, or nobody here can
 * read it. Those of GNU ld (-Wl,-Map=FILE, for ELF and PE) and of Visual C++'s linker (/MAP) are
 * understood. GNU ld's list only what other objects can see: a place in a static function is shown
 * as the one in front of it plus an offset, or as its object file plus an offset.
 */
#ifndef MAP_FILE_H
#define MAP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A name in a map, or the begin of an object file's part. */
struct map_entry {
    uint64_t address;
    const char *name;   /* NULL: the object file's part begins here */
    const char *object; /* file name without its folders; "" when it is not told */
    uint64_t end;       /* first address behind the object's part; of no meaning without one */
};

struct map_file {
    char *text;                /* the file, cut into words: all names point into it */
    struct map_entry *entries; /* by address */
    size_t count, capacity;
    uint64_t base; /* where the linker put the program's first byte */
};

/**
 * Read a map.
 *
 * @param text  copied
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no map that is understood; ERROR_NOT_ENOUGH_MEMORY:
 *         nothing to release then
 */
DWORD map_file_parse(struct map_file *map, const char *text, size_t size);

/** Read the map beside a program or library: FILE.map, or FILE with .map for its extension. */
DWORD map_file_find(struct map_file *map, const char *program);

void map_file_release(struct map_file *map);

/**
 * The name of a place.
 *
 * @param offset  from where the program's first byte is loaded
 * @param text    receives "function+0x1c (object.o)" or "object.o+0x1c"
 * @return false when the map has nothing there
 */
bool map_file_name(const struct map_file *map, uint64_t offset, char *text, size_t size);

#endif /* MAP_FILE_H */
