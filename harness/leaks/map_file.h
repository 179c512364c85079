/* SPDX-License-Identifier: MIT
 *
 * Linker maps: names for addresses of a program without debug information, or whose debug
 * information cannot be read here. The maps of GNU ld (-Wl,-Map=FILE, for ELF and PE) and of Visual
 * C++'s linker (/MAP) are supported. GNU ld lists only names that other objects can see: a place in
 * a static function is shown as the name before it plus an offset, or as its object file plus an
 * offset.
 */
#ifndef MAP_FILE_H
#define MAP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** A name in a map, or the start of an object file's part. */
struct map_entry {
    uint64_t address;
    const char *name;   /* NULL: the object file's part begins here */
    const char *object; /* file name without its folders; "" if the map does not have it */
    uint64_t end;       /* first address after the object's part; not used if there is no object */
};

struct map_file {
    char *text;                /* the file, cut into words; all names point into it */
    struct map_entry *entries; /* by address */
    size_t count, capacity;
    uint64_t base; /* the address that the linker gave to the program's first byte */
};

/**
 * Read a map.
 *
 * @param text  copied
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: not a map of a known linker; ERROR_NOT_ENOUGH_MEMORY.
 *         After an error there is nothing to release
 */
DWORD map_file_parse(struct map_file *map, const char *text, size_t size);

/** Read the map beside a program or library: FILE.map, or FILE with the extension .map. */
DWORD map_file_find(struct map_file *map, const char *program);

void map_file_release(struct map_file *map);

/**
 * Write the name of a place.
 *
 * @param offset  from the address of the program's first byte
 * @param text    receives "function+0x1c (object.o)" or "object.o+0x1c"
 * @return false if the map has no name there
 */
bool map_file_name(const struct map_file *map, uint64_t offset, char *text, size_t size);

#endif /* MAP_FILE_H */
