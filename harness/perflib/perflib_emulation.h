/* SPDX-License-Identifier: MIT
 *
 * The emulation of PERFLIB V2: perflib.h with the emulation's functions behind it (on Windows under
 * names of their own), and what only an emulation has: it can be watched, and allocations can be
 * made to fail.
 *
 * Providers and consumers are those of this process. Where the documentation is silent the
 * emulation is strict:
 *   - two instances of a set are the same when name (ASCII letters of both cases being equal) and
 *     number are: ERROR_ALREADY_EXISTS; a single-instance set has room for one:
 *     ERROR_INVALID_PARAMETER
 *   - a name has at most PERF_MAX_INSTANCE_NAME - 1 characters, and in a set with instances at
 *     least one: ERROR_INVALID_PARAMETER
 *   - a template needs 1 to 64,000 counters with different identifiers and a documented instance
 *     type: ERROR_INVALID_PARAMETER
 *   - an unknown handle is ERROR_INVALID_HANDLE, an unknown instance, set or counter is
 *     ERROR_NOT_FOUND; nothing unknown is ever followed
 *   - a counter set through the function of another width, or by value although it is by reference:
 *     ERROR_INVALID_PARAMETER
 *   - one memory routine without the other, a ContextSize below the structure's:
 *     ERROR_INVALID_PARAMETER
 *
 * Memory: the provider, its sets and its instances are blocks of the provider's AllocateMemory. A
 * call that gets none returns ERROR_NOT_ENOUGH_MEMORY and changes nothing. The routines and the
 * control callback are called without any lock held: they may call PERFLIB themselves, except
 * PerfStopProvider for the provider that they belong to (ERROR_BUSY). PerfStopProvider waits for
 * calls that other threads are making.
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
    struct findings *findings;   /* receives breaches; must outlive the providers. NULL: none */
    uint64_t failing_allocation; /* counted over all providers from now on: this one fails, 1 is the
                                    first; 0: none does */
};

/** Watch providers; NULL ends it for those that start later. One thread at a time. */
void perflib_watch(const struct perflib_watch *watch);

/** Allocations that PERFLIB has asked of all providers since perflib_watch. */
uint64_t perflib_watched_allocations(void);

/** Calls of PerfStartProvider, PerfStartProviderEx and PerfSetCounterSetInfo, since then, that
    returned an error. */
uint64_t perflib_watched_refusals(void);

/**
 * Forget all providers without calling anything of theirs: the library that they belong to has been
 * unloaded.
 *
 * @return how many there were
 */
size_t perflib_forget_providers(void);

#endif /* PERFLIB_EMULATION_H */
