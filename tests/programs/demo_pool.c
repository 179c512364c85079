/* SPDX-License-Identifier: MIT
 *
 * A program with an allocator of its own, as applications have them: particles that live for some
 * time, in blocks of one size cut from chunks. It reports its heap through the custom-heap tracking
 * API and works until it is stopped, or for as many frames as its argument says.
 */
#include <stdio.h>
#include <stdlib.h>

#include "VSCustomNativeHeapEtwProvider.h"

enum { CHUNK_BLOCKS = 1024, LIVE_PARTICLES = 20000 };

struct particle {
    struct particle *next; /* in the free list */
    double place[3], speed[3];
    unsigned frames_left;
};

static VSHeapTrackerHandle heap;
static struct particle *free_list;

static struct particle *pool_allocate(void)
{
    if (!free_list) {
        struct particle *chunk = calloc(CHUNK_BLOCKS, sizeof(*chunk));
        if (!chunk) {
            VSHeapTrackerAllocateEvent(heap, NULL, sizeof(*chunk)); /* counted as a failure */
            return NULL;
        }
        for (size_t i = 0; i < CHUNK_BLOCKS; i++) {
            chunk[i].next = free_list;
            free_list = &chunk[i];
        }
    }
    struct particle *block = free_list;
    free_list = block->next;
    VSHeapTrackerAllocateEvent(heap, block, sizeof(*block));
    return block;
}

static void pool_free(struct particle *block)
{
    VSHeapTrackerDeallocateEvent(heap, block); /* before another thread can get the block */
    block->next = free_list;
    free_list = block;
}

/* Do one step of the particle at this place: it moves, dies, or is born. */
static struct particle *step(struct particle *particle)
{
    if (!particle) {
        if (rand() % 8)
            return NULL;
        particle = pool_allocate();
        if (particle)
            particle->frames_left = (unsigned)(rand() % 100);
        return particle;
    }
    if (particle->frames_left-- == 0) {
        pool_free(particle);
        return NULL;
    }
    for (size_t i = 0; i < 3; i++)
        particle->place[i] += particle->speed[i];
    return particle;
}

int main(int argc, char **argv)
{
    static struct particle *particles[LIVE_PARTICLES];
    const long frames = argc > 1 ? atol(argv[1]) : -1;

    heap = OpenHeapTracker("particles");
    printf("ready\n");
    fflush(stdout);
    for (long frame = 0; frame != frames; frame++)
        for (size_t i = 0; i < LIVE_PARTICLES; i++)
            particles[i] = step(particles[i]);
    CloseHeapTracker(heap);
    return 0;
}
