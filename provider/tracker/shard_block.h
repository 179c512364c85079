/* SPDX-License-Identifier: MIT
 *
 * Shards are made in blocks of REGION_SHARD_BLOCK. The change counts of a block share a cache line,
 * so all shards of a block go to one thread, for as long as it lives. A block without a thread is
 * taken by the next thread that needs a shard.
 *
 * Blocks of an unpublished store may be shared by all threads: no reader depends on them.
 *
 * Each function takes the lock of this file, and may be called from any thread.
 */
#ifndef SHARD_BLOCK_H
#define SHARD_BLOCK_H

#include "region_writer.h"

struct shard;
struct thread;

/**
 * Take a shard that belongs to no heap: from the thread's own blocks, from a block without a
 * thread, or from a new block. The block becomes the thread's own.
 *
 * @return NULL if there is no memory, or no space in the store
 */
struct shard *shard_block_take(struct thread *thread, struct region_store *store);

/** Give back a shard that belongs to no heap any more. */
void shard_block_give(struct shard *shard, const struct region_store *store);

/** The thread uses a shard that another thread left. If its block has no thread, the block becomes
    the thread's own too. */
void shard_block_adopt(struct thread *thread, struct shard *shard,
                       const struct region_store *store);

/** The thread ends: its blocks have no thread now. */
void shard_block_leave(struct thread *thread);

/** Around fork. */
void shard_block_lock(void);
void shard_block_unlock(void);

/** Forget all blocks; the lock is free. */
void shard_block_forget(void);

#endif /* SHARD_BLOCK_H */
