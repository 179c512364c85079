/* SPDX-License-Identifier: MIT
 *
 * heapctrs as a V2 provider: a process that calls this publishes, through PERFLIB V2, what the V1
 * provider's Collect answers, value for value. PERFLIB's memory for it comes from a tracked heap
 * (AllocateMemory, FreeMemory), and so do the values: they show up as an instance of the very
 * object that is published.
 *
 * The code of the provider itself is generated from registry/heapctrs.man by perfharness ctrpp. One
 * of these in a process; refreshing happens when a consumer collects (PERF_COLLECT_START), on
 * PERFLIB's thread, and by heapctrs_v2_refresh on any thread. Costly objects are asked only while a
 * consumer has counters of them.
 */
#ifndef HEAPCTRS_V2_H
#define HEAPCTRS_V2_H

#include "heaptracker.h"
#include "winperf.h"

/**
 * Start the provider and publish a first time.
 *
 * @param collect  CollectHeapPerformanceData, opened by the caller, who closes it behind
 *                 heapctrs_v2_close
 * @param heap     where all memory of PERFLIB and of the values is accounted; NULL or invalid: it
 * is not
 * @return ERROR_SUCCESS; ERROR_BUSY when it is open already; ERROR_NOT_ENOUGH_MEMORY; another error
 *         of PerfStartProviderEx or PerfSetCounterSetInfo
 */
DWORD heapctrs_v2_open(PM_COLLECT_PROC *collect, heap_tracker heap);

/**
 * Ask Collect and bring instances and values up to date.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: some instances are missing until the next time;
 *         ERROR_INVALID_DATA: Collect answered what is no answer of heapctrs; ERROR_NOT_READY when
 *         it is not open
 */
DWORD heapctrs_v2_refresh(void);

/** Delete all instances, stop the provider, give all memory back. */
void heapctrs_v2_close(void);

#endif /* HEAPCTRS_V2_H */
