/* SPDX-License-Identifier: MIT
 *
 * The address of every live block of one heap, with its size and call site.
 *
 * Two levels. The address space is cut into chunks of 1 MiB; a directory that is read without a
 * lock leads to a chunk's header; the header's lock guards a small table of the blocks that begin
 * in it. So threads that use different memory, as allocators arrange it, use different locks and
 * cache lines. A block takes one 8-byte entry: offset in the chunk (20 bits), size (28), call site
 * (16); tables are filled to between 2/5 and 5/8, which makes 13 to 20 bytes a block. Larger sizes
 * stand in a side table.
 *
 * Memory comes from the page pool. Headers and directories are never given back while the library
 * is in use, only used again as what they are: so a thread that comes late finds a header that
 * is somebody else's, sees that, and looks again. Tables shrink as blocks go.
 *
 * An insertion or removal returns with the chunk still locked, so that the caller can count the
 * event before any other thread can act upon the block: then nobody sees a free counted whose
 * allocation is not. address_map_unlock ends that. All functions may be called from any thread.
 * The usual insertion and removal are also in address_change.h, in less time.
 */
#ifndef ADDRESS_MAP_H
#define ADDRESS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spin_lock.h"

struct address_chunk;
struct address_directory;

struct address_map {
    _Atomic(struct address_directory *) directory;
    uint32_t owner; /* whose blocks; 0: the map is closed. Changed under `lock` only */
    struct spin_lock lock;
    struct spin_lock large_lock;
    struct address_large *large; /* the side table */
    size_t large_capacity;
    size_t large_count;
};

/** Chunks that one thread used last, by key: the directory need not be asked for them. Zeroed at
    first. */
#define ADDRESS_RECENT 256u
struct address_recent {
    struct address_chunk *chunks[ADDRESS_RECENT]; /* NULL, or any header: it says what it is */
};

/** What is known of a block. */
struct address_block {
    uintptr_t address;
    size_t size;
    uint16_t site;
};

enum address_result {
    ADDRESS_FOUND,     /* insert: an older block was there and was replaced; remove: removed */
    ADDRESS_ABSENT,    /* insert: inserted; remove: there is none */
    ADDRESS_NO_MEMORY, /* insert: not inserted */
    ADDRESS_CLOSED     /* the map is not `owner`'s (any more) */
};

/**
 * Open an empty map for an owner.
 *
 * @param owner  not 0, and never used for any map before in this process
 */
void address_map_open(struct address_map *map, uint32_t owner);

/** Forget all blocks. Threads that are still at work for the owner get ADDRESS_CLOSED. */
void address_map_close(struct address_map *map);

/**
 * Insert a block, or replace the one at its address.
 *
 * @param old    receives what was there when the result is ADDRESS_FOUND
 * @param chunk  receives what to unlock; NULL, nothing is locked, when the result is
 *               ADDRESS_NO_MEMORY or ADDRESS_CLOSED
 */
enum address_result address_map_insert(struct address_map *map, uint32_t owner,
                                       const struct address_block *block, struct address_block *old,
                                       struct address_chunk **chunk);

/**
 * Remove a block.
 *
 * @param old    receives it when the result is ADDRESS_FOUND
 * @param chunk  receives what to unlock; NULL with other results
 */
enum address_result address_map_remove(struct address_map *map, uint32_t owner, uintptr_t address,
                                       struct address_block *old, struct address_chunk **chunk);

/** Let others use the chunk. NULL is allowed. */
static inline void address_map_unlock(struct address_chunk *chunk)
{
    /* The lock is the header's first member. */
    if (chunk)
        spin_lock_release((struct spin_lock *)(void *)chunk);
}

/**
 * Remove all blocks, chunk by chunk.
 *
 * @param count  called with each chunk locked, for the number of blocks and their bytes
 */
void address_map_clear(struct address_map *map, uint32_t owner,
                       void (*count)(void *context, uint64_t blocks, uint64_t bytes),
                       void *context);

/**
 * Visit the live blocks, in no order, each with its chunk locked: `visit` may only look.
 */
void address_map_list(struct address_map *map, uint32_t owner,
                      void (*visit)(void *context, const struct address_block *block),
                      void *context);

/** Around fork: no other thread is inside the map while it is locked. */
void address_map_lock_all(struct address_map *map);
void address_map_unlock_all(struct address_map *map);

/** Likewise for headers and directories that are kept for use again. */
void address_map_lock_kept(void);
void address_map_unlock_kept(void);

/** Forget headers and directories that are kept for use again, when the page pool is released. */
void address_map_forget_kept(void);

#endif /* ADDRESS_MAP_H */
