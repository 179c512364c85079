/* SPDX-License-Identifier: MIT
 *
 * The clock of the objects: PerfTime and PerfFreq of PERF_OBJECT_TYPE, to which PERF_ELAPSED_TIME
 * refers. Its values are FILETIMEs, because some readers take the raw value for one, whatever
 * PerfFreq says. It advances with os_clock_ticks, so it never goes back. It is set once in each
 * process.
 */
#ifndef OBJECT_CLOCK_H
#define OBJECT_CLOCK_H

#include <stdint.h>

/** PerfFreq: ticks per second. */
#define OBJECT_CLOCK_FREQUENCY UINT64_C(10000000)

/**
 * The time, in 100 ns since 1601-01-01, at which os_clock_ticks was `ticks`; 0 for 0. Any thread
 * may call this.
 */
uint64_t object_clock_at(uint64_t ticks);

#endif /* OBJECT_CLOCK_H */
