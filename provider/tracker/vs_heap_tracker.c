/* SPDX-License-Identifier: MIT
 *
 * The five functions of VSCustomNativeHeapEtwProvider.h over those of heaptracker.h.
 */
#include "VSCustomNativeHeapEtwProvider.h"

#include "heaptracker.h"

VSHeapTrackerHandle VSHEAPTRACKER_CALL OpenHeapTracker(const char *pHeapName)
{
    return heap_tracker_open(pHeapName, NULL);
}

size_t VSHEAPTRACKER_CALL CloseHeapTracker(VSHeapTrackerHandle heapHandle)
{
    return heap_tracker_close(heapHandle);
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerAllocateEvent(VSHeapTrackerHandle heapHandle,
                                                     const void *pAddress, unsigned long size)
{
    return heap_tracker_allocate_from(heapHandle, pAddress, size, __builtin_return_address(0));
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerDeallocateEvent(VSHeapTrackerHandle heapHandle,
                                                       const void *pAddress)
{
    return heap_tracker_free_from(heapHandle, pAddress, __builtin_return_address(0));
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerReallocateEvent(VSHeapTrackerHandle heapHandle,
                                                       const void *pNewAddress, unsigned long size,
                                                       const void *pOldAddress)
{
    return heap_tracker_reallocate_from(heapHandle, pNewAddress, size, pOldAddress,
                                        __builtin_return_address(0));
}
