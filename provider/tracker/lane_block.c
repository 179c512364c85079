/* SPDX-License-Identifier: MIT
 *
 * Blocks of lanes, and which thread has them: see lane_block.h. A lane of a block belongs to a
 * heap, or is spare. Blocks with spare lanes are in a list: that of their thread, or one of the two
 * lists here.
 */
#include "lane_block.h"

#include <string.h>

#include "lane.h"
#include "page_pool.h"
#include "thread.h"

struct lane_block {
    struct lane lanes[REGION_LANE_GROUP]; /* first: see block_of */
    struct thread *owner;                 /* NULL: no thread */
    struct lane *spare;                   /* its lanes that belong to no heap */
    struct lane_block *next, *previous;   /* in the list that it is in */
};

static struct {
    struct spin_lock lock;   /* for all blocks and lists of blocks */
    struct lane_block *free; /* of the published store, with spare lanes, without thread */
    struct lane_block *private_blocks; /* of the unpublished store, with spare lanes */
} all;

static_assert(offsetof(struct lane_block, lanes) == 0, "block_of");

static struct lane_block *block_of(struct lane *lane)
{
    return (struct lane_block *)(void *)(lane - lane->index % REGION_LANE_GROUP);
}

/* The list of the store's blocks that no thread has. */
static struct lane_block **free_blocks(const struct region_store *store)
{
    return region_writer_is_private(store) ? &all.private_blocks : &all.free;
}

static void list_add(struct lane_block **list, struct lane_block *block)
{
    block->previous = NULL;
    block->next = *list;
    if (*list)
        (*list)->previous = block;
    *list = block;
}

static void list_remove(struct lane_block **list, struct lane_block *block)
{
    if (block->previous)
        block->previous->next = block->next;
    else
        *list = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

static void give_spare(struct lane_block **list, struct lane_block *block, struct lane *lane)
{
    if (!block->spare)
        list_add(list, block);
    lane->next = block->spare;
    block->spare = lane;
}

static struct lane *take_spare(struct lane_block **list, struct lane_block *block)
{
    struct lane *lane = block->spare;

    block->spare = lane->next;
    if (!block->spare)
        list_remove(list, block);
    return lane;
}

/* Changes the thread of a block, and the list that it is in. */
static void pass_block(struct lane_block **from, struct lane_block **to, struct lane_block *block,
                       struct thread *owner)
{
    if (block->spare) {
        list_remove(from, block);
        list_add(to, block);
    }
    block->owner = owner;
}

/* Makes a block without a thread; false: there is no memory, or no space in the store. */
static bool make_block(struct region_store *store)
{
    struct region_lane_group shared;
    struct lane_block *block = page_pool_allocate(sizeof(*block));

    if (!block)
        return false;
    if (!region_writer_add_lanes(store, &shared)) {
        page_pool_free(block, sizeof(*block));
        return false;
    }
    for (uint32_t i = REGION_LANE_GROUP; i-- > 0;) {
        block->lanes[i].shared = &shared.lanes[i];
        block->lanes[i].pulse = &shared.pulses[i];
        block->lanes[i].index = shared.index + i;
        give_spare(free_blocks(store), block, &block->lanes[i]);
    }
    return true;
}

struct lane *lane_block_take(struct thread *thread, struct region_store *store)
{
    struct lane_block **free = free_blocks(store);
    const bool is_private = free == &all.private_blocks;
    struct lane *lane = NULL;

    spin_lock_acquire(&all.lock);
    if (!is_private && thread->blocks) {
        lane = take_spare(&thread->blocks, thread->blocks);
    } else if (*free || make_block(store)) {
        struct lane_block *block = *free;
        if (!is_private)
            pass_block(free, &thread->blocks, block, thread);
        lane = take_spare(is_private ? free : &thread->blocks, block);
    }
    spin_lock_release(&all.lock);
    return lane;
}

void lane_block_give(struct lane *lane, const struct region_store *store)
{
    spin_lock_acquire(&all.lock);
    struct lane_block *block = block_of(lane);
    give_spare(block->owner ? &block->owner->blocks : free_blocks(store), block, lane);
    spin_lock_release(&all.lock);
}

void lane_block_adopt(struct thread *thread, struct lane *lane, const struct region_store *store)
{
    struct lane_block *block = block_of(lane);

    spin_lock_acquire(&all.lock);
    if (!block->owner && free_blocks(store) != &all.private_blocks)
        pass_block(&all.free, &thread->blocks, block, thread);
    spin_lock_release(&all.lock);
}

void lane_block_leave(struct thread *thread)
{
    spin_lock_acquire(&all.lock);
    while (thread->blocks)
        pass_block(&thread->blocks, &all.free, thread->blocks, NULL);
    for (uint32_t i = 0; i < thread->lane_count; i++) {
        struct lane_block *block = thread->lanes[i] ? block_of(thread->lanes[i]) : NULL;
        if (block && block->owner == thread)
            block->owner = NULL; /* without spare lanes, it was in no list */
    }
    spin_lock_release(&all.lock);
}

void lane_block_lock(void)
{
    spin_lock_acquire(&all.lock);
}

void lane_block_unlock(void)
{
    spin_lock_release(&all.lock);
}

void lane_block_forget(void)
{
    memset(&all, 0, sizeof(all));
}
