/* SPDX-License-Identifier: MIT
 *
 * What the files of the preload library need of each other.
 */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heaptracker.h"

#define API __attribute__((visibility("default")))

/** Allocations that this thread has had counted. */
uint64_t preload_own_allocations(void);

/**
 * Report a block that a function other than those of malloc allocated: it must be one that
 * malloc_usable_size knows.
 *
 * @param site  return address of the caller
 * @return the block
 */
void *preload_allocated(void *block, size_t size, const void *site);

/** Report that such a block is about to be freed. */
void preload_freed(void *block, const void *site);

/** Whether a block is NULL or of the library's own arena, which no other allocator may free. */
bool preload_is_own(const void *block);

#endif /* PRELOAD_H */
