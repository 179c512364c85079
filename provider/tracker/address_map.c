/* SPDX-License-Identifier: MIT
 *
 * Directory, chunks, tables, side table: see address_map.h. Locks are taken in this order: the
 * map's, a chunk's, then the side table's or the page pool's.
 *
 * A table is an open-addressing table with linear probing, of any number of slots: a slot is found
 * by multiplying a 32-bit hash with that number. Removal moves later entries back, so there are no
 * tombstones and lookups stay short however long the heap lives.
 */
#include "address_map.h"

#include <string.h>

#include "address_change.h"
#include "address_large.h"
#include "page_pool.h"

#define FIRST_CAPACITY 8u    /* slots of a chunk's first table: one cache line */
#define LARGE_TABLE 2048u    /* slots that fill SMALL of page_pool.c; larger tables are mapped */
#define DIRECTORY_CLASSES 48 /* powers of two: more than an address has bits above CHUNK_BITS */
/* Blocks with which a table grows or shrinks; chosen. */
#define GROW_AT(capacity) ((capacity) / 8 * 5)
#define SHRINK_AT(capacity) ((capacity) / 8)

/* Headers and directories that are kept for reuse. */
static struct {
    struct spin_lock lock;
    struct address_chunk *chunks;
    struct address_directory *directories[DIRECTORY_CLASSES];
} kept;

/* ---- a chunk's table, under the chunk's lock -------------------------------------- */

uint32_t address_map_close_gap(const struct address_chunk *chunk, uint32_t hole)
{
    uint64_t *table = chunk->table;
    const uint32_t capacity = chunk->capacity;

    for (uint32_t i = hole;;) {
        if (++i == capacity)
            i = 0;
        uint64_t entry = table[i];
        if (entry == 0)
            return hole;
        uint32_t home = table_home(capacity, entry_offset(entry));
        uint32_t from_home = i >= home ? i - home : i + capacity - home;
        uint32_t from_hole = i >= hole ? i - hole : i + capacity - hole;
        if (from_home >= from_hole) {
            table[hole] = entry;
            hole = i;
        }
    }
}

static bool table_resize(struct address_chunk *chunk, uint32_t capacity)
{
    uint64_t *old = chunk->table;
    uint32_t old_capacity = chunk->capacity;
    uint64_t *table = page_pool_allocate(capacity * sizeof(*table));

    if (!table)
        return false;
    chunk->table = table;
    chunk->capacity = capacity;
    chunk->grow_at = GROW_AT(capacity);
    chunk->shrink_at = capacity > FIRST_CAPACITY ? SHRINK_AT(capacity) : 0;
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i] != 0)
            table[table_find(chunk, entry_offset(old[i]))] = old[i];
    page_pool_free(old, old_capacity * sizeof(*old));
    return true;
}

/* The next larger number of slots that fills a size class of the pool; a class is a third or
   half larger than the one before. Large tables, which have pages of their own, grow by half,
   because each step moves all blocks and touches all pages. */
static uint32_t table_larger(uint32_t capacity)
{
    uint32_t wanted = capacity >= LARGE_TABLE ? capacity + capacity / 2
                      : capacity              ? capacity + capacity / 4 + 1
                                              : FIRST_CAPACITY;

    return (uint32_t)(page_pool_round(wanted * sizeof(uint64_t)) / sizeof(uint64_t));
}

static void table_release(struct address_chunk *chunk)
{
    page_pool_free(chunk->table, chunk->capacity * sizeof(*chunk->table));
    chunk->table = NULL;
    chunk->capacity = 0;
    chunk->count = 0;
    chunk->grow_at = chunk->shrink_at = 0;
}

static bool table_grow(struct address_chunk *chunk)
{
    return table_resize(chunk, table_larger(chunk->capacity)) || chunk->count + 1 < chunk->capacity;
}

static void table_shrink(struct address_chunk *chunk)
{
    uint32_t smaller =
        (uint32_t)(page_pool_round(chunk->capacity / 2 * sizeof(uint64_t)) / sizeof(uint64_t));

    if (smaller < chunk->capacity)
        table_resize(chunk, smaller); /* without memory, the table keeps its size */
}

/* ---- chunks and directories ---------------------------------------------------------- */

static struct address_chunk *chunk_new(void)
{
    spin_lock_acquire(&kept.lock);
    struct address_chunk *chunk = kept.chunks;
    if (chunk)
        kept.chunks = chunk->next_kept;
    spin_lock_release(&kept.lock);
    return chunk ? chunk : page_pool_allocate(sizeof(*chunk));
}

static void chunk_keep(struct address_chunk *chunk)
{
    spin_lock_acquire(&kept.lock);
    chunk->next_kept = kept.chunks;
    kept.chunks = chunk;
    spin_lock_release(&kept.lock);
}

static size_t directory_home(const struct address_directory *directory, uintptr_t key)
{
    return (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> (64 - directory->bits));
}

static struct address_directory *directory_new(uint32_t bits)
{
    struct address_directory *directory;
    size_t slots = (size_t)1 << bits;

    spin_lock_acquire(&kept.lock);
    directory = kept.directories[bits];
    if (directory)
        kept.directories[bits] = directory->next_kept;
    spin_lock_release(&kept.lock);
    if (directory) {
        for (size_t i = 0; i < slots; i++)
            atomic_store_explicit(&directory->slots[i], NULL, memory_order_relaxed);
        directory->used = 0;
        return directory;
    }
    directory = page_pool_allocate(sizeof(*directory) + slots * sizeof(directory->slots[0]));
    if (directory)
        directory->bits = bits;
    return directory;
}

static void directory_keep(struct address_directory *directory)
{
    if (!directory)
        return;
    spin_lock_acquire(&kept.lock);
    directory->next_kept = kept.directories[directory->bits];
    kept.directories[directory->bits] = directory;
    spin_lock_release(&kept.lock);
}

static void directory_add(struct address_directory *directory, struct address_chunk *chunk,
                          uintptr_t key)
{
    size_t mask = ((size_t)1 << directory->bits) - 1, i = directory_home(directory, key);

    while (atomic_load_explicit(&directory->slots[i], memory_order_relaxed))
        i = (i + 1) & mask;
    atomic_store_explicit(&directory->slots[i], chunk, memory_order_release);
    directory->used++;
}

static inline struct address_chunk *directory_find(const struct address_map *map, uintptr_t key)
{
    struct address_directory *directory =
        atomic_load_explicit(&map->directory, memory_order_acquire);

    if (!directory)
        return NULL;
    size_t mask = ((size_t)1 << directory->bits) - 1;
    size_t i = directory_home(directory, key);
    for (size_t n = 0; n <= mask; n++, i = (i + 1) & mask) {
        struct address_chunk *chunk =
            atomic_load_explicit(&directory->slots[i], memory_order_acquire);
        if (!chunk)
            return NULL;
        if (atomic_load_explicit(&chunk->key, memory_order_relaxed) == key)
            return chunk;
    }
    return NULL;
}

/* Retire a locked chunk. The caller removes it from its directory. */
static void chunk_retire(struct address_chunk *chunk)
{
    table_release(chunk);
    atomic_store_explicit(&chunk->key, 0, memory_order_relaxed);
    chunk->owner = 0;
    spin_lock_release(&chunk->lock);
    chunk_keep(chunk);
}

/* The address from which a chunk's offsets count. Call this under its lock. */
static uintptr_t chunk_base(const struct address_chunk *chunk)
{
    return (atomic_load_explicit(&chunk->key, memory_order_relaxed) - 1) << CHUNK_BITS;
}

/* Replaces a retired chunk in a directory: its key matches none. */
static struct address_chunk retired;

/* The next chunk from a slot on; the slot advances past it. NULL after the last one. Call this
   under the map's lock; a map without chunks has no directory. */
static struct address_chunk *chunk_next(const struct address_directory *directory, size_t *slot)
{
    while (directory && *slot < (size_t)1 << directory->bits) {
        struct address_chunk *chunk =
            atomic_load_explicit(&directory->slots[(*slot)++], memory_order_relaxed);
        if (chunk && chunk != &retired)
            return chunk;
    }
    return NULL;
}

/* Reserve space for one more chunk, under the map's lock. Empty chunks are retired meanwhile: a
   thread that still sees one finds that its key is gone, and waits for the map's lock. */
static bool directory_reserve(struct address_map *map)
{
    struct address_directory *old = atomic_load_explicit(&map->directory, memory_order_relaxed);
    size_t slots = old ? (size_t)1 << old->bits : 0, live = 0;
    uint32_t bits = FIRST_DIRECTORY_BITS;
    struct address_chunk *chunk;

    if (old && old->used + 1 <= slots / 2)
        return true;
    for (size_t slot = 0; (chunk = chunk_next(old, &slot)) != NULL;) {
        spin_lock_acquire(&chunk->lock);
        if (chunk->count == 0) {
            atomic_store_explicit(&old->slots[slot - 1], &retired, memory_order_relaxed);
            chunk_retire(chunk);
        } else {
            live++;
            spin_lock_release(&chunk->lock);
        }
    }
    while ((live + 1) * 3 > (size_t)1 << bits)
        bits++;
    struct address_directory *directory = directory_new(bits);
    if (!directory)
        return old && old->used + 1 < slots; /* the old one is crowded but still works */
    for (size_t slot = 0; (chunk = chunk_next(old, &slot)) != NULL;)
        directory_add(directory, chunk, atomic_load_explicit(&chunk->key, memory_order_relaxed));
    atomic_store_explicit(&map->directory, directory, memory_order_release);
    directory_keep(old);
    return true;
}

/* The chunk of a key that was not found without the map's lock, or was retired meanwhile: the
   lock decides which. */
__attribute__((noinline)) static enum address_result
chunk_lock_slowly(struct address_map *map, uint32_t owner, uintptr_t key, bool create,
                  struct address_chunk **result)
{
    enum address_result found = ADDRESS_FOUND;
    struct address_chunk *chunk = NULL;

    spin_lock_acquire(&map->lock);
    if (map->owner != owner) {
        found = ADDRESS_CLOSED;
    } else if ((chunk = directory_find(map, key)) != NULL) {
        spin_lock_acquire(&chunk->lock);
    } else if (!create) {
        found = ADDRESS_ABSENT;
    } else if (!directory_reserve(map) || (chunk = chunk_new()) == NULL) {
        found = ADDRESS_NO_MEMORY;
    } else {
        spin_lock_acquire(&chunk->lock);
        chunk->owner = owner;
        atomic_store_explicit(&chunk->key, key, memory_order_relaxed);
        directory_add(atomic_load_explicit(&map->directory, memory_order_relaxed), chunk, key);
    }
    spin_lock_release(&map->lock);
    *result = chunk;
    return found;
}

/* The chunk of a key under its lock, only for `owner`. The fast path needs no other lock. */
static enum address_result chunk_lock(struct address_map *map, uint32_t owner, uintptr_t key,
                                      bool create, struct address_chunk **result)
{
    struct address_chunk *chunk = directory_find(map, key);

    if (chunk) {
        spin_lock_acquire(&chunk->lock);
        if (atomic_load_explicit(&chunk->key, memory_order_relaxed) == key &&
            chunk->owner == owner) {
            *result = chunk;
            return ADDRESS_FOUND;
        }
        spin_lock_release(&chunk->lock);
    }
    return chunk_lock_slowly(map, owner, key, create, result);
}

/* The block of an entry. `take` also removes it from the side table. */
static inline struct address_block block_of(struct address_map *map, uintptr_t address,
                                            uint64_t entry, bool take)
{
    struct address_block block = { address, 0, (uint16_t)(entry >> SITE_SHIFT) };

    if (!entry_is_large(entry))
        block.size = entry_size(entry);
    else
        block.size = take ? address_large_take(map, address) : address_large_size(map, address);
    return block;
}

/* ---- public ----------------------------------------------------------------------- */

void address_map_open(struct address_map *map, uint32_t owner)
{
    spin_lock_acquire(&map->lock);
    map->owner = owner;
    spin_lock_release(&map->lock);
}

void address_map_close(struct address_map *map)
{
    spin_lock_acquire(&map->lock);
    struct address_directory *directory =
        atomic_load_explicit(&map->directory, memory_order_relaxed);
    map->owner = 0;
    atomic_store_explicit(&map->directory, NULL, memory_order_release);
    struct address_chunk *chunk;
    for (size_t slot = 0; (chunk = chunk_next(directory, &slot)) != NULL;) {
        spin_lock_acquire(&chunk->lock);
        chunk_retire(chunk);
    }
    directory_keep(directory);
    spin_lock_acquire(&map->large_lock);
    page_pool_free(map->large, map->large_capacity * sizeof(*map->large));
    map->large = NULL;
    map->large_capacity = map->large_count = 0;
    spin_lock_release(&map->large_lock);
    spin_lock_release(&map->lock);
}

enum address_result address_map_insert(struct address_map *map, uint32_t owner,
                                       const struct address_block *block, struct address_block *old,
                                       struct address_chunk **chunk)
{
    uintptr_t offset = block->address & OFFSET_MASK;
    uint64_t entry = entry_make(offset, block->size, block->site);
    struct address_chunk *locked;
    enum address_result result = chunk_lock(map, owner, address_key(block->address), true, &locked);

    *chunk = NULL;
    if (result != ADDRESS_FOUND)
        return result;
    if (locked->count >= locked->grow_at && !table_grow(locked)) {
        spin_lock_release(&locked->lock);
        return ADDRESS_NO_MEMORY;
    }
    uint32_t slot = table_find(locked, offset);
    uint64_t was = locked->table[slot];
    if (was != 0)
        *old = block_of(map, block->address, was, !entry_is_large(entry));
    if (entry_is_large(entry) && !address_large_put(map, block->address, block->size)) {
        spin_lock_release(&locked->lock);
        return ADDRESS_NO_MEMORY;
    }
    locked->table[slot] = entry;
    locked->count += was == 0;
    *chunk = locked;
    return was != 0 ? ADDRESS_FOUND : ADDRESS_ABSENT;
}

enum address_result address_map_remove(struct address_map *map, uint32_t owner, uintptr_t address,
                                       struct address_block *old, struct address_chunk **chunk)
{
    struct address_chunk *locked;
    enum address_result result = chunk_lock(map, owner, address_key(address), false, &locked);

    *chunk = NULL;
    if (result != ADDRESS_FOUND)
        return result;
    if (locked->count == 0) {
        spin_lock_release(&locked->lock);
        return ADDRESS_ABSENT;
    }
    uint32_t slot = table_find(locked, address & OFFSET_MASK);
    uint64_t was = locked->table[slot];
    if (was == 0) {
        spin_lock_release(&locked->lock);
        return ADDRESS_ABSENT;
    }
    *old = block_of(map, address, was, true);
    table_remove(locked, slot);
    if (locked->count < locked->shrink_at)
        table_shrink(locked);
    *chunk = locked;
    return ADDRESS_FOUND;
}

void address_map_clear(struct address_map *map, uint32_t owner,
                       void (*count)(void *context, uint64_t blocks, uint64_t bytes), void *context)
{
    spin_lock_acquire(&map->lock);
    struct address_directory *directory =
        atomic_load_explicit(&map->directory, memory_order_relaxed);
    if (map->owner != owner)
        directory = NULL;
    struct address_chunk *chunk;
    for (size_t slot = 0; (chunk = chunk_next(directory, &slot)) != NULL;) {
        spin_lock_acquire(&chunk->lock);
        uintptr_t base = chunk_base(chunk);
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < chunk->capacity; i++) {
            uint64_t entry = chunk->table[i];
            if (entry != 0)
                bytes += block_of(map, base | entry_offset(entry), entry, true).size;
        }
        uint64_t blocks = chunk->count;
        table_release(chunk);
        if (blocks)
            count(context, blocks, bytes);
        spin_lock_release(&chunk->lock);
    }
    spin_lock_release(&map->lock);
}

void address_map_list(struct address_map *map, uint32_t owner,
                      void (*visit)(void *context, const struct address_block *block),
                      void *context)
{
    spin_lock_acquire(&map->lock);
    struct address_directory *directory =
        atomic_load_explicit(&map->directory, memory_order_relaxed);
    if (map->owner != owner)
        directory = NULL;
    struct address_chunk *chunk;
    for (size_t slot = 0; (chunk = chunk_next(directory, &slot)) != NULL;) {
        spin_lock_acquire(&chunk->lock);
        uintptr_t base = chunk_base(chunk);
        for (uint32_t i = 0; i < chunk->capacity; i++) {
            uint64_t entry = chunk->table[i];
            if (entry == 0)
                continue;
            struct address_block block = block_of(map, base | entry_offset(entry), entry, false);
            visit(context, &block);
        }
        spin_lock_release(&chunk->lock);
    }
    spin_lock_release(&map->lock);
}

/* Acquire or release the lock of every chunk of a map whose lock is held. */
static void each_chunk(struct address_map *map, void (*act)(struct spin_lock *lock))
{
    struct address_directory *directory =
        atomic_load_explicit(&map->directory, memory_order_relaxed);
    struct address_chunk *chunk;

    for (size_t slot = 0; (chunk = chunk_next(directory, &slot)) != NULL;)
        act(&chunk->lock);
}

void address_map_lock_all(struct address_map *map)
{
    spin_lock_acquire(&map->lock);
    each_chunk(map, spin_lock_acquire);
}

void address_map_unlock_all(struct address_map *map)
{
    each_chunk(map, spin_lock_release);
    spin_lock_release(&map->lock);
}

void address_map_lock_kept(void)
{
    spin_lock_acquire(&kept.lock);
}

void address_map_unlock_kept(void)
{
    spin_lock_release(&kept.lock);
}

void address_map_forget_kept(void)
{
    memset(&kept, 0, sizeof(kept));
}
