/* SPDX-License-Identifier: MIT
 *
 * A map from 64-bit numbers to 64-bit numbers. Entries are only added. It holds the hashes and
 * indices that a walk finds. Its cost is linear also if an attacker has chosen the keys.
 */
#ifndef NUMBER_MAP_H
#define NUMBER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keyed_hash.h"

struct number_map_entry {
    uint64_t key; /* 0: free. The key 0 is stored as another number: see number_map.c */
    uint64_t value;
};

/** A zeroed struct is an empty map. */
struct number_map {
    struct number_map_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    struct keyed_hash secret; /* decides on the places */
};

/**
 * The value of a key. A new key is added with value 0.
 *
 * @param is_new  receives whether the key is new; may be NULL
 * @return valid until the next number_map_at; NULL if memory ran out: nothing changed
 */
uint64_t *number_map_at(struct number_map *map, uint64_t key, bool *is_new);

/** The value of a key, or NULL. */
const uint64_t *number_map_find(const struct number_map *map, uint64_t key);

/**
 * Reserve memory for `count` keys. If there is not enough memory, the map grows key by key later.
 */
void number_map_reserve(struct number_map *map, size_t count);

/** Remove all keys and keep the memory. */
void number_map_clear(struct number_map *map);

/** Free the memory. The map is empty and can be used again. */
void number_map_release(struct number_map *map);

#endif /* NUMBER_MAP_H */
