/* SPDX-License-Identifier: MIT
 *
 * The memory of a snapshot: blocks, arrays that grow, and texts. A snapshot is filled by one
 * thread, so nothing here locks.
 */
#ifndef SNAPSHOT_ARRAY_H
#define SNAPSHOT_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Memory of one snapshot: from malloc, or whole pages (PSS_CREATE_USE_VM_ALLOCATIONS). */
struct snapshot_memory {
    bool use_pages;
};

/** A growing array of equal elements in a snapshot's memory. */
struct snapshot_array {
    void *elements;
    size_t count, room;  /* elements */
    size_t element_size; /* bytes */
};

/** The text of an entry: its place in the snapshot's array of texts. Length 0 means no text. */
struct snapshot_text {
    size_t offset;   /* WCHARs into texts */
    uint16_t length; /* WCHARs; at most 32767, as the entries count bytes in a WORD */
};

/** Allocate and release in the manner of the snapshot; `size` as allocated. */
void *snapshot_allocate(const struct snapshot_memory *memory, size_t size);
void snapshot_release(const struct snapshot_memory *memory, void *block, size_t size);

/**
 * Add one zeroed element.
 *
 * @return it, valid until the next addition; NULL when there is no memory
 */
void *snapshot_array_add(const struct snapshot_memory *memory, struct snapshot_array *array);

/**
 * Keep a text.
 *
 * @param texts   an array of WCHAR
 * @param text    UTF-16, `length` units; cut at 32767
 * @param result  receives its place in the array
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD snapshot_array_add_text(const struct snapshot_memory *memory, struct snapshot_array *texts,
                              const WCHAR *text, size_t length, struct snapshot_text *result);

#endif /* SNAPSHOT_ARRAY_H */
