/* SPDX-License-Identifier: MIT
 *
 * Lanes are made in blocks of REGION_LANE_GROUP. The pulses of a block share a cache line, so all
 * lanes of a block go to one thread, for as long as it lives. A block without a thread is taken by
 * the next thread that needs a lane.
 *
 * Blocks of an unpublished store may be shared by all threads: no reader depends on them.
 *
 * Each function takes the lock of this file, and may be called from any thread.
 */
#ifndef LANE_BLOCK_H
#define LANE_BLOCK_H

#include "region_writer.h"

struct lane;
struct thread;

/**
 * Take a lane that belongs to no heap: from the thread's own blocks, from a block without a thread,
 * or from a new block. The block becomes the thread's own.
 *
 * @return NULL if there is no memory, or no space in the store
 */
struct lane *lane_block_take(struct thread *thread, struct region_store *store);

/** Give back a lane that belongs to no heap any more. */
void lane_block_give(struct lane *lane, const struct region_store *store);

/** The thread uses a lane that another thread left. If its block has no thread, the block becomes
    the thread's own too. */
void lane_block_adopt(struct thread *thread, struct lane *lane, const struct region_store *store);

/** The thread ends: its blocks have no thread now. */
void lane_block_leave(struct thread *thread);

/** Around fork. */
void lane_block_lock(void);
void lane_block_unlock(void);

/** Forget all blocks; the lock is free. */
void lane_block_forget(void);

#endif /* LANE_BLOCK_H */
