/* SPDX-License-Identifier: MIT
 *
 * The memory of a snapshot: blocks, growing arrays, and texts. Only one thread fills a snapshot, so
 * there is no lock.
 */
#ifndef SNAPSHOT_ARRAY_H
#define SNAPSHOT_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** The memory of one snapshot: from malloc, or whole pages (PSS_CREATE_USE_VM_ALLOCATIONS). */
struct snapshot_memory {
    bool use_pages;
};

/** A growing array of equal elements in a snapshot's memory. */
struct snapshot_array {
    void *elements;
    size_t count, capacity; /* elements */
    size_t element_size;    /* bytes */
};

/** The text of an entry: its position in the snapshot's array of texts. Length 0 means no text. */
struct snapshot_text {
    size_t offset;   /* WCHARs into texts */
    uint16_t length; /* WCHARs; at most 32767, because entries count bytes in a WORD */
};

/** Allocate and free memory of the snapshot's kind. `size` is the allocated size. */
void *snapshot_array_allocate(const struct snapshot_memory *memory, size_t size);
void snapshot_array_release(const struct snapshot_memory *memory, void *block, size_t size);

/**
 * Add one zeroed element.
 *
 * @return the element, valid until the next addition; NULL if memory ran out
 */
void *snapshot_array_add(const struct snapshot_memory *memory, struct snapshot_array *array);

/**
 * Store a text.
 *
 * @param texts   an array of WCHAR
 * @param text    UTF-16, `length` units; cut after 32767
 * @param result  receives its position in the array
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD snapshot_array_add_text(const struct snapshot_memory *memory, struct snapshot_array *texts,
                              const WCHAR *text, size_t length, struct snapshot_text *result);

#endif /* SNAPSHOT_ARRAY_H */
