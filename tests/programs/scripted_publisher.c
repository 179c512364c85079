/* SPDX-License-Identifier: MIT
 *
 * A publisher that follows the commands in its input, so that a test knows every figure. There is
 * one command per line, and each is answered by its result. Heaps are numbered from 0 in the order
 * of opening.
 *
 *     open NAME                 open COUNT heaps: many COUNT NAME
 *     allocate HEAP ADDRESS SIZE
 *     free HEAP ADDRESS
 *     reallocate HEAP NEW SIZE OLD
 *     fail HEAP SIZE
 *     reserve HEAP RESERVED COMMITTED
 *     close HEAP
 *     churn HEAP COUNT          pairs of allocate and free of sizes 1 to 1000
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heaptracker.h"

enum { HEAP_LIMIT = 200000 };
static heap_tracker heaps[HEAP_LIMIT];
static size_t heap_count;

static uint32_t open_heap(const char *name)
{
    if (heap_count == HEAP_LIMIT)
        return 1;
    heaps[heap_count] = heap_tracker_open(name, NULL);
    return heaps[heap_count++] == HEAP_TRACKER_INVALID;
}

static void *address(unsigned long long number)
{
    return (void *)(uintptr_t)number;
}

static uint32_t churn(heap_tracker heap, unsigned long long count)
{
    uint32_t error = 0;

    for (unsigned long long i = 0; i < count && !error; i++) {
        void *block = address(0x10000 + 16 * (i % 4096));

        error = heap_tracker_allocate(heap, block, 1 + i % 1000);
        if (!error)
            error = heap_tracker_free(heap, block);
    }
    return error;
}

/* Parse the numbers after the command; the first is that of a heap. */
static uint32_t run(const char *line)
{
    unsigned long long a = 0, b = 0, c = 0, d = 0;
    char command[16] = "", name[1024] = "";
    heap_tracker heap;

    sscanf(line, "%15s", command);
    if (!strcmp(command, "open"))
        return open_heap(strlen(line) > 5 ? line + 5 : "");
    if (!strcmp(command, "many") && sscanf(line, "many %llu %1023s", &a, name) == 2) {
        uint32_t error = 0;

        while (a-- > 0 && !error)
            error = open_heap(name);
        return error;
    }
    sscanf(line, "%*s %llu %llu %llu %llu", &a, &b, &c, &d);
    heap = a < heap_count ? heaps[a] : HEAP_TRACKER_INVALID;
    if (!strcmp(command, "allocate"))
        return heap_tracker_allocate(heap, address(b), (size_t)c);
    if (!strcmp(command, "free"))
        return heap_tracker_free(heap, address(b));
    if (!strcmp(command, "reallocate"))
        return heap_tracker_reallocate(heap, address(b), (size_t)c, address(d));
    if (!strcmp(command, "fail"))
        return heap_tracker_allocation_failed(heap, (size_t)b);
    if (!strcmp(command, "reserve"))
        return heap_tracker_set_reserved(heap, b, c);
    if (!strcmp(command, "close"))
        return heap_tracker_close(heap);
    if (!strcmp(command, "churn"))
        return churn(heap, b);
    return 87;
}

int main(void)
{
    char line[2048];

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        printf("%u\n", (unsigned)run(line));
        fflush(stdout);
    }
    return 0;
}
