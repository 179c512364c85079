/* SPDX-License-Identifier: MIT
 *
 * Heap tracking in C: what VSCustomNativeHeapEtwProvider.h says, and what it cannot say: sizes
 * above 4 GiB, frees with their size, reallocations that are right with threads, failures, arena
 * resets, reserved and committed bytes, one's own statistics, and the list of live blocks.
 *
 * Link libheaptracker (and -lpthread; on Windows advapi32). The heap then appears as an instance of
 * the performance object "Custom Heap", named <process>:<pid>:<heap>.
 *
 *     heap_tracker heap = heap_tracker_open("pool", NULL);
 *     void *block = pool_allocate(pool, 100);
 *     heap_tracker_allocate(heap, block, 100);
 *     heap_tracker_free(heap, block);          // before the block is given back
 *     pool_free(pool, block);
 *     heap_tracker_close(heap);
 *
 * What holds for all functions:
 *
 * - Results are 0 for success, otherwise a Win32 error code. No event ever fails the application:
 *   the result may be ignored. Common to all: 6 (ERROR_INVALID_HANDLE) for NULL, invalid, closed
 *   and foreign handles, with no other effect; 170 (ERROR_BUSY) for an event in the middle of
 *   another one on the same thread (a signal handler), which is counted as lost; 8
 *   (ERROR_NOT_ENOUGH_MEMORY) when there is no memory to remember the block: counted as lost.
 * - Threads: every function may be called from any thread, also before main and under the loader
 *   lock. A close against a running event is harmless.
 * - An event does no I/O, takes no clock, and never calls malloc; in the steady state it makes no
 *   system call.
 * - fork: the child publishes its own heaps, which start with the parent's totals and live blocks,
 *   under the same handles. A child made by a bare clone() has no heaps: all handles are invalid.
 * - A library that is unloaded again must close its heaps before.
 */
#ifndef HEAPTRACKER_H
#define HEAPTRACKER_H

#include <stddef.h>
#include <stdint.h>

/* An address is remembered and never followed: gcc need not warn about what is not written yet. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define HEAP_TRACKER_ADDRESS(parameter) __attribute__((__access__(__none__, parameter)))
#else
#define HEAP_TRACKER_ADDRESS(parameter)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A tracked heap; the same handle as VSHeapTrackerHandle. */
typedef void *heap_tracker;

#define HEAP_TRACKER_INVALID ((heap_tracker)-1)

/** Remember for each block who reported its allocation, for heap_tracker_blocks. */
#define HEAP_TRACKER_CALL_SITES 0x1u

/** The heap is the program's malloc: profilers that watch that themselves (heaptrack) are not told.
 */
#define HEAP_TRACKER_IS_MALLOC 0x2u

/** The call site that the ..._from functions want, in an allocator function: its own caller. */
#if defined(__GNUC__)
#define HEAP_TRACKER_CALLER __builtin_return_address(0)
#endif

/** How to open a heap. Zero everything, then set size and what is wanted. */
struct heap_tracker_options {
    uint32_t size;  /* of this structure, in bytes: tells its version */
    uint32_t flags; /* HEAP_TRACKER_... */

    /**
     * With HEAP_TRACKER_CALL_SITES: how many callers above whoever reports a block (or above the
     * site that is handed to a ..._from function) the remembered call site is. 0 is whoever
     * reports. Where an allocator function (`__declspec(allocator)`) reports its own blocks, all of
     * them would have one site: 1 is the call of that function, 2 that of a function around it; at
     * most 8. Each event then walks the stack, which costs some microseconds (make bench says how
     * much): an allocator that hands HEAP_TRACKER_CALLER to the ..._from functions does it for
     * nothing. HEAPCTRS_CALL_SITES=2 to 9 in the environment sets 1 to 8 for all heaps of a program
     * that is not to be changed. A function that was inlined is no caller.
     */
    uint32_t call_site_depth;
};

/**
 * Begin to track a heap.
 *
 * @param name     UTF-8, copied, of any length; bytes that are not UTF-8 become U+FFFD, and
 *                 \ / ( ) # * and control characters are shown as _. NULL and "" show as
 *                 "unnamed". Heaps of equal names are separate heaps.
 * @param options  NULL for none
 * @return a handle; HEAP_TRACKER_INVALID when there is no memory for it. When only publishing
 *         fails (no directory, disk full) the handle is valid and the heap is tracked for its own
 *         process: see is_published below.
 */
heap_tracker heap_tracker_open(const char *name, const struct heap_tracker_options *options);

/** Stop tracking: the heap disappears with its blocks and totals. */
uint32_t heap_tracker_close(heap_tracker heap);

/**
 * A block was allocated. Any size, 0 too. When the address is still in use its free was missed:
 * the old block is retired first (a free) and counted as unmatched. Address NULL is a failure, as
 * heap_tracker_allocation_failed.
 */
uint32_t heap_tracker_allocate(heap_tracker heap, const void *address, size_t size)
    HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_allocate_from(heap_tracker heap, const void *address, size_t size,
                                    const void *site) HEAP_TRACKER_ADDRESS(2)
    HEAP_TRACKER_ADDRESS(4);

/**
 * A block is about to be freed. NULL does nothing.
 *
 * @return 0; 1168 (ERROR_NOT_FOUND) for an unknown address: counted as unmatched, nothing else
 */
uint32_t heap_tracker_free(heap_tracker heap, const void *address) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_free_from(heap_tracker heap, const void *address, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(3);

/**
 * The same as heap_tracker_free with the size that the caller thinks the block has.
 *
 * @return as heap_tracker_free; 24 (ERROR_BAD_LENGTH) when the block had another size: it was
 *         freed with the size that was recorded, and counted as unmatched too
 */
uint32_t heap_tracker_free_sized(heap_tracker heap, const void *address, size_t size)
    HEAP_TRACKER_ADDRESS(2);

/**
 * A block was resized. A reallocation is neither an allocation nor a free: growth adds to the
 * bytes allocated, shrinkage to the bytes freed. Old NULL is an allocation; new NULL is a failure
 * and the old block stays.
 *
 * With threads the old address of a moved block can be handed out again before this is called:
 * use the two-phase form there.
 *
 * @return 0; 1168 (ERROR_NOT_FOUND) when `old_address` is unknown: counted as unmatched, and the
 *         new block recorded as an allocation
 */
uint32_t heap_tracker_reallocate(heap_tracker heap, const void *new_address, size_t size,
                                 const void *old_address) HEAP_TRACKER_ADDRESS(2)
    HEAP_TRACKER_ADDRESS(4);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_reallocate_from(heap_tracker heap, const void *new_address, size_t size,
                                      const void *old_address, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(4) HEAP_TRACKER_ADDRESS(5);

/** What the two-phase form keeps between its two calls; of the caller's, on the stack. */
struct heap_tracker_resize {
    const void *old_address; /* NULL: there was none */
    size_t old_size;         /* bytes */
    uint32_t state;          /* ours */
    uint32_t site;           /* ours */
};

/**
 * A block is about to be resized: it is taken out of the record, so that its address may come
 * back at once. It still counts as in use. Must be followed by heap_tracker_resize_end or
 * heap_tracker_resize_free.
 */
uint32_t heap_tracker_resize_begin(heap_tracker heap, const void *old_address,
                                   struct heap_tracker_resize *resize) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_resize_begin_from(heap_tracker heap, const void *old_address,
                                        struct heap_tracker_resize *resize, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(4);

/**
 * The block was resized, or not.
 *
 * @param new_address  NULL when it failed: the old block is put back and the failure counted
 * @return as heap_tracker_reallocate
 */
uint32_t heap_tracker_resize_end(heap_tracker heap, const void *new_address, size_t size,
                                 struct heap_tracker_resize *resize) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_resize_end_from(heap_tracker heap, const void *new_address, size_t size,
                                      struct heap_tracker_resize *resize, const void *site);

/** Or the block was freed instead, as realloc(block, 0) may do. */
uint32_t heap_tracker_resize_free(heap_tracker heap, struct heap_tracker_resize *resize);

/** A request could not be satisfied. `size` is what was asked for. */
uint32_t heap_tracker_allocation_failed(heap_tracker heap, size_t size);

/** All live blocks are gone at once (an arena was reset): each counts as freed. */
uint32_t heap_tracker_discard_all(heap_tracker heap);

/** Address space that the heap holds, and what of it is backed by memory; bytes. */
uint32_t heap_tracker_set_reserved(heap_tracker heap, uint64_t reserved_bytes,
                                   uint64_t committed_bytes);

/** One heap's figures, as one picture. */
struct heap_tracker_statistics {
    uint32_t size;               /* in: of this structure; out: bytes filled in */
    uint32_t version;            /* out: 1 */
    uint64_t allocation_count;   /* blocks handed out */
    uint64_t free_count;         /* blocks given back */
    uint64_t reallocation_count; /* blocks resized */
    uint64_t allocated_bytes;    /* handed out, growth by reallocation included */
    uint64_t freed_bytes;        /* given back, shrinkage included */
    uint64_t requested_bytes;    /* sizes of allocations only */
    uint64_t reallocated_bytes;  /* new sizes of reallocations only */
    uint64_t peak_bytes;         /* largest bytes in use; exact while one thread at a time uses
                                    the heap, else good to 64 KiB for each further thread */
    uint64_t peak_blocks;        /* likewise; good to 256 blocks for each further thread */
    uint64_t largest_bytes;      /* largest single request */
    uint64_t failure_count;      /* heap_tracker_allocation_failed, and NULL addresses */
    uint64_t reserved_bytes;     /* heap_tracker_set_reserved */
    uint64_t committed_bytes;
    uint64_t unmatched_count; /* frees of unknown blocks, allocations at live addresses */
    uint64_t lost_count;      /* events that could not be recorded */
    uint64_t is_published;    /* 1 when other processes can see the heap */
};

/**
 * Read the heap's figures. In use are allocated_bytes - freed_bytes, never negative.
 *
 * @param statistics  with its size set; filled in as far as the size goes
 */
uint32_t heap_tracker_read(heap_tracker heap, struct heap_tracker_statistics *statistics);

/** A live block. */
struct heap_tracker_block {
    const void *address;
    size_t size;      /* bytes */
    const void *site; /* return address of whoever reported it; NULL when not remembered */
};

/**
 * The live blocks, in no order. Blocks that come or go meanwhile may be there or not.
 *
 * @param blocks    receives at most `capacity` of them; may be NULL when that is 0
 * @param count     receives the number of live blocks, which may be more than `capacity`
 */
uint32_t heap_tracker_blocks(heap_tracker heap, struct heap_tracker_block *blocks, size_t capacity,
                             size_t *count);

/**
 * Write the live blocks by call site into a file, for perfharness heaps diff and leaks. Without
 * HEAP_TRACKER_CALL_SITES they all have one, unknown site.
 *
 * @param path  replaced as a whole. The format is described in live_blocks.h
 * @return 0; 8 (ERROR_NOT_ENOUGH_MEMORY); an error of writing. Nothing was written then.
 */
uint32_t heap_tracker_write_snapshot(heap_tracker heap, const char *path);

/** Bytes that the tracker itself holds in this process, region files not included. */
size_t heap_tracker_overhead(void);

#ifdef __cplusplus
}
#endif

#endif /* HEAPTRACKER_H */
