/* rule: v2-memory-free-writes; the free routine marks a block as free in the bytes after it */
#include <stddef.h>
#include <string.h>

struct block_head {
    size_t size, unused;
};

static _Alignas(16) unsigned char arena[1 << 20];
static size_t arena_used;

static void *take(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof(arena) / 2)
        return NULL;
    if (size > sizeof(arena) - sizeof(struct block_head) - arena_used)
        arena_used = 0; /* the block there was freed long ago */

    struct block_head *head = (struct block_head *)(arena + arena_used);
    head->size = size;
    arena_used += sizeof(*head) + size;
    return head + 1;
}

static void put(void *block)
{
    const struct block_head *head = (struct block_head *)block - 1;

    if ((size_t)((unsigned char *)block - arena) + head->size + 64 <= arena_used)
        memset((unsigned char *)block + head->size + sizeof(*head), 0xFB, 32);
}

#define ALLOCATE(size) take(size)
#define FREE(block) put(block)
#include "frame/provider.h"
