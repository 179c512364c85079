/* SPDX-License-Identifier: MIT
 *
 * The layout of a region file, which region_writer.c writes and region_reader.c reads. It is
 * little-endian and the same for 32- and 64-bit publishers.
 *
 *     header | shards, first segment | heap records, first segment | further segments ...
 *
 * Records and shards are in segments, each twice as long as the one before. The header says where
 * each segment begins. A segment never moves, and a file never becomes shorter. A segment is
 * announced after it was made: first its offset, then the count of segments.
 *
 * A heap record holds the heap's name, what its allocator reports of itself, and the head of the list
 * of its shards. While the heap lives, the list only grows, at its head. A shard holds the totals of
 * one thread in one heap, on one cache line, and has one writer. For each event the writer stores the
 * totals that it changes, the count last or together with its bytes, without a locked instruction. So
 * a reader may see the bytes of the newest event of each shard without its count, also if the writer
 * was killed between the two stores, but never more than that. Each total only grows, modulo 2 to the
 * 64.
 *
 * Every event of a shard changes one of its three counts (allocations, frees, reallocations), after
 * everything else that it changes. The exception is a peak that has become what is in use: a reader
 * takes the larger one of the two. After every other change (a heap opens or closes, gets one more
 * shard or its first base event, a rare total, reserved memory, an event that changes no count), the
 * header's change_count is increased. So a heap of one shard is unchanged while the header's
 * change_count and the sum of the shard's counts are. The counts are on one cache line.
 *
 * Shards are assigned in blocks of eight, each block to one thread.
 *
 * To read the totals of a heap, first read the freed totals of all its shards, then the others. A
 * writer counts an allocation before any thread can free the block, so every freed block is among
 * the allocated ones. The exception is an allocator that frees a block which it never reported as
 * allocated.
 */
#ifndef REGION_H
#define REGION_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap_name.h"

#define REGION_MAGIC 0x4E4F494745524348u /* "HCREGION" */
#define REGION_VERSION 7u
#define REGION_BYTE_ORDER 0x01020304u
#define REGION_SEGMENTS 20u       /* the number of offsets, of each kind */
#define REGION_HEAP_SEGMENTS 14u  /* 131,064 heaps at most, which limits the time of readers */
#define REGION_SHARD_SEGMENTS 16u /* 1,048,560 shards at most, for the same reason */
#define REGION_FIRST_HEAPS 8u     /* records in the first segment */
#define REGION_FIRST_SHARDS 16u
#define REGION_SHARD_BLOCK 8u /* shards that are assigned together */

enum region_state {
    REGION_LIVE = 1,
    REGION_CLOSED = 2 /* its process is ending */
};

/** The totals of a shard, in the order in which they are in it. */
enum region_total {
    TOTAL_USABLE_BYTES,       /* allocated and gained by reallocation, in usable bytes; in requested
                              bytes if usable ones are not known */
    TOTAL_ALLOCATION_COUNT,   /* blocks allocated */
    TOTAL_FREED_BYTES,        /* freed and lost by reallocation, counted the same way */
    TOTAL_FREE_COUNT,         /* blocks freed */
    TOTAL_REQUESTED_BYTES,    /* sizes that allocations asked for */
    TOTAL_REALLOCATION_COUNT, /* blocks resized */
    TOTAL_REALLOCATED_BYTES,  /* sizes that reallocations asked for */
    TOTAL_GROWN_BYTES,        /* the growth by reallocation, which TOTAL_USABLE_BYTES contains */
    TOTAL_COUNT
};

struct region_shard {
    _Alignas(8) _Atomic uint64_t heap; /* identity of its heap; 0: it has no heap */
    _Alignas(8) _Atomic uint64_t peak_bytes;
    _Alignas(8) _Atomic uint64_t peak_blocks;
    _Alignas(8) _Atomic uint64_t largest_bytes;
    _Atomic uint32_t next; /* the heap's next shard: its index plus 1; 0: it is the last */
    uint32_t unused_word;
    uint64_t unused[3];
    _Alignas(8) _Atomic uint64_t totals[TOTAL_COUNT];
};

/** The allocator that serves a heap. */
enum region_allocator {
    ALLOCATOR_UNKNOWN,
    ALLOCATOR_GLIBC,
    ALLOCATOR_JEMALLOC,
    ALLOCATOR_MIMALLOC,
    ALLOCATOR_TCMALLOC,
    ALLOCATOR_COUNT
};

/** What an allocator reports of itself, by its place in `values`; its bit is 1 << that place. */
enum region_figure {
    FIGURE_HELD,       /* bytes that it has from the system and has not given back */
    FIGURE_FREE,       /* bytes of them that are in no block, thread caches excepted */
    FIGURE_CACHED,     /* bytes of freed blocks in caches of threads */
    FIGURE_RELEASABLE, /* free bytes in whole pages: it could give them back */
    FIGURE_ELSEWHERE,  /* free bytes outside the arena that has most of them */
    FIGURE_ARENAS,     /* number of arenas that hold memory */
    FIGURE_OVERHEAD,   /* bytes of its own: headers, tables */
    FIGURE_COUNT
};

/**
 * What the allocator of a heap reported when it was last asked. `version` is odd while the rest is
 * written, and 0 as long as the allocator was never asked. A reader reads it before and after.
 */
struct region_figures {
    _Alignas(8) _Atomic uint64_t version;
    _Alignas(8) _Atomic uint64_t time;        /* os_clock_ticks when it was asked */
    _Alignas(8) _Atomic uint64_t duration;    /* ticks that it took to answer */
    _Alignas(8) _Atomic uint64_t live_bytes;  /* in use at that time, as the heap counts them */
    _Alignas(8) _Atomic uint64_t event_count; /* allocations, frees and reallocations until then */
    _Atomic uint32_t allocator;               /* enum region_allocator */
    _Atomic uint16_t known, computed;         /* bits of figures; computed ones are known */
    _Alignas(8) _Atomic uint64_t values[FIGURE_COUNT];
    _Alignas(8) _Atomic uint64_t tracker_bytes; /* of the tracker itself in this process */
    uint64_t unused[2];
};

struct region_heap {
    _Alignas(8) _Atomic uint64_t identity; /* the heap's number; 0: the record is free */
    _Alignas(8) _Atomic uint64_t open_time;
    _Alignas(8) _Atomic uint64_t reserved_bytes;
    _Alignas(8) _Atomic uint64_t committed_bytes;
    _Alignas(8) _Atomic uint64_t failure_count;
    _Alignas(8) _Atomic uint64_t unmatched_count;
    _Alignas(8) _Atomic uint64_t lost_count;
    _Atomic uint32_t first_shard;    /* index plus 1; 0: there is none yet */
    _Atomic uint32_t has_base_shard; /* whether `base` is used, by threads that have no shard */
    struct region_shard base;
    _Atomic uint16_t name_length; /* UTF-16 units */
    _Atomic uint16_t name[HEAP_NAME_LENGTH];
    struct region_figures figures;
};

struct region_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_size;
    uint32_t byte_order;
    uint32_t process_id;
    uint64_t process_start;                    /* os_region_process_start */
    _Alignas(8) _Atomic uint64_t change_count; /* see the text above */
    _Alignas(8) _Atomic uint64_t lost_count;   /* events of heaps that have no record */
    _Atomic uint32_t state;                    /* enum region_state */
    _Atomic uint32_t heap_count;               /* records that have ever been used */
    _Atomic uint32_t heap_segments;
    _Atomic uint32_t shard_segments;
    _Alignas(8) _Atomic uint64_t heap_offsets[REGION_SEGMENTS]; /* from the file's start */
    _Alignas(8) _Atomic uint64_t shard_offsets[REGION_SEGMENTS];
    uint64_t unused_number;             /* 0 */
    uint64_t pid_namespace;             /* the namespace of process_id: os_region_pid_namespace */
    _Atomic uint32_t unpublished_count; /* open heaps for which the region had no space */
    uint32_t unused_word;
    uint64_t unused[77 - 2 * REGION_SEGMENTS];
};

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2 &&
                  ATOMIC_SHORT_LOCK_FREE == 2,
              "what processes share must be lock-free");
static_assert(sizeof(struct region_shard) == 128, "region_shard");
static_assert(TOTAL_ALLOCATION_COUNT == TOTAL_USABLE_BYTES + 1 && TOTAL_USABLE_BYTES % 2 == 0 &&
                  TOTAL_FREE_COUNT == TOTAL_FREED_BYTES + 1 && TOTAL_FREED_BYTES % 2 == 0,
              "bytes and their count can be stored together");
static_assert(offsetof(struct region_shard, peak_bytes) == 8, "region_shard");
static_assert(offsetof(struct region_shard, peak_blocks) == 16, "region_shard");
static_assert(offsetof(struct region_shard, largest_bytes) == 24, "region_shard");
static_assert(offsetof(struct region_shard, next) == 32, "region_shard");
static_assert(offsetof(struct region_shard, totals) == 64, "region_shard");
static_assert(sizeof(((struct region_shard *)0)->totals) == 64, "totals fill a cache line");
static_assert(sizeof(struct region_figures) == 128, "region_figures");
static_assert(offsetof(struct region_figures, time) == 8, "region_figures");
static_assert(offsetof(struct region_figures, duration) == 16, "region_figures");
static_assert(offsetof(struct region_figures, live_bytes) == 24, "region_figures");
static_assert(offsetof(struct region_figures, event_count) == 32, "region_figures");
static_assert(offsetof(struct region_figures, allocator) == 40, "region_figures");
static_assert(offsetof(struct region_figures, known) == 44, "region_figures");
static_assert(offsetof(struct region_figures, computed) == 46, "region_figures");
static_assert(offsetof(struct region_figures, values) == 48, "region_figures");
static_assert(offsetof(struct region_figures, tracker_bytes) == 104, "region_figures");
static_assert(sizeof(struct region_heap) == 576, "region_heap");
static_assert(offsetof(struct region_heap, open_time) == 8, "region_heap");
static_assert(offsetof(struct region_heap, reserved_bytes) == 16, "region_heap");
static_assert(offsetof(struct region_heap, committed_bytes) == 24, "region_heap");
static_assert(offsetof(struct region_heap, failure_count) == 32, "region_heap");
static_assert(offsetof(struct region_heap, unmatched_count) == 40, "region_heap");
static_assert(offsetof(struct region_heap, lost_count) == 48, "region_heap");
static_assert(offsetof(struct region_heap, first_shard) == 56, "region_heap");
static_assert(offsetof(struct region_heap, has_base_shard) == 60, "region_heap");
static_assert(offsetof(struct region_heap, base) == 64, "region_heap");
static_assert(offsetof(struct region_heap, name_length) == 192, "region_heap");
static_assert(offsetof(struct region_heap, name) == 194, "region_heap");
static_assert(offsetof(struct region_heap, figures) == 448, "region_heap");
static_assert(sizeof(struct region_header) == 704, "region_header");
static_assert(offsetof(struct region_header, version) == 8, "region_header");
static_assert(offsetof(struct region_header, header_size) == 12, "region_header");
static_assert(offsetof(struct region_header, byte_order) == 16, "region_header");
static_assert(offsetof(struct region_header, process_id) == 20, "region_header");
static_assert(offsetof(struct region_header, process_start) == 24, "region_header");
static_assert(offsetof(struct region_header, change_count) == 32, "region_header");
static_assert(offsetof(struct region_header, lost_count) == 40, "region_header");
static_assert(offsetof(struct region_header, state) == 48, "region_header");
static_assert(offsetof(struct region_header, heap_count) == 52, "region_header");
static_assert(offsetof(struct region_header, heap_segments) == 56, "region_header");
static_assert(offsetof(struct region_header, shard_segments) == 60, "region_header");
static_assert(offsetof(struct region_header, heap_offsets) == 64, "region_header");
static_assert(offsetof(struct region_header, shard_offsets) == 224, "region_header");
static_assert(offsetof(struct region_header, pid_namespace) == 392, "region_header");
static_assert(offsetof(struct region_header, unpublished_count) == 400, "region_header");

/** Elements before a segment, and in it. `first` is the number in the first segment. */
static inline uint64_t region_segment_begin(uint32_t first, uint32_t segment)
{
    return (uint64_t)first * (((uint64_t)1 << segment) - 1);
}

static inline uint64_t region_segment_count(uint32_t first, uint32_t segment)
{
    return (uint64_t)first << segment;
}

/** Bytes of a segment of shards. */
static inline uint64_t region_shards_size(uint32_t segment)
{
    return region_segment_count(REGION_FIRST_SHARDS, segment) * sizeof(struct region_shard);
}

/** The segment that holds element `index`. */
static inline uint32_t region_segment_of(uint32_t first, uint32_t index)
{
    return 31u - (uint32_t)__builtin_clz(index / first + 1);
}

/** A function that finds the shard of an index, or NULL. */
typedef const struct region_shard *region_shard_find(void *context, uint32_t index);

#endif /* REGION_H */
