/* SPDX-License-Identifier: MIT
 *
 * heapctrs-vsheap.dll: Visual Studio's own custom-heap library under other names, so that a program
 * can contain it beside this project's library, which has the same names. The tracker passes its
 * events on if the program has loaded this DLL: see events.h, and README.md here for how to build
 * it.
 *
 * It is compiled with either VSCustomNativeHeapEtwProvider.h, because they are source-compatible,
 * and linked with Visual Studio's VSCustomNativeHeapEtwProvider.lib. It contains nothing else of
 * this project.
 */
#include <stddef.h>

#include "VSCustomNativeHeapEtwProvider.h"

void *heapctrs_vs_open(const char *name);
void heapctrs_vs_close(void *heap);
void heapctrs_vs_allocate(void *heap, const void *address, unsigned long size);
void heapctrs_vs_free(void *heap, const void *address);
void heapctrs_vs_reallocate(void *heap, const void *new_address, unsigned long size,
                            const void *old_address);

void *heapctrs_vs_open(const char *name)
{
    VSHeapTrackerHandle heap = OpenHeapTracker(name);

    return heap == INVALID_VSHEAPTRACK_HANDLE_VALUE ? NULL : heap;
}

void heapctrs_vs_close(void *heap)
{
    CloseHeapTracker(heap);
}

/* The results of these functions do not concern our heap, so they are dropped. */
void heapctrs_vs_allocate(void *heap, const void *address, unsigned long size)
{
    VSHeapTrackerAllocateEvent(heap, address, size);
}

void heapctrs_vs_free(void *heap, const void *address)
{
    VSHeapTrackerDeallocateEvent(heap, address);
}

void heapctrs_vs_reallocate(void *heap, const void *new_address, unsigned long size,
                            const void *old_address)
{
    VSHeapTrackerReallocateEvent(heap, new_address, size, old_address);
}
