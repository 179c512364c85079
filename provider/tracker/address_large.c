/* SPDX-License-Identifier: MIT
 *
 * An open-addressing table of whole addresses: see address_large.h. At most half of it is filled,
 * and removal moves later entries back.
 */
#include "address_large.h"

#include "page_pool.h"

#define LARGE_FIRST 8u /* slots of the first table; chosen */

static size_t large_home(const struct address_map *map, uintptr_t address)
{
    return address_large_home(map->large_capacity, address);
}

static struct address_large *large_find(const struct address_map *map, uintptr_t address)
{
    if (map->large_capacity == 0)
        return NULL;
    for (size_t i = large_home(map, address);; i = (i + 1) & (map->large_capacity - 1)) {
        if (map->large[i].address == address)
            return &map->large[i];
        if (map->large[i].address == 0)
            return NULL;
    }
}

static void large_place(struct address_map *map, uintptr_t address, size_t size)
{
    size_t i = large_home(map, address);

    while (map->large[i].address != 0)
        i = (i + 1) & (map->large_capacity - 1);
    map->large[i] = (struct address_large){ address, size };
}

static bool large_grow(struct address_map *map)
{
    size_t old_capacity = map->large_capacity;
    size_t capacity = old_capacity ? old_capacity * 2 : LARGE_FIRST;
    struct address_large *old = map->large;
    struct address_large *table = page_pool_allocate(capacity * sizeof(*table));

    if (!table)
        return false;
    map->large = table;
    map->large_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].address != 0)
            large_place(map, old[i].address, old[i].size);
    page_pool_free(old, old_capacity * sizeof(*old));
    return true;
}

bool address_large_put(struct address_map *map, uintptr_t address, size_t size)
{
    bool done = true;

    spin_lock_acquire(&map->large_lock);
    struct address_large *found = large_find(map, address);
    if (found) {
        found->size = size;
    } else if (map->large_count + 1 <= map->large_capacity / 2 || large_grow(map)) {
        large_place(map, address, size);
        map->large_count++;
    } else {
        done = false;
    }
    spin_lock_release(&map->large_lock);
    return done;
}

size_t address_large_size(struct address_map *map, uintptr_t address)
{
    spin_lock_acquire(&map->large_lock);
    const struct address_large *found = large_find(map, address);
    size_t size = found ? found->size : 0;
    spin_lock_release(&map->large_lock);
    return size;
}

size_t address_large_take(struct address_map *map, uintptr_t address)
{
    size_t size = 0, mask;

    spin_lock_acquire(&map->large_lock);
    struct address_large *found = large_find(map, address);
    if (found) {
        size = found->size;
        mask = map->large_capacity - 1;
        size_t hole = (size_t)(found - map->large);
        for (size_t i = (hole + 1) & mask; map->large[i].address != 0; i = (i + 1) & mask) {
            if (((i - large_home(map, map->large[i].address)) & mask) >= ((i - hole) & mask)) {
                map->large[hole] = map->large[i];
                hole = i;
            }
        }
        map->large[hole].address = 0;
        map->large_count--;
    }
    spin_lock_release(&map->large_lock);
    return size;
}
