/* SPDX-License-Identifier: MIT
 *
 * A V2 provider's library as a V1 provider. Its countersets reach the V1 query through the
 * emulation of PERFLIB and the V1 bridge, and its use of PERFLIB is checked.
 *
 *     v2_session_begin(&start);                     before the library is loaded
 *     v2_redirect_imports();                        after that: its calls lead to the emulation
 *     v2_session_open(), v2_session_collect(), v2_session_close()
 *     v2_session_end();                             after it is unloaded
 *
 * On Windows the library is linked against advapi32, and its imports are redirected. Natively it is
 * linked without PERFLIB, and this program exports PERFLIB. A process has one session.
 */
#ifndef V2_SESSION_H
#define V2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Starts or stops a V2 provider: ctrpp's CounterInitialize, PerfAutoCleanup, ... A function that
 * stops one may return nothing.
 */
typedef ULONG(WINAPI v2_procedure)(void);

/**
 * Begin a session and its checks.
 *
 * @param manifest     path; NULL: no manifest, so names, bases and aggregates are unknown
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
 * @param start               NULL: loading the library has started it
 * @param failing_allocation  the number of PERFLIB's allocation from now on that fails, from 1; 0: all
 *                            succeed
 * @return the result of `start`
 */
DWORD v2_session_open(v2_procedure *start, uint64_t failing_allocation);

/** Collect, with the parameters and results of PM_COLLECT_PROC. */
DWORD APIENTRY v2_session_collect(WCHAR *query, void **data, DWORD *total_bytes,
                                  DWORD *object_types);

/**
 * Stop the provider.
 *
 * @param stop  NULL: unloading the library will stop it
 */
DWORD v2_session_close(v2_procedure *stop);

/** End the session after the library was unloaded: its functions are not called any more. */
void v2_session_end(void);

/** The number of allocations that PERFLIB has requested from the provider since v2_session_open. */
uint64_t v2_session_allocations(void);

/**
 * One breach in the format in which the child sends it to the harness. The message and the subject
 * follow, each terminated. The subject may be empty.
 */
struct v2_session_finding {
    uint32_t rule; /* enum rule_id */
    uint32_t size; /* bytes, including both texts and padding to a multiple of 8 */
    uint64_t count;
};

/**
 * Take the breaches that were found since the last call.
 *
 * @param data  receives a sequence of struct v2_session_finding
 * @return bytes used
 */
size_t v2_session_take_findings(unsigned char *data, size_t data_size);

#endif /* V2_SESSION_H */
