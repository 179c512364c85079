/* SPDX-License-Identifier: MIT
 *
 * Replaces VSCustomNativeHeapEtwProvider.lib, which is Microsoft's and not available: the five
 * functions of its header, which log their calls. stand_in_log returns the log.
 */
#include <stdint.h>
#include <stdio.h>

#include "VSCustomNativeHeapEtwProvider.h"

static char lines[4096];
static int used;

__declspec(dllexport) const char *stand_in_log(void);

const char *stand_in_log(void)
{
    return lines;
}

#define SAY(...) (used += snprintf(lines + used, sizeof(lines) - (size_t)used, __VA_ARGS__))

static unsigned long long number(const void *pointer)
{
    return (uintptr_t)pointer;
}

VSHeapTrackerHandle VSHEAPTRACKER_CALL OpenHeapTracker(const char *pHeapName)
{
    static uintptr_t count;

    if (pHeapName[0] == '!')
        return INVALID_VSHEAPTRACK_HANDLE_VALUE;
    SAY("open %s\n", pHeapName);
    return (VSHeapTrackerHandle)(0x100 * ++count);
}

size_t VSHEAPTRACKER_CALL CloseHeapTracker(VSHeapTrackerHandle heapHandle)
{
    SAY("close %llx\n", number(heapHandle));
    return 0;
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerAllocateEvent(VSHeapTrackerHandle heapHandle,
                                                     const void *pAddress, unsigned long size)
{
    SAY("allocate %llx %llx %lu\n", number(heapHandle), number(pAddress), size);
    return 1; /* the value of a failure, for which this has no cause */
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerDeallocateEvent(VSHeapTrackerHandle heapHandle,
                                                       const void *pAddress)
{
    SAY("free %llx %llx\n", number(heapHandle), number(pAddress));
    return 1;
}

size_t VSHEAPTRACKER_CALL VSHeapTrackerReallocateEvent(VSHeapTrackerHandle heapHandle,
                                                       const void *pNewAddress, unsigned long size,
                                                       const void *pOldAddress)
{
    SAY("reallocate %llx %llx %lu %llx\n", number(heapHandle), number(pNewAddress), size,
        number(pOldAddress));
    return 1;
}
