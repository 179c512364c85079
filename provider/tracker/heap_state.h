/* SPDX-License-Identifier: MIT
 *
 * What the tracker keeps of a heap and of its shards. Another process that may debug this one also
 * reads it: see process_image.h.
 */
#ifndef HEAP_STATE_H
#define HEAP_STATE_H

#include "address_layout.h"
#include "heap_name.h"
#include "heaptracker.h"
#include "region_writer.h"
#include "spin_lock.h"

struct thread;

/** Most bytes and blocks that a shard has not yet added to the heap's sums, in either direction; chosen. */
#define SHARD_THRESHOLD_BYTES 65536
#define SHARD_THRESHOLD_BLOCKS 256

/* A shard has one writer at a time. The first cache line is what every event changes, the second
   what it reads; the rest is for events that pass a limit. */
struct shard {
    _Alignas(64) uint64_t totals[TOTAL_COUNT];

    /* shard_mark has to be called before a block is freed if the bytes or blocks in use are outside
       of `low` to `low` + `span`. */
    _Alignas(64) int64_t bytes_low;
    int64_t blocks_low;
    uint64_t bytes_span, blocks_span;
    uint64_t largest_bytes;
    struct region_shard *shared;

    /* the part of this shard that is included in the heap's sums */
    int64_t reported_bytes, reported_blocks;
    int64_t peak_bytes, peak_blocks;
    uint32_t heap_number;    /* the heap of the shard; 0: none */
    uint32_t index;          /* index in the store */
    struct thread *owner;    /* NULL: no thread; protected by the heap's shard lock */
    struct shard *next;      /* next shard of the heap, or of those without a heap */
    struct shard *next_free; /* next shard of the heap without an owner */
};

/* In the flags of a heap, above those of heaptracker.h. */
#define HEAP_IS_FORWARDED (1u << 12)   /* another tracker has a handle for it: see `forward` */
#define HEAP_IS_UNPUBLISHED (1u << 13) /* no reader can see it */

/* If one of these is set, an event has to do more than count. */
#define HEAP_IS_UNUSUAL (HEAP_TRACKER_PROFILE | HEAP_IS_FORWARDED | HEAP_IS_UNPUBLISHED)

/* The heap has no table of its blocks: HEAP_TRACKER_SIZED, unless the environment wants tables. */
#define HEAP_HAS_NO_TABLE HEAP_TRACKER_SIZED

struct tracked_heap {
    /* Members that every event reads. */
    _Atomic uint32_t number; /* of the heap in the slot, unique in the process; 0: closed */
    uint32_t index;          /* index of the slot */
    _Atomic uint32_t flags;  /* HEAP_TRACKER_..., and the flags above */
    _Atomic(void *) forward; /* the handle of another tracker: see events.h; NULL: none */
    struct region_heap *shared;
    struct region_store *store;
    struct address_map map;
    _Atomic uint32_t allocator; /* enum region_allocator: where its blocks come from */

    /* The sums of what the shards have reported of their bytes and blocks in use: see shard.h. */
    _Alignas(64) _Atomic int64_t reported_bytes;
    _Atomic int64_t reported_blocks;

    _Alignas(64) struct spin_lock shard_lock; /* protects the two lists, and the shards' owners */
    struct shard *shards;
    /* shards of threads that ended; the next thread continues their totals */
    struct shard *free_shards;
    struct spin_lock base_lock;
    struct shard base;

    /* Rare totals. The record has copies of them. */
    _Atomic uint64_t failure_count, unmatched_count, lost_count;
    _Atomic uint64_t reserved_bytes, committed_bytes;
    uint64_t open_time;

    /* Names, protected by the lock of heap_slot.h. */
    struct tracked_heap *next_free, *next_of_name;
    uint32_t name_hash;
    uint32_t name_length;
    heap_name clean, name; /* the name as passed, cleaned; and the name that readers see */
};

#endif /* HEAP_STATE_H */
