/* SPDX-License-Identifier: MIT
 *
 * A publisher that does what it is told: one command a line on its input, one line of answer each.
 * Heaps are numbered from 0 in order of opening; blocks of a heap have made-up addresses.
 *
 *     open NAME                  "handle N" (NAME may hold blanks, and may be missing)
 *     opens COUNT NAME           opens COUNT heaps of that name
 *     close HEAP                 the result
 *     allocate HEAP COUNT SIZE   the results' sum
 *     free HEAP COUNT            the oldest live blocks
 *     reallocate HEAP SIZE       the oldest live block, moved
 *     reserve HEAP BYTES BYTES   reserved and committed
 *     fail HEAP                  a failed allocation
 *     discard HEAP
 *     read HEAP                  "allocations A frees F in-use B ..."
 *     churn HEAP                 endless allocations and frees of 64 bytes; answers first
 *     quit                       leaves through exit; so does the end of the input
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heaptracker.h"

#define HEAPS 200000
#define LINE 8192

static struct heap {
    heap_tracker handle;
    uintptr_t first, next; /* live blocks are [first, next), 4096 bytes apart */
} heaps[HEAPS];
static size_t heap_count;

static const void *block_at(uintptr_t number)
{
    return (const void *)(0x100000 + number % 0x40000 * 4096);
}

static struct heap *heap_at(const char *text)
{
    size_t index = strtoul(text, NULL, 10);

    if (index < heap_count)
        return &heaps[index];
    fprintf(stderr, "publisher: no heap %s\n", text);
    exit(2);
}

static void command_open(char *arguments)
{
    heaps[heap_count].handle = heap_tracker_open(arguments, NULL);
    printf("handle %zu%s\n", heap_count,
           heaps[heap_count].handle == HEAP_TRACKER_INVALID ? " invalid" : "");
    heap_count++;
}

static void command_opens(char *arguments)
{
    unsigned long count = strtoul(arguments, &arguments, 10);
    unsigned long invalid = 0;

    while (*arguments == ' ')
        arguments++;
    for (unsigned long i = 0; i < count && heap_count < HEAPS; i++) {
        heaps[heap_count].handle = heap_tracker_open(arguments, NULL);
        invalid += heaps[heap_count++].handle == HEAP_TRACKER_INVALID;
    }
    printf("opened %lu invalid %lu\n", count, invalid);
}

static void command_close(char *arguments)
{
    printf("%u\n", (unsigned)heap_tracker_close(heap_at(arguments)->handle));
}

static void command_allocate(char *arguments)
{
    struct heap *heap = heap_at(arguments);
    unsigned long heap_index, count, size;
    unsigned sum = 0;

    if (sscanf(arguments, "%lu %lu %lu", &heap_index, &count, &size) != 3)
        exit(2);
    for (unsigned long i = 0; i < count; i++)
        sum += heap_tracker_allocate(heap->handle, block_at(heap->next++), size);
    printf("%u\n", sum);
}

static void command_free(char *arguments)
{
    struct heap *heap = heap_at(arguments);
    unsigned long heap_index, count;
    unsigned sum = 0;

    if (sscanf(arguments, "%lu %lu", &heap_index, &count) != 2)
        exit(2);
    for (unsigned long i = 0; i < count; i++)
        sum += heap_tracker_free(heap->handle, block_at(heap->first++));
    printf("%u\n", sum);
}

static void command_reallocate(char *arguments)
{
    struct heap *heap = heap_at(arguments);
    unsigned long heap_index, size;

    if (sscanf(arguments, "%lu %lu", &heap_index, &size) != 2)
        exit(2);
    printf("%u\n", (unsigned)heap_tracker_reallocate(heap->handle, block_at(heap->next), size,
                                                     block_at(heap->first)));
    heap->first++;
    heap->next++;
}

static void command_reserve(char *arguments)
{
    struct heap *heap = heap_at(arguments);
    unsigned long heap_index, reserved, committed;

    if (sscanf(arguments, "%lu %lu %lu", &heap_index, &reserved, &committed) != 3)
        exit(2);
    printf("%u\n", (unsigned)heap_tracker_set_reserved(heap->handle, reserved, committed));
}

static void command_fail(char *arguments)
{
    printf("%u\n", (unsigned)heap_tracker_allocation_failed(heap_at(arguments)->handle, 100));
}

static void command_discard(char *arguments)
{
    struct heap *heap = heap_at(arguments);

    heap->first = heap->next;
    printf("%u\n", (unsigned)heap_tracker_discard_all(heap->handle));
}

static void command_read(char *arguments)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    unsigned result = heap_tracker_read(heap_at(arguments)->handle, &now);

    printf("%u allocations %llu frees %llu in-use %llu peak %llu unmatched %llu lost %llu "
           "published %llu\n",
           result, (unsigned long long)now.allocation_count, (unsigned long long)now.free_count,
           (unsigned long long)(now.allocated_bytes - now.freed_bytes),
           (unsigned long long)now.peak_bytes, (unsigned long long)now.unmatched_count,
           (unsigned long long)now.lost_count, (unsigned long long)now.is_published);
}

static void command_churn(char *arguments)
{
    struct heap *heap = heap_at(arguments);

    puts("churning");
    fflush(stdout);
    for (uintptr_t i = 0;; i++) {
        heap_tracker_allocate(heap->handle, block_at(i), 64);
        if (i >= 1000)
            heap_tracker_free(heap->handle, block_at(i - 1000));
    }
}

static void command_quit(char *arguments)
{
    (void)arguments;
    exit(0);
}

static const struct {
    const char *name;
    void (*act)(char *arguments);
} commands[] = {
    { "open", command_open },       { "opens", command_opens },
    { "close", command_close },     { "allocate", command_allocate },
    { "free", command_free },       { "reallocate", command_reallocate },
    { "reserve", command_reserve }, { "fail", command_fail },
    { "discard", command_discard }, { "read", command_read },
    { "churn", command_churn },     { "quit", command_quit },
};

int main(void)
{
    char line[LINE];

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        char *arguments = line + strcspn(line, " ");
        if (*arguments)
            *arguments++ = 0;
        size_t i = 0;
        while (i < sizeof(commands) / sizeof(commands[0]) && strcmp(commands[i].name, line) != 0)
            i++;
        if (i == sizeof(commands) / sizeof(commands[0])) {
            fprintf(stderr, "publisher: no command %s\n", line);
            return 2;
        }
        commands[i].act(arguments);
        fflush(stdout);
    }
    return 0;
}
