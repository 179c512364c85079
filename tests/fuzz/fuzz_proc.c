/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as /proc/PID/maps, /proc/PID/smaps and /proc/PID/stat, whose names and words
 * another process chooses. Names lie inside the text, and the kinds of memory add up to the total.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proc_file.h"
#include "proc_maps.h"
#include "proc_smaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_maps(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    struct proc_map map;

    while (proc_maps_next(&at, end, &map)) {
        if (map.name < text || map.name > end || map.name_length > (size_t)(end - map.name) ||
            at < text || at > end || map.start > map.end)
            abort();
        proc_maps_protect(&map);
        proc_maps_is_named(&map, "[vsyscall]");
    }
}

static void read_smaps(const char *text, size_t size)
{
    struct memory_kinds kinds;
    uint64_t sum = 0;

    memset(&kinds, 0, sizeof(kinds));
    proc_smaps_parse(text, size, &kinds);
    for (size_t i = 0; i < MEMORY_KIND_COUNT; i++)
        sum += kinds.resident[i];
    if (sum != kinds.total)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t fields[64];
    uint64_t number;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    struct proc_file file = { .text = text, .size = size, .capacity = size + 1 };
    read_maps((const char *)data, size); /* not terminated */
    read_smaps((const char *)data, size);
    if (proc_file_stat_fields(&file, fields, 64) > 64)
        abort();
    proc_file_number(&file, "VmRSS", &number);
    proc_file_number(&file, "Threads", &number);
    free(text);
    return 0;
}
