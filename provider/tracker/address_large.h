/* SPDX-License-Identifier: MIT
 *
 * The side table of an address map: sizes that do not fit into an entry. There are few of them, so
 * one lock and one table do for a map.
 */
#ifndef ADDRESS_LARGE_H
#define ADDRESS_LARGE_H

#include "address_layout.h"

/** Remember a block's size, or another one for it; false: no memory. */
bool address_large_put(struct address_map *map, uintptr_t address, size_t size);

/** The size of a block that is there; 0: it is not. */
size_t address_large_size(struct address_map *map, uintptr_t address);

/** The same, and forget it. */
size_t address_large_take(struct address_map *map, uintptr_t address);

#endif /* ADDRESS_LARGE_H */
