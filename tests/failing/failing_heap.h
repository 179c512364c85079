/* SPDX-License-Identifier: MIT
 *
 * Included before PERFLIB's sources. Their memory comes from a heap that fails on request and knows
 * which blocks have not been freed.
 */
#ifndef FAILING_HEAP_H
#define FAILING_HEAP_H

#include <stddef.h>
#include <stdlib.h>

void *failing_malloc(size_t size);
void *failing_calloc(size_t count, size_t size);
void *failing_realloc(void *block, size_t size);
void failing_free(void *block);

#ifndef FAILING_HEAP_ITSELF
#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
#define free failing_free
#define array_reserve failing_array_reserve /* of array.c, which is compiled once more with this */
#endif

#endif /* FAILING_HEAP_H */
