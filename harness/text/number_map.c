/* SPDX-License-Identifier: MIT
 *
 * Open addressing in a table that is at most half full.
 */
#include "number_map.h"

#include <stdlib.h>
#include <string.h>

/* The key 0 marks a free entry. The key 0 itself is stored as this number, which is no index and
   hardly ever a hash. */
#define ZERO_KEY UINT64_C(0xD1B54A32D192ED03)

static uint64_t kept(uint64_t key)
{
    return key ? key : ZERO_KEY;
}

static size_t place_of(const struct number_map *map, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t place = (size_t)(mixed ^ mixed >> 32) & (map->room - 1);

    while (map->entries[place].key && map->entries[place].key != key)
        place = (place + 1) & (map->room - 1);
    return place;
}

static bool set_room(struct number_map *map, size_t room)
{
    struct number_map grown = { .room = room, .count = map->count };

    if (room > SIZE_MAX / 2 / sizeof(*grown.entries))
        return false;
    grown.entries = calloc(grown.room, sizeof(*grown.entries));
    if (!grown.entries)
        return false;
    for (size_t i = 0; i < map->room; i++)
        if (map->entries[i].key)
            grown.entries[place_of(&grown, map->entries[i].key)] = map->entries[i];
    free(map->entries);
    *map = grown;
    return true;
}

void number_map_reserve(struct number_map *map, size_t count)
{
    size_t room = map->room ? map->room : 64;

    while (room / 2 < count && room <= SIZE_MAX / 4)
        room *= 2;
    if (room > map->room)
        set_room(map, room);
}

uint64_t *number_map_at(struct number_map *map, uint64_t key, bool *is_new)
{
    struct number_map_entry *entry;

    if (map->count >= map->room / 2 && !set_room(map, map->room ? map->room * 2 : 64))
        return NULL;
    entry = &map->entries[place_of(map, kept(key))];
    if (is_new)
        *is_new = !entry->key;
    if (!entry->key) {
        *entry = (struct number_map_entry){ .key = kept(key) };
        map->count++;
    }
    return &entry->value;
}

const uint64_t *number_map_find(const struct number_map *map, uint64_t key)
{
    const struct number_map_entry *entry;

    if (!map->room)
        return NULL;
    entry = &map->entries[place_of(map, kept(key))];
    return entry->key ? &entry->value : NULL;
}

void number_map_release(struct number_map *map)
{
    free(map->entries);
    *map = (struct number_map){ 0 };
}

/* Clearing costs at most as much as filling did: the memory of a large table is freed. */
void number_map_clear(struct number_map *map)
{
    if (map->count < map->room / 8) {
        number_map_release(map);
    } else if (map->count) {
        memset(map->entries, 0, map->room * sizeof(*map->entries));
        map->count = 0;
    }
}
