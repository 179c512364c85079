/* SPDX-License-Identifier: MIT
 *
 * A map from 64-bit numbers to 64-bit numbers that only grows: for hashes and indices met in a
 * walk.
 */
#ifndef NUMBER_MAP_H
#define NUMBER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number_map_entry {
    uint64_t key; /* 0: free. The key 0 itself stands as another number: see number_map.c */
    uint64_t value;
};

/** Zeroed, it is empty and ready. */
struct number_map {
    struct number_map_entry *entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

/**
 * The value of a key, which is added with value 0 when it is new.
 *
 * @param is_new  receives whether it was; may be NULL
 * @return valid until the next number_map_at; NULL when memory ran out: nothing changed
 */
uint64_t *number_map_at(struct number_map *map, uint64_t key, bool *is_new);

/** The value of a key, or NULL. */
const uint64_t *number_map_find(const struct number_map *map, uint64_t key);

/** Make room for so many keys at once; where there is no memory, they find it one by one. */
void number_map_reserve(struct number_map *map, size_t count);

/** Forget all keys, keep the memory. */
void number_map_clear(struct number_map *map);

/** Free the memory; the map is empty and ready again. */
void number_map_release(struct number_map *map);

#endif /* NUMBER_MAP_H */
