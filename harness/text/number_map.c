/* SPDX-License-Identifier: MIT
 *
 * Open addressing over a table that is at most half full.
 */
#include "number_map.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct number_map *map, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t place = (size_t)(mixed ^ mixed >> 32) & (map->room - 1);

    while (map->entries[place].is_used && map->entries[place].key != key)
        place = (place + 1) & (map->room - 1);
    return place;
}

static bool number_map_grow(struct number_map *map)
{
    struct number_map grown = { .room = map->room ? map->room * 2 : 64, .count = map->count };

    if (map->room > SIZE_MAX / 4 / sizeof(*grown.entries))
        return false;
    grown.entries = calloc(grown.room, sizeof(*grown.entries));
    if (!grown.entries)
        return false;
    for (size_t i = 0; i < map->room; i++)
        if (map->entries[i].is_used)
            grown.entries[place_of(&grown, map->entries[i].key)] = map->entries[i];
    free(map->entries);
    *map = grown;
    return true;
}

uint64_t *number_map_at(struct number_map *map, uint64_t key, bool *is_new)
{
    struct number_map_entry *entry;

    if (map->count >= map->room / 2 && !number_map_grow(map))
        return NULL;
    entry = &map->entries[place_of(map, key)];
    if (is_new)
        *is_new = !entry->is_used;
    if (!entry->is_used) {
        *entry = (struct number_map_entry){ .key = key, .is_used = true };
        map->count++;
    }
    return &entry->value;
}

const uint64_t *number_map_find(const struct number_map *map, uint64_t key)
{
    const struct number_map_entry *entry;

    if (!map->room)
        return NULL;
    entry = &map->entries[place_of(map, key)];
    return entry->is_used ? &entry->value : NULL;
}

void number_map_release(struct number_map *map)
{
    free(map->entries);
    *map = (struct number_map){ 0 };
}

/* Costs no more than filling it did: a table that was once large is given back. */
void number_map_clear(struct number_map *map)
{
    if (map->count < map->room / 8) {
        number_map_release(map);
    } else if (map->count) {
        memset(map->entries, 0, map->room * sizeof(*map->entries));
        map->count = 0;
    }
}
