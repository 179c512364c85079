/* SPDX-License-Identifier: MIT
 *
 * What the files of the preload library share.
 */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heaptracker.h"

#define API __attribute__((visibility("default")))

/** Open the heap now, if the program has had no event yet. */
void preload_malloc_prepare(void);

/** How many of this thread's allocations were counted. */
uint64_t preload_malloc_own_allocations(void);

/**
 * Report a block that another function than those of malloc has allocated. malloc_usable_size must
 * know it.
 *
 * @param site  return address of the caller
 * @return the block
 */
void *preload_malloc_allocated(void *block, size_t size, const void *site);

/** Report that such a block is about to be freed. */
void preload_malloc_freed(void *block, const void *site);

/**
 * Whether a block is NULL or from the library's own arena, so that no other allocator may free it.
 */
bool preload_malloc_is_own(const void *block);

#endif /* PRELOAD_H */
