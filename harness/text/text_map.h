/* SPDX-License-Identifier: MIT
 *
 * A map from texts, or any other bytes, to items that only grows: for what must not stand twice,
 * and for what is referred to by name. Texts and items are the caller's and must outlive it.
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

/** Zeroed, it is empty and ready. */
struct text_map {
    struct number_map places; /* hash of a text -> its place in entries */
    struct text_map_entry *entries;
    size_t count, room; /* of entries */
};

/**
 * Add an item, unless there is one with the same text.
 *
 * @return the item that was first; NULL when memory ran out: nothing changed
 */
const void *text_map_add(struct text_map *map, struct span text, const void *item);

/** The item with this text, or NULL. */
const void *text_map_find(const struct text_map *map, struct span text);

/** Free the memory; the map is empty and ready again. */
void text_map_release(struct text_map *map);

#endif /* TEXT_MAP_H */
