/* SPDX-License-Identifier: MIT
 *
 * A map from texts, or any other bytes, to items. Entries are only added. It finds duplicates and
 * items by name. The caller owns texts and items, which must exist as long as the map.
 */
#ifndef TEXT_MAP_H
#define TEXT_MAP_H

#include <stddef.h>

#include "number_map.h"
#include "span.h"

struct text_map_entry {
    struct span text;
    const void *item;
};

/** A zeroed struct is an empty map. */
struct text_map {
    struct number_map places; /* hash of a text -> its position in `entries` */
    struct text_map_entry *entries;
    size_t count, capacity; /* of entries */
};

/**
 * Add an item, unless there is an item with the same text.
 *
 * @return the first item with that text; NULL if memory ran out: nothing changed
 */
const void *text_map_add(struct text_map *map, struct span text, const void *item);

/** The item with this text, or NULL. */
const void *text_map_find(const struct text_map *map, struct span text);

/** Free the memory. The map is empty and can be used again. */
void text_map_release(struct text_map *map);

#endif /* TEXT_MAP_H */
