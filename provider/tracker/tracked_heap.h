/* SPDX-License-Identifier: MIT
 *
 * A tracked heap of this process: what it is made of, how it is opened and closed, and what happens
 * to all of them at fork, exit and unload.
 */
#ifndef TRACKED_HEAP_H
#define TRACKED_HEAP_H

#include "address_map.h"
#include "heap_name.h"
#include "heaptracker.h"
#include "shard.h"
#include "region_writer.h"

/* In the flags of a heap, above those of heaptracker.h: how many callers above whoever reports a
   block its call site is. */
#define CALL_SITE_DEPTH_SHIFT 8
#define CALL_SITE_DEPTH_MASK (0xFu << CALL_SITE_DEPTH_SHIFT)
#define HEAP_IS_FORWARDED (1u << 12)   /* another tracker knows it: see `forward` */
#define HEAP_IS_UNPUBLISHED (1u << 13) /* no reader can see it */

/* With any of these an event has more to do than to be counted. */
#define HEAP_IS_UNUSUAL (HEAP_TRACKER_CALL_SITES | HEAP_IS_FORWARDED | HEAP_IS_UNPUBLISHED)

struct tracked_heap {
    /* Read by every event. */
    _Atomic uint32_t number; /* of the heap in the slot, unique in the process; 0: closed */
    uint32_t index;          /* of the slot */
    _Atomic uint32_t flags;  /* HEAP_TRACKER_..., and those above */
    _Atomic(void *) forward; /* as another tracker knows the heap: see events.h; NULL: not */
    struct region_heap *shared;
    struct region_store *store;
    struct address_map map;

    /* What shards reported of their bytes and blocks in use: see shard.h. */
    _Alignas(64) _Atomic int64_t reported_bytes;
    _Atomic int64_t reported_blocks;

    _Alignas(64) struct spin_lock shard_lock; /* the two lists, and shards' owners */
    struct shard *shards;
    struct shard *free_shards; /* of threads that ended: their totals go on in the next one */
    struct spin_lock base_lock;
    struct shard base;

    /* Rare totals: the originals of those in the record. */
    _Atomic uint64_t failure_count, unmatched_count, lost_count;
    _Atomic uint64_t reserved_bytes, committed_bytes;
    uint64_t open_time;

    /* Names, under the lock of heap_slot.h. */
    struct tracked_heap *next_free, *next_of_name;
    uint32_t name_hash;
    uint32_t name_length;
    heap_name clean, name; /* as it was given, made harmless; and as it is shown */
};

/** Open a heap; see heap_tracker_open. */
heap_tracker tracked_heap_open(const char *name, uint32_t flags);

/** Close it. ERROR_INVALID_HANDLE: it is not open. */
uint32_t tracked_heap_close(heap_tracker handle);

/** Add 1 to one of the rare totals, here and in the record. */
void tracked_heap_add_rare(struct tracked_heap *heap, _Atomic uint64_t *total,
                           _Atomic uint64_t *shared);

/** An event that could not be recorded. */
void tracked_heap_lost(struct tracked_heap *heap);

/** Whether the heaps are this process's own: false in a forked child until tracked_heap_fork. */
bool tracked_heap_is_own(void);

/** In a forked child, alone: name the heaps anew, write their records, and publish them. */
void tracked_heap_fork(void);

/** Forget all heaps, and everything else of the tracker, for it belongs to the parent process. The
    slots' lock is free after this. */
void tracked_heap_forget_all(void);

#endif /* TRACKED_HEAP_H */
