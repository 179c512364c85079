/* SPDX-License-Identifier: MIT
 *
 * The emulation of PERFLIB V2. It implements perflib.h (on Windows under names of its own), and
 * offers what only an emulation can: providers can be watched, and allocations can be made to fail.
 *
 * Providers and consumers are those of this process. Where the documentation is silent, the
 * emulation is strict:
 *   - two instances of a set are the same if their names (ignoring the case of ASCII letters) and
 *     their numbers are equal: ERROR_ALREADY_EXISTS. A single-instance set has at most one
 *     instance: ERROR_INVALID_PARAMETER
 *   - a name has at most PERF_MAX_INSTANCE_NAME - 1 characters. In a set with instances it has at
 *     least one: ERROR_INVALID_PARAMETER
 *   - a template needs 1 to 64,000 counters with different identifiers and a documented instance
 *     type: ERROR_INVALID_PARAMETER
 *   - an unknown handle is ERROR_INVALID_HANDLE. An unknown instance, set or counter is
 *     ERROR_NOT_FOUND. An unknown pointer is never dereferenced
 *   - a counter is set with the function of another width, or by value although it is by reference:
 *     ERROR_INVALID_PARAMETER
 *   - one memory routine is given without the other, or ContextSize is less than the structure's
 *     size: ERROR_INVALID_PARAMETER
 *
 * Memory: the provider, its sets and its instances are blocks of the provider's AllocateMemory. A
 * call that gets no memory returns ERROR_NOT_ENOUGH_MEMORY and changes nothing. The routines and
 * the control callback are called without any lock, so they may call PERFLIB. Only PerfStopProvider
 * may not be called for the provider that they belong to (ERROR_BUSY). PerfStopProvider waits until
 * the calls of other threads have returned.
 */
#ifndef PERFLIB_EMULATION_H
#define PERFLIB_EMULATION_H

#ifndef PERFLIB_EMULATED
#define PERFLIB_EMULATED
#endif

#include <stdint.h>

#include "perflib.h"
#include "winperf.h"
#include "wintypes.h"

struct findings;

/** How all providers that start from now on are watched. */
struct perflib_watch {
    struct findings *findings;   /* receives breaches; must exist as long as the providers. NULL:
                                    breaches are not reported */
    uint64_t failing_allocation; /* number of the allocation that fails, from 1, counted over all
                                    providers from now on; 0: all succeed */
};

/** Watch providers that start from now on. NULL ends it. Used by one thread at a time. */
void perflib_state_watch(const struct perflib_watch *watch);

/** Allocations that PERFLIB has requested from all providers since perflib_state_watch. */
uint64_t perflib_state_watched_allocations(void);

/**
 * Calls of PerfStartProvider, PerfStartProviderEx and PerfSetCounterSetInfo since perflib_state_watch
 * that returned an error.
 */
uint64_t perflib_state_watched_refusals(void);

/**
 * Remove all providers without calling their routines, because the library that they belong to has
 * been unloaded.
 *
 * @return the number of removed providers
 */
size_t perflib_state_forget_providers(void);

#endif /* PERFLIB_EMULATION_H */
