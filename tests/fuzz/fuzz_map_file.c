/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a linker map. In an accepted map the entries are sorted, and a name that is
 * found ends with a zero within its buffer, however small that is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "map_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct map_file *map, uint64_t offset)
{
    for (size_t size = 1; size <= 256; size *= 4) {
        char *text = malloc(size); /* of its exact size, so that a write after it is noticed */

        if (!text)
            abort();
        memset(text, 'x', size);
        if (map_file_name(map, offset, text, size) && !memchr(text, 0, size))
            abort();
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct map_file map;

    if (map_file_parse(&map, (const char *)data, size))
        return 0;
    look_up(&map, 0);
    look_up(&map, UINT64_MAX);
    for (size_t i = 0; i < map.count; i++) {
        if (i > 0 && map.entries[i].address < map.entries[i - 1].address)
            abort();
        if (i > 64)
            continue;
        look_up(&map, map.entries[i].address - map.base);
        look_up(&map, map.entries[i].address - map.base - 1);
        look_up(&map, map.entries[i].end - map.base);
    }
    map_file_release(&map);
    return 0;
}
