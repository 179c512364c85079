/* SPDX-License-Identifier: MIT
 *
 * See array.h.
 */
#include "array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16

void *array_reserve(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return items;

    const size_t most = (size_t)PTRDIFF_MAX / size;
    if (count > most)
        return NULL;
    size_t wanted = *capacity > most / 2 ? most : *capacity * 2;
    if (wanted < FIRST_CAPACITY)
        wanted = FIRST_CAPACITY;
    if (wanted > most || wanted < count)
        wanted = count;

    void *larger = realloc(items, wanted * size);
    if (larger)
        *capacity = wanted;
    return larger;
}
