/* SPDX-License-Identifier: MIT
 *
 * The usual insertion into an address map, and the usual removal, in the caller's own code: this is
 * half of the cost of an event. It calls no function, so that the whole event stays in registers.
 * address_map_insert and address_map_remove do what is not usual.
 *
 * Usual is a block of less than 256 MiB without a call site, in a chunk that this thread used
 * lately and no thread uses now, whose table keeps its size.
 */
#ifndef ADDRESS_CHANGE_H
#define ADDRESS_CHANGE_H

#include "address_layout.h"

/* ---- a chunk's table, under the chunk's lock -------------------------------------------- */

/* Where the search for an offset begins: multiplicative hashing, by 2^32 divided by the golden ratio. */
static inline uint32_t table_home(uint32_t capacity, uintptr_t offset)
{
    return (uint32_t)((uint64_t)((uint32_t)offset * 0x9E3779B1u) * capacity >> 32);
}

/**
 * Move entries after a slot back into it, so that each is found from its home.
 *
 * @return the slot that became free instead
 */
uint32_t address_map_close_gap(const struct address_chunk *chunk, uint32_t slot);

/**
 * The slot of an offset, or the empty slot where it would be inserted. The table always has an
 * empty one.
 */
static inline uint32_t table_find(const struct address_chunk *chunk, uintptr_t offset)
{
    uint32_t i = table_home(chunk->capacity, offset);

    while (chunk->table[i] != 0 && entry_offset(chunk->table[i]) != offset)
        if (++i == chunk->capacity)
            i = 0;
    return i;
}

/** Empty a slot. Entries after it that would not be found any more move back, if there are any. */
static inline void table_remove(struct address_chunk *chunk, uint32_t slot)
{
    uint32_t next = slot + 1 == chunk->capacity ? 0 : slot + 1;

    if (chunk->table[next] != 0)
        slot = address_map_close_gap(chunk, slot);
    chunk->table[slot] = 0;
    chunk->count--;
}

/* ---- public -------------------------------------------------------------------------------- */

/** Remember the locked chunk of a block at this address. */
static inline void address_recent_add(struct address_recent *recent, uintptr_t address,
                                      struct address_chunk *chunk)
{
    recent->chunks[address_key(address) % ADDRESS_RECENT] = chunk;
}

/* The recent chunk of a key, locked. NULL if there is none, or another thread has locked it. A
   header that was remembered may belong to another chunk or owner by now. */
static inline struct address_chunk *address_recent_lock(const struct address_recent *recent,
                                                        uint32_t owner, uintptr_t key)
{
    struct address_chunk *chunk = recent->chunks[key % ADDRESS_RECENT];

    if (__builtin_expect(!chunk || atomic_load_explicit(&chunk->key, memory_order_relaxed) != key ||
                             !spin_lock_try(&chunk->lock),
                         0))
        return NULL;
    if (__builtin_expect(atomic_load_explicit(&chunk->key, memory_order_relaxed) == key &&
                             chunk->owner == owner,
                         1))
        return chunk;
    spin_lock_release(&chunk->lock);
    return NULL;
}

/**
 * Insert a block if that is a usual insertion.
 *
 * @param recent  the calling thread's
 * @return what to unlock with address_map_unlock; NULL if nothing was done
 */
static inline struct address_chunk *address_map_try_insert(const struct address_recent *recent,
                                                           uint32_t owner, uintptr_t address,
                                                           size_t size)
{
    const uintptr_t offset = address & OFFSET_MASK;
    struct address_chunk *chunk = address_recent_lock(recent, owner, address_key(address));

    if (__builtin_expect(!chunk, 0))
        return NULL;
    if (__builtin_expect(chunk->count < chunk->grow_at && size < LARGEST_IN_ENTRY, 1)) {
        uint64_t *slot = &chunk->table[table_find(chunk, offset)];
        if (__builtin_expect(*slot == 0, 1)) {
            *slot = entry_make(offset, size, 0);
            chunk->count++;
            return chunk;
        }
    }
    spin_lock_release(&chunk->lock);
    return NULL;
}

/**
 * Find a block whose removal by table_remove is usual.
 *
 * @param recent  the calling thread's
 * @param slot    receives the slot to remove
 * @param size    receives the size of the block
 * @return what to unlock with address_map_unlock afterwards; NULL if nothing was done
 */
static inline struct address_chunk *address_map_try_find(const struct address_recent *recent,
                                                         uint32_t owner, uintptr_t address,
                                                         uint32_t *slot, size_t *size)
{
    struct address_chunk *chunk = address_recent_lock(recent, owner, address_key(address));

    if (__builtin_expect(!chunk, 0))
        return NULL;
    if (__builtin_expect(chunk->count > chunk->shrink_at, 1)) { /* the chunk has a table then */
        *slot = table_find(chunk, address & OFFSET_MASK);
        uint64_t entry = chunk->table[*slot];
        *size = entry_size(entry);
        if (__builtin_expect(entry != 0 && !entry_is_large(entry), 1))
            return chunk;
    }
    spin_lock_release(&chunk->lock);
    return NULL;
}

#endif /* ADDRESS_CHANGE_H */
