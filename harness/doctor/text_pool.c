/* SPDX-License-Identifier: MIT
 *
 * Blocks of memory in a list, see text_pool.h.
 */
#include "text_pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define BLOCK_SIZE 16384u /* bytes; chosen */
#define ALIGNMENT _Alignof(max_align_t)

struct text_pool_block {
    struct text_pool_block *next;
    size_t used, capacity;
    max_align_t data[];
};

void *text_pool_allocate(struct text_pool *pool, size_t size)
{
    struct text_pool_block *block = pool->blocks;

    if (size > SIZE_MAX / 2) {
        pool->is_lost = true;
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!block || block->capacity - block->used < rounded) {
        size_t capacity = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        block = calloc(1, sizeof(*block) + capacity);
        if (!block) {
            pool->is_lost = true;
            return NULL;
        }
        block->capacity = capacity;
        block->next = pool->blocks;
        pool->blocks = block;
    }
    void *result = (char *)block->data + block->used;
    block->used += rounded;
    return result;
}

const char *text_pool_add(struct text_pool *pool, const char *text, size_t size)
{
    char *copy = text_pool_allocate(pool, size + 1);

    if (!copy)
        return "";
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

const char *text_pool_format(struct text_pool *pool, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return text_pool_add(pool, text, strlen(text));
}

const char *text_pool_replace(struct text_pool *pool, const char *text, const char *what,
                              const char *with)
{
    struct output output = { 0 };
    const char *at = text;

    for (const char *found = strstr(at, what); found; found = strstr(at, what)) {
        output_add(&output, at, (size_t)(found - at));
        output_add_text(&output, with);
        at = found + strlen(what);
    }
    output_add_text(&output, at);
    pool->is_lost = pool->is_lost || output.is_lost;
    const char *result = text_pool_add(pool, output.data ? output.data : "", output.size);
    output_release(&output);
    return result;
}

void text_pool_release(struct text_pool *pool)
{
    for (struct text_pool_block *block = pool->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    memset(pool, 0, sizeof(*pool));
}
