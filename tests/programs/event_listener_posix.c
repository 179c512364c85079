/* SPDX-License-Identifier: MIT
 *
 * A program that acts as heaptrack towards the tracker, and causes one event of each kind. It
 * prints the calls that it receives. A debugger can stop at the same events' probes.
 */
#include <stdint.h>
#include <stdio.h>

#include "heaptracker.h"

void heaptrack_report_alloc(void *pointer, size_t size);
void heaptrack_report_realloc(void *old, size_t size, void *pointer);
void heaptrack_report_free(void *pointer);

void heaptrack_report_alloc(void *pointer, size_t size)
{
    printf("alloc %p %zu\n", pointer, size);
}

void heaptrack_report_realloc(void *old, size_t size, void *pointer)
{
    printf("realloc %p %zu %p\n", old, size, pointer);
}

void heaptrack_report_free(void *pointer)
{
    printf("free %p\n", pointer);
}

int main(void)
{
    struct heap_tracker_options malloc_like = { .size = sizeof(malloc_like),
                                                .flags = HEAP_TRACKER_IS_MALLOC };
    heap_tracker heap = heap_tracker_open("pool", NULL);
    heap_tracker other = heap_tracker_open("other", &malloc_like);

    heap_tracker_allocate(heap, (void *)(uintptr_t)0x1000, (size_t)5 << 30);
    heap_tracker_reallocate(heap, (void *)(uintptr_t)0x3000, 200, (void *)(uintptr_t)0x1000);
    heap_tracker_free(heap, (void *)(uintptr_t)0x3000);
    heap_tracker_allocate(other, (void *)(uintptr_t)0x5000, 1);
    heap_tracker_close(other);
    heap_tracker_close(heap);
    return 0;
}
