/* SPDX-License-Identifier: MIT
 *
 * heapctrs-vsheap.dll: Visual Studio's own custom-heap library under other names, so that it can be
 * in a program beside ours, which has the same ones. The tracker hands its events on when the
 * program has loaded this DLL: see events.h, and README.md here for how to build it.
 *
 * It is compiled with either VSCustomNativeHeapEtwProvider.h, for they are source-compatible, and
 * linked with Visual Studio's VSCustomNativeHeapEtwProvider.lib. Nothing else of ours is in it.
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

/* What these answer says nothing about our heap: it is dropped. */
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
