/* SPDX-License-Identifier: MIT
 *
 * A program whose leaks are known: at the end 5 blocks of small(), 3 of large(), 2 of resized() and
 * one of 256 MiB are in use. It does not print through stdio, whose buffers would be leaks, too.
 * With an argument, it also reports to a heap of its own, causes faults there, prints "ready" and
 * waits for the end of its stdin.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heaptracker.h"

#define NOINLINE __attribute__((noinline))

static void *volatile kept[64];
static unsigned kept_count;

NOINLINE static void small(void)
{
    kept[kept_count++] = malloc(100);
    __asm__ volatile("");
}

NOINLINE static void large(void)
{
    kept[kept_count++] = malloc(70000);
    __asm__ volatile("");
}

NOINLINE static void resized(void)
{
    kept[kept_count++] = realloc(malloc(10), 3000);
    __asm__ volatile("");
}

NOINLINE static void huge(void)
{
    kept[kept_count++] = malloc((size_t)256 << 20);
    __asm__ volatile("");
}

NOINLINE static void freed(void)
{
    void *volatile block = calloc(7, 1000);
    free(block);
    __asm__ volatile("");
}

/* Not static: a linker's map has only names that other objects can see. */
void pool_take(heap_tracker heap, uintptr_t address);
void pool_give(heap_tracker heap, uintptr_t address);

NOINLINE void pool_take(heap_tracker heap, uintptr_t address)
{
    heap_tracker_allocate(heap, (void *)address, 1000);
    __asm__ volatile("");
}

NOINLINE void pool_give(heap_tracker heap, uintptr_t address)
{
    heap_tracker_free(heap, (void *)address);
    __asm__ volatile("");
}

NOINLINE static void pool_give_again(heap_tracker heap, uintptr_t address)
{
    heap_tracker_free(heap, (void *)address);
    __asm__ volatile("# again"); /* otherwise the compiler merges the two functions */
}

NOINLINE static void pool_give_wrong(heap_tracker heap, uintptr_t address)
{
    heap_tracker_free_sized(heap, (void *)address, 1);
    __asm__ volatile("");
}

int main(int argc, char **argv)
{
    char byte;

    (void)argv;
    for (int i = 0; i < 5; i++)
        small();
    for (int i = 0; i < 3; i++)
        large();
    for (int i = 0; i < 2; i++)
        resized();
    huge();
    freed();
    if (argc == 1)
        return 0;

    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };
    heap_tracker heap = heap_tracker_open("pool", &options);
    for (uintptr_t i = 1; i <= 20; i++)
        pool_take(heap, i << 12);
    pool_give(heap, 1 << 12);
    pool_give_again(heap, 1 << 12);
    pool_give_again(heap, 1 << 12);
    pool_give(heap, 77777);
    pool_give_wrong(heap, 2 << 12);
    pool_take(heap, 3 << 12);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 1;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        for (uintptr_t i = 100; i < 110; i++)
            pool_take(heap, i << 12 | (uintptr_t)(unsigned char)byte << 24);
    return 0;
}
