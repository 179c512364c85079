/* SPDX-License-Identifier: MIT
 *
 * Memory for the tracker's own records, cut from whole pages. It never comes from malloc, which may
 * be what is tracked. Sizes are rounded up to classes, two for each power of two. Freed memory is
 * kept for the next allocation of its class, and large memory is returned to the system.
 *
 * All functions may be called from any thread.
 */
#ifndef PAGE_POOL_H
#define PAGE_POOL_H

#include <stddef.h>

/** The true size of an allocation of `size` bytes: that of its class. */
size_t page_pool_round(size_t size);

/** Zeroed memory, aligned to 64 bytes; NULL if the system has none. */
void *page_pool_allocate(size_t size);

/** Free memory. `size` is that of the request. NULL is allowed. */
void page_pool_free(void *memory, size_t size);

/** Have the memory of a process with one heap ready to be written to: for a child of fork, which copies each page. */
void page_pool_prepare(void);

/** Bytes that the pool has from the system. */
size_t page_pool_held(void);

/** Lock and unlock around fork: no thread is inside the pool while it is locked. */
void page_pool_lock(void);
void page_pool_unlock(void);

/** Return everything to the system. No memory of the pool may be in use any more. */
void page_pool_release(void);

/** Forget everything without touching it: for a child that was created without page_pool_lock. */
void page_pool_forget(void);

#endif /* PAGE_POOL_H */
