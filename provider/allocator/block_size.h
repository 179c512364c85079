/* SPDX-License-Identifier: MIT
 *
 * How large a block of malloc is: what the allocator made of a request (its usable bytes). Two ways:
 *
 * - glibc on 64-bit systems keeps the size in the word before the block: chunk size | flags. A chunk
 *   that was not mapped by itself (flag 2) has chunk size - 8 usable bytes. That has been so from
 *   2.17 to 2.43; how many a mapped chunk has differs, so there glibc is asked. Reading the word costs
 *   one access to memory that free and malloc touch anyway; asking costs another cache line. A test
 *   at the start proves the rule for the library that is there, and a comparison now and then
 *   confirms it: a rule that is found to be wrong is never used again.
 * - malloc_usable_size, which every allocator has that replaces glibc's.
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
    size_t (*usable_size)(void *); /* NULL: it has none */
};

/** Which way is used. It changes from the header to the function when the rule proves wrong. */
#pragma GCC visibility push(hidden) /* found without a table of addresses */
extern _Atomic bool block_size_is_in_header;
extern size_t (*block_size_function)(void *);
#pragma GCC visibility pop

/**
 * Choose the way, before the first block is asked about. It allocates some blocks and frees them.
 *
 * @return false: the allocator cannot say how large a block is
 */
bool block_size_init(const struct block_size_allocator *allocator);

/** How many comparisons found the header's rule wrong: 0 or 1. */
uint64_t block_size_fault_count(void);

/** Compare the size that was read with what the function says, and change the way if they differ. */
void block_size_compare(const void *block, size_t usable);

/** Nobody asks for sizes: the header is not read. */
void block_size_end(void);

#define BLOCK_SIZE_FLAGS 7u
#define BLOCK_SIZE_IS_MAPPED 2u

/** The size of a block, if its header tells it; false: nothing was read but the word before it. */
static inline bool block_size_try(const void *block, size_t *usable)
{
    const size_t *at = block;

    __asm__("" : "+r"(at)); /* the compiler takes what is before a block for another object */
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
