/* rule: v2-memory-size; every block has 128 bytes, whatever size was requested */
#include <stddef.h>

static _Alignas(16) unsigned char arena[1 << 20];
static size_t arena_used;

static void *take(size_t size)
{
    void *block = arena + arena_used;

    (void)size;
    arena_used = (arena_used + 128) % (sizeof(arena) - 65536);
    return block;
}

#define ALLOCATE(size) take(size)
#define FREE(block) (void)(block)
#include "frame/provider.h"
