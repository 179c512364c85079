/* SPDX-License-Identifier: MIT
 *
 * Allocations that fail when the test says so, and a count of blocks. A new block is full of 0xA5. The test is
 * linked with --wrap of malloc, calloc, realloc and free: see the Makefile.
 */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static unsigned failing_memory_countdown; /* requests until one fails; 0: none fails */
static long failing_memory_blocks;        /* that live */

static bool failing_memory_fails(void)
{
    return failing_memory_countdown && --failing_memory_countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    void *block = failing_memory_fails() ? NULL : __real_malloc(size);

    if (block)
        memset(block, 0xA5, size);
    failing_memory_blocks += block != NULL;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = failing_memory_fails() ? NULL : __real_calloc(count, size);

    failing_memory_blocks += block != NULL;
    return block;
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved = failing_memory_fails() ? NULL : __real_realloc(block, size);

    if (!block && moved)
        memset(moved, 0xA5, size);
    failing_memory_blocks += !block && moved;
    return moved;
}

void __wrap_free(void *block)
{
    failing_memory_blocks -= block != NULL;
    __real_free(block);
}

#endif /* FAILING_MEMORY_H */
