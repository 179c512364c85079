/* SPDX-License-Identifier: MIT
 *
 * A number_map whose keys are hashes. Texts are compared: if another text has the same hash, the
 * text is stored under the next free number.
 */
#include "text_map.h"

#include <stdlib.h>

#include "array.h"
#include "hash.h"

static bool is_at(const struct text_map *map, uint64_t place, struct span text)
{
    const struct span *other = &map->entries[place].text;

    return other->size == text.size &&
           (text.size == 0 || memcmp(other->data, text.data, text.size) == 0);
}

const void *text_map_add(struct text_map *map, struct span text, const void *item)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, text.data, text.size), *place;
    bool is_new;

    struct text_map_entry *entries =
        array_reserve(map->entries, &map->capacity, map->count + 1, sizeof(*entries));
    if (!entries)
        return NULL;
    map->entries = entries;
    while ((place = number_map_at(&map->places, hash, &is_new)) && !is_new &&
           !is_at(map, *place, text))
        hash++;
    if (!place)
        return NULL;
    if (is_new) {
        *place = map->count;
        map->entries[map->count++] = (struct text_map_entry){ text, item };
    }
    return map->entries[*place].item;
}

const void *text_map_find(const struct text_map *map, struct span text)
{
    uint64_t hash = hash_bytes(HASH_BEGIN, text.data, text.size);
    const uint64_t *place;

    while ((place = number_map_find(&map->places, hash)) && !is_at(map, *place, text))
        hash++;
    return place ? map->entries[*place].item : NULL;
}

void text_map_release(struct text_map *map)
{
    number_map_release(&map->places);
    free(map->entries);
    *map = (struct text_map){ 0 };
}
