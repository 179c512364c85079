/* SPDX-License-Identifier: MIT
 *
 * The address of every live block of one heap, with its size and call site.
 *
 * There are two levels. The address space is divided into chunks of 1 MiB. A directory that is read
 * without a lock leads to a chunk's header, and the header's lock protects a small table of the
 * blocks that begin in the chunk. So threads that use different memory, as allocators arrange it,
 * use different locks and cache lines. A block takes one 8-byte entry: offset in the chunk (20
 * bits), size (28), call site (16). Tables are between 2/5 and 5/8 full, so a block takes 13 to 20
 * bytes. Larger sizes are in a side table.
 *
 * Memory comes from the page pool. Headers and directories are never freed while the library is in
 * use, only reused as the same kind of object. So a thread with an old pointer finds a valid header,
 * notices that it belongs to another chunk, and searches again. Tables shrink when blocks are
 * removed.
 *
 * An insertion or removal returns with the chunk still locked, so that the caller can count the
 * event before any other thread can act on the block: then no thread sees a free counted whose
 * allocation is not. address_map_unlock ends that. All functions may be called from any thread. The
 * usual insertion and removal are also in address_change.h, where they take less time.
 */
#ifndef ADDRESS_MAP_H
#define ADDRESS_MAP_H

#include "address_layout.h"

/**
 * Open an empty map for an owner.
 *
 * @param owner  not 0, and never used for any map before in this process
 */
void address_map_open(struct address_map *map, uint32_t owner);

/** Forget all blocks. Threads that still work for the owner get ADDRESS_CLOSED. */
void address_map_close(struct address_map *map);

/**
 * Insert a block, or replace the one at its address.
 *
 * @param old    receives the older block if the result is ADDRESS_FOUND
 * @param chunk  receives what to unlock; NULL, with nothing locked, if the result is
 *               ADDRESS_NO_MEMORY or ADDRESS_CLOSED
 */
enum address_result address_map_insert(struct address_map *map, uint32_t owner,
                                       const struct address_block *block, struct address_block *old,
                                       struct address_chunk **chunk);

/**
 * Remove a block.
 *
 * @param old    receives the block if the result is ADDRESS_FOUND
 * @param chunk  receives what to unlock; NULL with other results
 */
enum address_result address_map_remove(struct address_map *map, uint32_t owner, uintptr_t address,
                                       struct address_block *old, struct address_chunk **chunk);

/**
 * Remove all blocks, chunk by chunk.
 *
 * @param count  called with each chunk locked, for the number of blocks and their bytes
 */
void address_map_clear(struct address_map *map, uint32_t owner,
                       void (*count)(void *context, uint64_t blocks, uint64_t bytes),
                       void *context);

/** Visit the live blocks, in no order, each with its chunk locked. `visit` may only read. */
void address_map_list(struct address_map *map, uint32_t owner,
                      void (*visit)(void *context, const struct address_block *block),
                      void *context);

/** Lock and unlock around fork: no other thread is inside the map while it is locked. */
void address_map_lock_all(struct address_map *map);
void address_map_unlock_all(struct address_map *map);

/** The same for headers and directories that are kept for reuse. */
void address_map_lock_kept(void);
void address_map_unlock_kept(void);

/** Forget headers and directories that are kept for reuse, when the page pool is released. */
void address_map_forget_kept(void);

#endif /* ADDRESS_MAP_H */
