/* SPDX-License-Identifier: MIT
 *
 * The size of a block of malloc, as the allocator made it for a request (its usable bytes). There
 * are two ways to get it:
 *
 * - glibc on 64-bit systems keeps the size in the word before the block: chunk size | flags. A
 *   chunk that is not mapped by itself (flag 2) has chunk size - 8 usable bytes. This holds from
 *   version 2.17 to 2.43. A mapped chunk differs between versions, so glibc is asked then. Reading
 *   the word costs one access to memory that free and malloc touch anyway; asking costs another
 *   cache line. A test at the start proves the rule for the present library, and a comparison now
 *   and then confirms it. A rule that proves wrong is never used again.
 * - malloc_usable_size, which every replacement of glibc's allocator has.
 *
 * The size of one block is the same at both ends of its life, as long as the way does not change.
 */
#ifndef BLOCK_SIZE_H
#define BLOCK_SIZE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The functions of the allocator that serves the program. */
struct block_size_allocator {
    void *(*malloc)(size_t);
    void *(*memalign)(size_t, size_t);
    void (*free)(void *);
    size_t (*usable_size)(void *); /* NULL if there is no such function */
};

/** The way in use. It changes from the header to the function if the rule proves wrong. */
#pragma GCC visibility push(hidden) /* found without a table of addresses */
extern _Atomic bool block_size_is_in_header;
extern size_t (*block_size_function)(void *);
#pragma GCC visibility pop

/**
 * Choose the way, before the first block is asked about. This allocates some blocks and frees them.
 *
 * @return false if the allocator cannot report the size of a block
 */
bool block_size_init(const struct block_size_allocator *allocator);

/** How often a comparison proved the header's rule wrong: 0 or 1. */
uint64_t block_size_fault_count(void);

/**
 * Compare the size from the header with that of the function, and change the way if they differ.
 */
void block_size_compare(const void *block, size_t usable);

/** No size is needed any more: do not read headers. */
void block_size_end(void);

#define BLOCK_SIZE_FLAGS 7u
#define BLOCK_SIZE_IS_MAPPED 2u

/**
 * The size of a block, if its header has it. Returns false if not; then only the word before the
 * block was read.
 */
static inline bool block_size_try(const void *block, size_t *usable)
{
    const size_t *at = block;

    __asm__(""
            /* otherwise the compiler takes the bytes before a block for another object */
            : "+r"(at));
    const size_t word = at[-1];
    *usable = (word & ~(size_t)BLOCK_SIZE_FLAGS) - sizeof(size_t);
    return !(word & BLOCK_SIZE_IS_MAPPED);
}

/** The usable bytes of a block that is allocated. */
static inline size_t block_size(const void *block)
{
    size_t usable;

    if (atomic_load_explicit(&block_size_is_in_header, memory_order_relaxed) &&
        block_size_try(block, &usable))
        return usable;
    return block_size_function((void *)(uintptr_t)block);
}

#endif /* BLOCK_SIZE_H */
