/* SPDX-License-Identifier: MIT
 *
 * Arrays that grow. The owner keeps three fields: the elements, their count, and the capacity,
 * which is the number of elements that fit into the memory. Three zeros are an empty array. The
 * memory comes from realloc; the owner frees it with free.
 */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>

/**
 * Make sure that an array has memory for `count` elements.
 *
 *     struct item *items =
 *         array_reserve(list->items, &list->capacity, list->count + 1, sizeof(*items));
 *     if (!items)
 *         return ERROR_NOT_ENOUGH_MEMORY;
 *     list->items = items;
 *     list->items[list->count++] = item;
 *
 * The capacity at least doubles when it grows, so that adding one element after the other costs
 * time linear in their number.
 *
 * @param items     the elements; may be NULL while the capacity is 0
 * @param capacity  elements; changed when the array grows
 * @param count     elements that are needed, at least 1
 * @param size      bytes of one element, at least 1
 *
 * @return the address of the elements; those below the old capacity are unchanged, the new ones are
 *         not initialised. NULL if there is no memory or `count` elements exceed the address space;
 *         then the array is unchanged.
 */
void *array_reserve(void *items, size_t *capacity, size_t count, size_t size);

#endif /* ARRAY_H */
