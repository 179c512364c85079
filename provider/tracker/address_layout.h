/* SPDX-License-Identifier: MIT
 *
 * The memory layout of an address map, which address_map.c writes, and live_blocks_reader.c reads
 * in another process. Every change of it changes PROCESS_IMAGE_VERSION (process_image.h).
 */
#ifndef ADDRESS_LAYOUT_H
#define ADDRESS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spin_lock.h"

#define FIRST_DIRECTORY_BITS 3 /* log2 of the slots of a map's first directory; chosen */
/* An entry has 64 bits: the offset in a chunk, the size, and 16 bits of the call site. */
#define CHUNK_BITS 20
#define CHUNK_SIZE ((uintptr_t)1 << CHUNK_BITS)
#define OFFSET_MASK (CHUNK_SIZE - 1)
#define SIZE_BITS 28
#define SIZE_MASK (((uint64_t)1 << SIZE_BITS) - 1)
/* Size field of a block whose size is in the side table. */
#define LARGE_SIZE SIZE_MASK
#define LARGEST_IN_ENTRY (LARGE_SIZE - 1) /* smaller sizes are in the entry */
#define SITE_SHIFT (CHUNK_BITS + SIZE_BITS)

struct address_chunk;
struct address_directory;

struct address_map {
    _Atomic(struct address_directory *) directory;
    uint32_t owner; /* number of the heap; 0: the map is closed. Changed only under `lock` */
    struct spin_lock lock;
    struct spin_lock large_lock;
    struct address_large *large; /* the side table */
    size_t large_capacity;
    size_t large_count;
};

/**
 * Chunks that one thread used last, by key, so that the directory need not be searched for them. It
 * is zeroed first. Their number is chosen: they cover 256 MiB of adjacent addresses.
 */
#define ADDRESS_RECENT 256u
struct address_recent {
    struct address_chunk *chunks[ADDRESS_RECENT]; /* NULL, or any header, which contains its key */
};

/** What is known of a block. */
struct address_block {
    uintptr_t address;
    size_t size;
    uint16_t site;
};

enum address_result {
    /* insert: an older block was there and was replaced; remove: it was removed */
    ADDRESS_FOUND,
    ADDRESS_ABSENT,    /* insert: it was inserted; remove: there is no block */
    ADDRESS_NO_MEMORY, /* insert: it was not inserted */
    ADDRESS_CLOSED     /* the map does not belong to `owner` (any more) */
};

struct address_chunk {
    struct spin_lock lock;
    uint32_t owner;
    _Atomic uintptr_t key; /* address >> CHUNK_BITS, plus 1; 0: the chunk is in no directory */
    uint64_t *table;       /* entries; 0 for an empty slot */
    uint32_t capacity;
    uint32_t count;
    uint32_t grow_at, shrink_at; /* counts above which the table grows, below which it shrinks */
    struct address_chunk *next_kept;
};

struct address_directory {
    uint32_t bits; /* log2 of the slots; never changes */
    uint32_t used; /* protected by the map's lock */
    struct address_directory *next_kept;
    _Atomic(struct address_chunk *) slots[];
};

struct address_large {
    uintptr_t address; /* 0: empty; there are no blocks at address NULL */
    size_t size;
};

/** Unlock a chunk. NULL is allowed. */
static inline void address_map_unlock(struct address_chunk *chunk)
{
    /* The lock is the header's first member. */
    if (chunk)
        spin_lock_release((struct spin_lock *)(void *)chunk);
}

/** The key of the chunk that contains an address. */
static inline uintptr_t address_key(uintptr_t address)
{
    return (address >> CHUNK_BITS) + 1;
}

/* The size is stored plus one, so that no entry is 0. */
static inline uint64_t entry_make(uintptr_t offset, size_t size, uint16_t site)
{
    uint64_t kept_size = size < LARGEST_IN_ENTRY ? (uint64_t)size + 1 : LARGE_SIZE;

    return (uint64_t)offset | kept_size << CHUNK_BITS | (uint64_t)site << SITE_SHIFT;
}

static inline uintptr_t entry_offset(uint64_t entry)
{
    return (uintptr_t)(entry & OFFSET_MASK);
}

static inline bool entry_is_large(uint64_t entry)
{
    return (entry >> CHUNK_BITS & SIZE_MASK) == LARGE_SIZE;
}

static inline size_t entry_size(uint64_t entry)
{
    return (size_t)(entry >> CHUNK_BITS & SIZE_MASK) - 1;
}

/** Where a search in the side table begins. `capacity` is a power of two. */
static inline size_t address_large_home(size_t capacity, uintptr_t address)
{
    return (size_t)((uint64_t)address * 0x9E3779B97F4A7C15u >> 32) & (capacity - 1);
}

#endif /* ADDRESS_LAYOUT_H */
