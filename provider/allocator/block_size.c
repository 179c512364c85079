/* SPDX-License-Identifier: MIT
 *
 * The choice between the two ways of block_size.h.
 */
#include "block_size.h"

#include "library_of.h"

_Atomic bool block_size_is_in_header;
size_t (*block_size_function)(void *);
static _Atomic uint64_t faults;

/* Whether the rule holds for one block. The block must not be large: freeing a mapped one
   changes the size from which glibc maps blocks. */
static bool is_right_for(const struct block_size_allocator *allocator, size_t alignment,
                         size_t size)
{
    void *block = alignment ? allocator->memalign(alignment, size) : allocator->malloc(size);
    size_t read;

    if (!block)
        return false;
    bool is_right =
        block_size_try(block, &read) && read >= size && read == allocator->usable_size(block);
    allocator->free(block);
    return is_right;
}

/* Check a size of each kind of chunk that glibc has, and its neighbours: the smallest, those of fast bins, of
   the thread's cache, of small and of large bins, and aligned blocks, which are cut from larger chunks. Only
   some, because each one is memory that the process touches. Every sampled block is compared as well. */
static bool is_right(const struct block_size_allocator *allocator)
{
    static const size_t sizes[] = { 0, 24, 25, 40, 120, 136, 1032, 1033, 1048, 4000 };
    static const size_t alignments[] = { 64, 4096 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (!is_right_for(allocator, 0, sizes[i]))
            return false;
    for (size_t i = 0; i < sizeof(alignments) / sizeof(*alignments); i++)
        if (!is_right_for(allocator, alignments[i], 333))
            return false;
    return true;
}

bool block_size_init(const struct block_size_allocator *allocator)
{
    block_size_function = allocator->usable_size;
    if (!allocator->usable_size)
        return false;
    /* tcmalloc allocates when it is asked for the first time. It is asked here, before anything is counted:
       later the size of that block would be asked for in turn, without end. */
    void *block = allocator->malloc(1);
    if (block)
        allocator->usable_size(block);
    allocator->free(block);
    atomic_store(
        &block_size_is_in_header,
        sizeof(size_t) == 8 &&
            library_of_is_glibc((uintptr_t)allocator->malloc, (uintptr_t)allocator->usable_size) &&
            is_right(allocator));
    return true;
}

void block_size_end(void)
{
    atomic_store(&block_size_is_in_header, false);
}

uint64_t block_size_fault_count(void)
{
    return atomic_load_explicit(&faults, memory_order_relaxed);
}

void block_size_compare(const void *block, size_t usable)
{
    if (!atomic_load_explicit(&block_size_is_in_header, memory_order_relaxed) ||
        block_size_function((void *)(uintptr_t)block) == usable)
        return;
    atomic_store_explicit(&block_size_is_in_header, false, memory_order_relaxed);
    atomic_fetch_add_explicit(&faults, 1, memory_order_relaxed);
}
