/* rule: v2-memory-overlap; the heap forgets which blocks are in use */
#include <stddef.h>

static _Alignas(16) unsigned char arena[65536];
static size_t arena_used;

static void *take(size_t size)
{
    void *block = arena + arena_used;

    arena_used = (arena_used + ((size + 15) & ~(size_t)15)) % 2048;
    return block;
}

#define ALLOCATE(size) take(size)
#define FREE(block) (void)(block)
#include "frame/provider.h"
