/* SPDX-License-Identifier: MIT
 *
 * Shards are made in blocks of REGION_SHARD_BLOCK. Processors fetch cache lines in pairs, and lines of
 * neighbouring shards form pairs. So all shards of a block go to one thread, for as long as it lives.
 * The next thread that needs a shard takes a block without a thread.
 *
 * Blocks of an unpublished store may be shared by all threads: such heaps are rare.
 *
 * Each function takes the lock of this file, and may be called from any thread.
 */
#ifndef SHARD_BLOCK_H
#define SHARD_BLOCK_H

#include "region_writer.h"

struct shard;
struct thread;

/**
 * Take a shard without a heap: from the thread's own blocks, from a block without a thread, or from
 * a new block. The block then belongs to the thread.
 *
 * @return NULL if there is no memory, or no space in the store
 */
struct shard *shard_block_take(struct thread *thread, struct region_store *store);

/** Release a shard that has no heap any more. */
void shard_block_give(struct shard *shard, const struct region_store *store);

/**
 * The thread uses a shard that another thread left. If its block has no thread, it then belongs to
 * this thread.
 */
void shard_block_adopt(struct thread *thread, struct shard *shard,
                       const struct region_store *store);

/** Release the blocks of an ending thread. */
void shard_block_leave(struct thread *thread);

/** Lock and unlock around fork. */
void shard_block_lock(void);
void shard_block_unlock(void);

/** Forget all blocks. The lock is free afterwards. */
void shard_block_forget(void);

#endif /* SHARD_BLOCK_H */
