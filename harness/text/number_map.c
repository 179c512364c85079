/* SPDX-License-Identifier: MIT
 *
 * Open addressing in a table that is at most half full. Each map has a secret: a provider that knew the places of its
 * keys could choose keys that share one, and each search would pass all of them.
 */
#include "number_map.h"

#include <stdlib.h>
#include <string.h>

#include "os.h"

/* The key 0 marks a free entry. The key 0 itself is stored as this number, which is no index and
   hardly ever a hash. */
#define ZERO_KEY UINT64_C(0xD1B54A32D192ED03)

static uint64_t kept(uint64_t key)
{
    return key ? key : ZERO_KEY;
}

static size_t place_of(const struct number_map *map, uint64_t key)
{
    size_t place = (size_t)keyed_hash_of(&map->secret, &key, sizeof(key)) & (map->capacity - 1);

    while (map->entries[place].key && map->entries[place].key != key)
        place = (place + 1) & (map->capacity - 1);
    return place;
}

static bool set_capacity(struct number_map *map, size_t capacity)
{
    struct number_map grown = { .capacity = capacity, .count = map->count, .secret = map->secret };

    if (capacity > SIZE_MAX / 2 / sizeof(*grown.entries))
        return false;
    grown.entries = calloc(grown.capacity, sizeof(*grown.entries));
    if (!grown.entries)
        return false;
    if (!map->capacity)
        os_random(&grown.secret, sizeof(grown.secret));
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key)
            grown.entries[place_of(&grown, map->entries[i].key)] = map->entries[i];
    free(map->entries);
    *map = grown;
    return true;
}

void number_map_reserve(struct number_map *map, size_t count)
{
    size_t capacity = map->capacity ? map->capacity : 64;

    while (capacity / 2 < count && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    if (capacity > map->capacity)
        set_capacity(map, capacity);
}

uint64_t *number_map_at(struct number_map *map, uint64_t key, bool *is_new)
{
    struct number_map_entry *entry;

    if (map->count >= map->capacity / 2 &&
        !set_capacity(map, map->capacity ? map->capacity * 2 : 64))
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

    if (!map->capacity)
        return NULL;
    entry = &map->entries[place_of(map, kept(key))];
    return entry->key ? &entry->value : NULL;
}

void number_map_release(struct number_map *map)
{
    free(map->entries);
    *map = (struct number_map){ 0 };
}

/* The memory of a large table is freed, so that clearing costs at most as much as filling. */
void number_map_clear(struct number_map *map)
{
    if (map->count < map->capacity / 8) {
        number_map_release(map);
    } else if (map->count) {
        memset(map->entries, 0, map->capacity * sizeof(*map->entries));
        map->count = 0;
    }
}
