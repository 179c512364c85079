/* SPDX-License-Identifier: MIT
 *
 * heapctrs as a V2 provider in a library of its own. The program that loads it starts and stops it.
 * The V1 provider is inside; PERFLIB is the program's or the system's. PERFLIB's memory is the
 * tracked heap "perflib" of the process.
 */
#include "heapctrs_v2.h"
#include "heaptracker.h"

PM_OPEN_PROC OpenHeapPerformanceData;
PM_COLLECT_PROC CollectHeapPerformanceData;
PM_CLOSE_PROC CloseHeapPerformanceData;

DWORD APIENTRY StartHeapCounters(void);
DWORD APIENTRY StopHeapCounters(void);

static heap_tracker perflib_heap;

__attribute__((visibility("default"))) DWORD APIENTRY StartHeapCounters(void)
{
    DWORD error = OpenHeapPerformanceData(NULL);
    if (error)
        return error;

    perflib_heap = heap_tracker_open("perflib", NULL);
    error = heapctrs_v2_open(CollectHeapPerformanceData, perflib_heap);
    if (error) {
        heap_tracker_close(perflib_heap);
        CloseHeapPerformanceData();
    }
    return error;
}

__attribute__((visibility("default"))) DWORD APIENTRY StopHeapCounters(void)
{
    heapctrs_v2_close();
    heap_tracker_close(perflib_heap);
    return CloseHeapPerformanceData();
}
