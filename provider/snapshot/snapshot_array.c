/* SPDX-License-Identifier: MIT
 *
 * The memory of a snapshot: blocks, growing arrays, and texts. The capture files add to them;
 * snapshot.c releases them.
 */
#include "snapshot_array.h"

#include <stdlib.h>
#include <string.h>

#include "os.h"

#define LONGEST_TEXT 32767u /* units; lengths of names are USHORT, in bytes */

void *snapshot_array_allocate(const struct snapshot_memory *memory, size_t size)
{
    return memory->use_pages ? os_pages_allocate(size) : calloc(1, size);
}

void snapshot_array_release(const struct snapshot_memory *memory, void *block, size_t size)
{
    if (memory->use_pages)
        os_pages_free(block, size);
    else
        free(block);
}

/* Make the array large enough for `count` elements. The capacity doubles, so the total cost is
   linear. */
static bool reserve(const struct snapshot_memory *memory, struct snapshot_array *array,
                    size_t count)
{
    size_t capacity = array->capacity ? array->capacity : 64;

    if (count <= array->capacity)
        return true;
    while (capacity < count)
        capacity *= 2;
    if (capacity > SIZE_MAX / array->element_size)
        return false;
    void *elements = snapshot_array_allocate(memory, capacity * array->element_size);
    if (!elements)
        return false;
    if (array->count)
        memcpy(elements, array->elements, array->count * array->element_size);
    snapshot_array_release(memory, array->elements, array->capacity * array->element_size);
    array->elements = elements;
    array->capacity = capacity;
    return true;
}

void *snapshot_array_add(const struct snapshot_memory *memory, struct snapshot_array *array)
{
    if (!reserve(memory, array, array->count + 1))
        return NULL;
    void *element = (char *)array->elements + array->count++ * array->element_size;
    memset(element, 0, array->element_size);
    return element;
}

DWORD snapshot_array_add_text(const struct snapshot_memory *memory, struct snapshot_array *texts,
                              const WCHAR *text, size_t length, struct snapshot_text *result)
{
    if (length > LONGEST_TEXT)
        length = LONGEST_TEXT;
    if (!reserve(memory, texts, texts->count + length + 1))
        return ERROR_NOT_ENOUGH_MEMORY;
    WCHAR *copy = (WCHAR *)texts->elements + texts->count;
    memcpy(copy, text, length * sizeof(WCHAR));
    copy[length] = 0;
    result->offset = texts->count;
    result->length = (uint16_t)length;
    texts->count += length + 1;
    return ERROR_SUCCESS;
}
