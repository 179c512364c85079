/* SPDX-License-Identifier: MIT
 *
 * Blocks of shards, and which thread has them: see shard_block.h. A shard of a block belongs to a
 * heap or is spare. Blocks with spare shards are in a list: that of their thread, or one of the two
 * here.
 */
#include "shard_block.h"

#include <string.h>

#include "heap_state.h"
#include "page_pool.h"
#include "thread_state.h"

struct shard_block {
    struct shard shards[REGION_SHARD_BLOCK]; /* the first member: see block_of */
    struct thread *owner;                    /* NULL: no thread */
    struct shard *spare;                     /* its shards that have no heap */
    struct shard_block *next, *previous;     /* neighbours in its list */
};

static struct {
    struct spin_lock lock; /* protects all blocks and lists of blocks */
    /* blocks of the published store that have spare shards and no thread */
    struct shard_block *free;
    struct shard_block *private_blocks; /* blocks of the unpublished store with spare shards */
} all;

static_assert(offsetof(struct shard_block, shards) == 0, "block_of");

static struct shard_block *block_of(struct shard *shard)
{
    return (struct shard_block *)(void *)(shard - shard->index % REGION_SHARD_BLOCK);
}

/* The list of the store's blocks without a thread. */
static struct shard_block **free_blocks(const struct region_store *store)
{
    return region_writer_is_private(store) ? &all.private_blocks : &all.free;
}

static void list_add(struct shard_block **list, struct shard_block *block)
{
    block->previous = NULL;
    block->next = *list;
    if (*list)
        (*list)->previous = block;
    *list = block;
}

static void list_remove(struct shard_block **list, struct shard_block *block)
{
    if (block->previous)
        block->previous->next = block->next;
    else
        *list = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

static void give_spare(struct shard_block **list, struct shard_block *block, struct shard *shard)
{
    if (!block->spare)
        list_add(list, block);
    shard->next = block->spare;
    block->spare = shard;
}

static struct shard *take_spare(struct shard_block **list, struct shard_block *block)
{
    struct shard *shard = block->spare;

    block->spare = shard->next;
    if (!block->spare)
        list_remove(list, block);
    return shard;
}

/* Change the thread of a block, and its list. */
static void pass_block(struct shard_block **from, struct shard_block **to,
                       struct shard_block *block, struct thread *owner)
{
    if (block->spare) {
        list_remove(from, block);
        list_add(to, block);
    }
    block->owner = owner;
}

/* Make a block without a thread. Returns false if there is no memory, or no space in the store. */
static bool make_block(struct region_store *store)
{
    struct region_shard *shared;
    uint32_t index;
    struct shard_block *block = page_pool_allocate(sizeof(*block));

    if (!block)
        return false;
    shared = region_writer_add_shards(store, &index);
    if (!shared) {
        page_pool_free(block, sizeof(*block));
        return false;
    }
    for (uint32_t i = REGION_SHARD_BLOCK; i-- > 0;) {
        block->shards[i].shared = &shared[i];
        block->shards[i].index = index + i;
        give_spare(free_blocks(store), block, &block->shards[i]);
    }
    return true;
}

struct shard *shard_block_take(struct thread *thread, struct region_store *store)
{
    struct shard_block **free = free_blocks(store);
    const bool is_private = free == &all.private_blocks;
    struct shard *shard = NULL;

    spin_lock_acquire(&all.lock);
    if (!is_private && thread->blocks) {
        shard = take_spare(&thread->blocks, thread->blocks);
    } else if (*free || make_block(store)) {
        struct shard_block *block = *free;
        if (!is_private)
            pass_block(free, &thread->blocks, block, thread);
        shard = take_spare(is_private ? free : &thread->blocks, block);
    }
    spin_lock_release(&all.lock);
    return shard;
}

void shard_block_give(struct shard *shard, const struct region_store *store)
{
    spin_lock_acquire(&all.lock);
    struct shard_block *block = block_of(shard);
    give_spare(block->owner ? &block->owner->blocks : free_blocks(store), block, shard);
    spin_lock_release(&all.lock);
}

void shard_block_adopt(struct thread *thread, struct shard *shard, const struct region_store *store)
{
    struct shard_block *block = block_of(shard);

    spin_lock_acquire(&all.lock);
    if (!block->owner && free_blocks(store) != &all.private_blocks)
        pass_block(&all.free, &thread->blocks, block, thread);
    spin_lock_release(&all.lock);
}

void shard_block_leave(struct thread *thread)
{
    spin_lock_acquire(&all.lock);
    while (thread->blocks)
        pass_block(&thread->blocks, &all.free, thread->blocks, NULL);
    for (uint32_t i = 0; i < thread->shard_count; i++) {
        struct shard_block *block = thread->shards[i] ? block_of(thread->shards[i]) : NULL;
        if (block && block->owner == thread)
            block->owner = NULL; /* without spare shards, it was in no list */
    }
    spin_lock_release(&all.lock);
}

void shard_block_lock(void)
{
    spin_lock_acquire(&all.lock);
}

void shard_block_unlock(void)
{
    spin_lock_release(&all.lock);
}

void shard_block_forget(void)
{
    memset(&all, 0, sizeof(all));
}
