/* SPDX-License-Identifier: MIT
 *
 * heapctrs as a V2 provider. A process that calls this publishes the answers of the V1 provider's
 * Collect through PERFLIB V2, value for value. PERFLIB's memory for it (AllocateMemory, FreeMemory)
 * and the values come from a tracked heap, which is an instance of the published object itself.
 *
 * perfharness ctrpp generates the provider's code from registry/heapctrs.man. A process has one
 * such provider. The values are refreshed when a consumer collects (PERF_COLLECT_START), on
 * PERFLIB's thread, and by heapctrs_v2_refresh on any thread. Costly objects are collected only
 * while a consumer has added counters of them.
 */
#ifndef HEAPCTRS_V2_H
#define HEAPCTRS_V2_H

#include "heaptracker.h"
#include "winperf.h"

/**
 * Start the provider and publish the first values.
 *
 * @param collect  CollectHeapPerformanceData. The caller has opened it, and closes it after
 *                 heapctrs_v2_close
 * @param heap     counts all memory of PERFLIB and of the values; NULL or invalid: not counted
 * @return ERROR_SUCCESS; ERROR_BUSY: it is already open; ERROR_NOT_ENOUGH_MEMORY; another error of
 *         PerfStartProviderEx or PerfSetCounterSetInfo
 */
DWORD heapctrs_v2_open(PM_COLLECT_PROC *collect, heap_tracker heap);

/**
 * Call Collect and update instances and values.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: some instances are missing until the next
 *         refresh; ERROR_INVALID_DATA: the answer is not heapctrs'; ERROR_NOT_READY: it is not open
 */
DWORD heapctrs_v2_refresh(void);

/** Delete all instances, stop the provider, and free all memory. */
void heapctrs_v2_close(void);

#endif /* HEAPCTRS_V2_H */
