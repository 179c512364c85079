/* SPDX-License-Identifier: MIT
 *
 * Heap tracking in C. It offers what VSCustomNativeHeapEtwProvider.h offers, and in addition: sizes
 * above 4 GiB, frees with their size, reallocations that are correct with several threads,
 * failures, arena resets, reserved and committed bytes, the heap's statistics, and the list of live
 * blocks.
 *
 * Link libheaptracker (and -lpthread; on Windows advapi32). The heap then appears as an instance of
 * the performance object "Custom Heap", named <process>:<pid>:<heap>.
 *
 *     heap_tracker heap = heap_tracker_open("pool", NULL);
 *     void *block = pool_allocate(pool, 100);
 *     heap_tracker_allocate(heap, block, 100);
 *     heap_tracker_free(heap, block);          // before the block is released
 *     pool_free(pool, block);
 *     heap_tracker_close(heap);
 *
 * What holds for all functions:
 *
 * - Results are 0 for success, otherwise a Win32 error code. The application may ignore them. All
 *   functions can return:
 *     6 (ERROR_INVALID_HANDLE)      the handle is NULL, invalid, closed or foreign; no other effect
 *     170 (ERROR_BUSY)              the event interrupts another event of the same thread (a signal
 *                                   handler); it is counted as lost
 *     8 (ERROR_NOT_ENOUGH_MEMORY)   there is no memory to record the block; the event is counted
 *                                   as lost
 *     50 (ERROR_NOT_SUPPORTED)      the heap has no table of its blocks (HEAP_TRACKER_SIZED); an
 *                                   event is counted as lost
 * - Threads: every function may be called from any thread, also before main and under the loader
 *   lock. A heap may be closed while another thread reports an event for it.
 * - An event does no I/O, reads no clock, and never calls malloc. It makes no system call, except
 *   when a table has to grow.
 * - fork: the child publishes its own heaps under the same handles. They start with the totals and
 *   live blocks of the parent. A child made by a bare clone() has no heaps: all handles are
 *   invalid.
 * - A library that can be unloaded must close its heaps before it is unloaded.
 */
#ifndef HEAPTRACKER_H
#define HEAPTRACKER_H

#include <stddef.h>
#include <stdint.h>

/* The tracker stores the address and never reads the memory there, so gcc need not warn that the
 * memory is not initialised. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define HEAP_TRACKER_ADDRESS(parameter) __attribute__((__access__(__none__, parameter)))
#else
#define HEAP_TRACKER_ADDRESS(parameter)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A tracked heap. A VSHeapTrackerHandle is the same kind of handle. */
typedef void *heap_tracker;

#define HEAP_TRACKER_INVALID ((heap_tracker)-1)

/**
 * Record the whole call stack of every block, for `perfharness heaps leaks` and `heaps profile`, and its
 * call site for heap_tracker_blocks. Only the same user and root can read them. With HEAPCTRS_PROFILE=1
 * in the environment this holds for all heaps.
 */
#define HEAP_TRACKER_PROFILE 0x1u

/** The heap is the program's malloc. Its events are not forwarded to profilers that intercept malloc
 *  themselves (heaptrack). */
#define HEAP_TRACKER_IS_MALLOC 0x2u

/**
 * Every free and every reallocation says the size of the old block (heap_tracker_free_sized,
 * heap_tracker_reallocate_sized), so the tracker keeps no table of the live blocks. An event then
 * costs a few nanoseconds, however many blocks are live. What needs the table returns 50
 * (ERROR_NOT_SUPPORTED): frees and reallocations without a size, heap_tracker_blocks and
 * heap_tracker_write_snapshot. A wrong size is not noticed. With HEAPCTRS_BLOCKS=1 in the environment
 * the heap has its table nevertheless.
 */
#define HEAP_TRACKER_SIZED 0x4u

/** The `site` for the ..._from functions: the caller of the function that contains this macro. */
#if defined(__GNUC__)
#define HEAP_TRACKER_CALLER __builtin_return_address(0)
#endif

/** How to open a heap. Set all bytes to zero first, then `size` and the wanted members. */
struct heap_tracker_options {
    uint32_t size;  /* of this structure, in bytes; it identifies the version */
    uint32_t flags; /* HEAP_TRACKER_... */

    /**
     * The allocator from which the heap's blocks come: "glibc", "jemalloc", "mimalloc" or "tcmalloc";
     * NULL for any other. It must serve no other blocks than those of this heap. About once a second
     * the tracker then asks it for the bytes that it holds from the system and has free, through its
     * own functions (mallinfo2, mallctl …), and publishes them with the heap. This happens in an event,
     * and takes locks of the allocator. So do not report an event while you hold such a lock, nor in a
     * signal handler that may have interrupted the allocator. Unknown names, and names of allocators that
     * are not in the program, have no effect. Windows: no effect.
     */
    const char *allocator;
};

/**
 * Begin to track a heap.
 *
 * @param name     UTF-8, copied, of any length. Bytes that are not UTF-8 become U+FFFD, and
 *                 \ / ( ) # * and control characters are shown as _. NULL and "" are shown as
 *                 "unnamed". Heaps with equal names are separate heaps.
 * @param options  NULL for the defaults
 * @return a handle; HEAP_TRACKER_INVALID if there is not enough memory. If only publishing fails
 *         (no directory, disk full), the handle is valid and the heap is tracked inside its own
 *         process: see is_published below.
 */
heap_tracker heap_tracker_open(const char *name, const struct heap_tracker_options *options);

/** Stop tracking a heap. The heap, its blocks and its totals disappear. */
uint32_t heap_tracker_close(heap_tracker heap);

/**
 * Report that a block was allocated. Every size is legal, also 0. If the address is still in use,
 * its free was not reported: the old block is first counted as freed and as unmatched. Address NULL
 * counts a failure, like heap_tracker_allocation_failed.
 */
uint32_t heap_tracker_allocate(heap_tracker heap, const void *address, size_t size)
    HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_allocate_from(heap_tracker heap, const void *address, size_t size,
                                    const void *site) HEAP_TRACKER_ADDRESS(2)
    HEAP_TRACKER_ADDRESS(4);

/**
 * Report that a block is about to be freed. NULL does nothing.
 *
 * @return 0; 1168 (ERROR_NOT_FOUND) if the address is unknown: it is counted as unmatched, with no
 *         other effect
 */
uint32_t heap_tracker_free(heap_tracker heap, const void *address) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_free_from(heap_tracker heap, const void *address, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(3);

/**
 * The same as heap_tracker_free, with the size that the caller expects the block to have.
 *
 * @return as heap_tracker_free; 24 (ERROR_BAD_LENGTH) if the recorded size differs: the block is
 *         freed with the recorded size and also counted as unmatched
 */
uint32_t heap_tracker_free_sized(heap_tracker heap, const void *address, size_t size)
    HEAP_TRACKER_ADDRESS(2);

/**
 * Report that a block was resized. A reallocation counts neither as an allocation nor as a free:
 * growth adds to the allocated bytes, shrinkage adds to the freed bytes. If `old_address` is NULL,
 * this is an allocation. If `new_address` is NULL, this is a failure and the old block stays.
 *
 * If the heap has several threads and the block moved, another thread can get the old address
 * before this call reports it. Use heap_tracker_resize_begin and heap_tracker_resize_end there.
 *
 * @return 0; 1168 (ERROR_NOT_FOUND) if `old_address` is unknown: it is counted as unmatched, and
 *         the new block is recorded as an allocation
 */
uint32_t heap_tracker_reallocate(heap_tracker heap, const void *new_address, size_t size,
                                 const void *old_address) HEAP_TRACKER_ADDRESS(2)
    HEAP_TRACKER_ADDRESS(4);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_reallocate_from(heap_tracker heap, const void *new_address, size_t size,
                                      const void *old_address, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(4) HEAP_TRACKER_ADDRESS(5);

/**
 * The same as heap_tracker_reallocate for an allocator that knows the size of the old block. A heap
 * with HEAP_TRACKER_SIZED needs it. In other heaps the recorded size counts, and `old_size` is
 * compared with it as in heap_tracker_free_sized.
 *
 * @param old_address  NULL for a new block; then `old_size` is ignored
 */
uint32_t heap_tracker_reallocate_sized(heap_tracker heap, const void *new_address, size_t size,
                                       const void *old_address, size_t old_size)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(4);

/** The state between heap_tracker_resize_begin and its second call. The caller owns it, for example
 *  on the stack. */
struct heap_tracker_resize {
    const void *old_address; /* NULL if there was no block */
    size_t old_size;         /* bytes */
    uint32_t state;          /* internal */
    uint32_t site;           /* internal */
    uint32_t stack, rate;    /* internal */
};

/**
 * Report that a block is about to be resized. Its address is removed from the record, because
 * another thread may get the same address as soon as the block moves. The block still counts as in
 * use. The caller must call heap_tracker_resize_end or heap_tracker_resize_free next.
 */
uint32_t heap_tracker_resize_begin(heap_tracker heap, const void *old_address,
                                   struct heap_tracker_resize *resize) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_resize_begin_from(heap_tracker heap, const void *old_address,
                                        struct heap_tracker_resize *resize, const void *site)
    HEAP_TRACKER_ADDRESS(2) HEAP_TRACKER_ADDRESS(4);

/**
 * Report how the resize ended.
 *
 * @param new_address  NULL if it failed: the old block is recorded again, and the failure is
 *                     counted
 * @return as heap_tracker_reallocate
 */
uint32_t heap_tracker_resize_end(heap_tracker heap, const void *new_address, size_t size,
                                 struct heap_tracker_resize *resize) HEAP_TRACKER_ADDRESS(2);

/** The same for an allocator that knows its caller: `site` is a return address, or NULL. */
uint32_t heap_tracker_resize_end_from(heap_tracker heap, const void *new_address, size_t size,
                                      struct heap_tracker_resize *resize, const void *site);

/** Report that the block was freed instead, as realloc(block, 0) may do. */
uint32_t heap_tracker_resize_free(heap_tracker heap, struct heap_tracker_resize *resize);

/** Report that an allocation of `size` bytes failed. */
uint32_t heap_tracker_allocation_failed(heap_tracker heap, size_t size);

/** Report that all live blocks were released at once (an arena was reset). Each counts as freed. */
uint32_t heap_tracker_discard_all(heap_tracker heap);

/** Set the address space that the heap reserves, and the part of it that is committed; in bytes. */
uint32_t heap_tracker_set_reserved(heap_tracker heap, uint64_t reserved_bytes,
                                   uint64_t committed_bytes);

/** The totals of one heap, all read at one moment. */
struct heap_tracker_statistics {
    uint32_t size;               /* in: size of this structure; out: bytes filled in */
    uint32_t version;            /* out: 1 */
    uint64_t allocation_count;   /* blocks allocated */
    uint64_t free_count;         /* blocks freed */
    uint64_t reallocation_count; /* blocks resized */
    uint64_t allocated_bytes;    /* requested, including growth by reallocation */
    uint64_t freed_bytes;        /* including shrinkage by reallocation; see heap_tracker_read */
    uint64_t requested_bytes;    /* sizes of allocations only */
    uint64_t reallocated_bytes;  /* new sizes of reallocations only */
    uint64_t peak_bytes;         /* largest bytes in use; exact while one thread at a time uses
                                    the heap, otherwise at most 64 KiB off per further thread */
    uint64_t peak_blocks;        /* likewise; at most 256 blocks off per further thread */
    uint64_t largest_bytes;      /* largest single request */
    uint64_t failure_count;      /* heap_tracker_allocation_failed, and NULL addresses */
    uint64_t reserved_bytes;     /* heap_tracker_set_reserved */
    uint64_t committed_bytes;
    uint64_t unmatched_count; /* frees of unknown blocks, allocations at live addresses */
    uint64_t lost_count;      /* events that could not be recorded */
    uint64_t is_published;    /* 1 if other processes can see the heap */
    uint64_t in_use_bytes;    /* in blocks that are allocated and not freed; never negative */
};

/**
 * Read the totals of a heap. Most heaps count requested bytes: their in_use_bytes are
 * allocated_bytes - freed_bytes. The heap "malloc" of the preload library has no table of its blocks.
 * It asks the allocator how large a block is, so freed_bytes and in_use_bytes are usable bytes there:
 * what the allocator made of the requests.
 *
 * @param statistics  the caller sets its `size`; only that many bytes are filled in
 */
uint32_t heap_tracker_read(heap_tracker heap, struct heap_tracker_statistics *statistics);

/** A live block. */
struct heap_tracker_block {
    const void *address;
    size_t size; /* bytes */
    /* return address of the code that reported it; NULL without HEAP_TRACKER_PROFILE */
    const void *site;
};

/**
 * List the live blocks, in no particular order. A block that is allocated or freed during the call
 * may be listed or not.
 *
 * @param blocks  receives at most `capacity` blocks; may be NULL if `capacity` is 0
 * @param count   receives the number of live blocks, which may be larger than `capacity`
 */
uint32_t heap_tracker_blocks(heap_tracker heap, struct heap_tracker_block *blocks, size_t capacity,
                             size_t *count);

/**
 * Write the live blocks by call site into a file, for `perfharness heaps diff` and `heaps leaks`.
 * Without HEAP_TRACKER_PROFILE all blocks have the same, unknown site.
 *
 * @param path  the file is replaced as a whole; live_blocks.h describes its format
 * @return 0; 8 (ERROR_NOT_ENOUGH_MEMORY); an error of writing. After an error the old file is
 *         unchanged.
 */
uint32_t heap_tracker_write_snapshot(heap_tracker heap, const char *path);

/** The bytes that the tracker itself uses in this process, without the region files. */
size_t heap_tracker_overhead(void);

#ifdef __cplusplus
}
#endif

#endif /* HEAPTRACKER_H */
