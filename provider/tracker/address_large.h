/* SPDX-License-Identifier: MIT
 *
 * The side table of an address map: sizes that do not fit into an entry. There are few of them, so
 * a map has one lock and one table for them.
 */
#ifndef ADDRESS_LARGE_H
#define ADDRESS_LARGE_H

#include "address_layout.h"

/** Set the size of a block. Returns false if there is no memory. */
bool address_large_put(struct address_map *map, uintptr_t address, size_t size);

/** The size of a block; 0 if it is not in the table. */
size_t address_large_size(struct address_map *map, uintptr_t address);

/** The size of a block, which is removed from the table; 0 if it is not in the table. */
size_t address_large_take(struct address_map *map, uintptr_t address);

#endif /* ADDRESS_LARGE_H */
