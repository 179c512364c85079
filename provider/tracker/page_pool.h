/* SPDX-License-Identifier: MIT
 *
 * Memory for the tracker's own records, carved out of whole pages: never from malloc, which may be
 * what is tracked. Sizes are rounded up to classes, two for each power of two; freed memory is
 * kept for the next one of its class, and large memory goes back to the system.
 *
 * All functions may be called from any thread.
 */
#ifndef PAGE_POOL_H
#define PAGE_POOL_H

#include <stddef.h>

/** The size that an allocation of `size` bytes really has: the next class. */
size_t page_pool_round(size_t size);

/** Zeroed memory, aligned to 64 bytes; NULL when the system has none. */
void *page_pool_allocate(size_t size);

/** Give it back; `size` as it was asked for. NULL is allowed. */
void page_pool_free(void *memory, size_t size);

/** Bytes taken from the system and not given back. */
size_t page_pool_held(void);

/** Around fork: no thread is inside the pool while it is locked. */
void page_pool_lock(void);
void page_pool_unlock(void);

/** Give everything back; nothing of the pool is used any more. */
void page_pool_release(void);

/** Forget everything without touching it: after a fork without page_pool_lock. */
void page_pool_forget(void);

#endif /* PAGE_POOL_H */
