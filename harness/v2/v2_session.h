/* SPDX-License-Identifier: MIT
 *
 * A V2 provider's library in the place of a V1 provider: its countersets reach the V1 query through
 * the emulation of PERFLIB and the V1 bridge, and what it does to PERFLIB is watched.
 *
 *     v2_session_begin(&start);                       before the library is loaded
 *     v2_redirect_imports();                        behind that: its calls lead to the emulation
 *     v2_session_open(), v2_session_collect(), v2_session_close()
 *     v2_session_end();                               behind unloading it
 *
 * The library is linked against advapi32 on Windows (its imports are redirected) and natively
 * against nothing (this program exports PERFLIB). One session in a process.
 */
#ifndef V2_SESSION_H
#define V2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** What starts or stops a V2 provider: ctrpp's CounterInitialize, PerfAutoCleanup, ...; what stops
    one may return nothing. */
typedef ULONG(WINAPI v2_procedure)(void);

/**
 * Begin to watch.
 *
 * @param manifest     path; NULL: none, so that names, bases and aggregates are unknown
 * @param first_index  even: the first title index of the countersets
 * @param is_elsewhere no library will be loaded: the countersets are those that other processes
 *                     publish
 * @return ERROR_SUCCESS; an error of the manifest, which `detail` explains
 */
DWORD v2_session_begin(const char *manifest, uint32_t first_index, bool is_elsewhere, char *detail,
                       size_t size);

/**
 * Start the provider.
 *
 * @param start               NULL: loading the library has done it
 * @param failing_allocation  PERFLIB's n-th allocation from now on fails, 1 is the first; 0: none
 * @return what `start` returned
 */
DWORD v2_session_open(v2_procedure *start, uint64_t failing_allocation);

/** Collect, with the parameters and results of PM_COLLECT_PROC. */
DWORD APIENTRY v2_session_collect(WCHAR *query, void **data, DWORD *total_bytes,
                                  DWORD *object_types);

/**
 * Stop the provider.
 *
 * @param stop  NULL: unloading the library will do it
 */
DWORD v2_session_close(v2_procedure *stop);

/** The library has been unloaded: nothing of it may be called any more. */
void v2_session_end(void);

/** Allocations that PERFLIB has asked of the provider since v2_session_open. */
uint64_t v2_session_allocations(void);

/** One breach as it goes from the child to the harness; the message and the subject follow, each
    terminated; the subject is empty if there is none. */
struct v2_session_finding {
    uint32_t rule; /* enum rule_id */
    uint32_t size; /* bytes of all, both texts and padding to a multiple of 8 included */
    uint64_t count;
};

/**
 * Hand over the breaches that were found since the last call.
 *
 * @param data  receives struct v2_session_finding one behind the other
 * @return bytes used
 */
size_t v2_session_take_findings(unsigned char *data, size_t data_size);

#endif /* V2_SESSION_H */
