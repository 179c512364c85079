/* SPDX-License-Identifier: MIT
 *
 * One provider in a process of its own. The harness starts itself again with a hidden command; that
 * child loads the library and makes single calls on request, each under a watchdog. Whatever the
 * provider does (crash, hang, exit, overflow its stack, overwrite the heap), the harness continues
 * and gets an observation of what happened.
 *
 * Nothing here judges. test_level.c and the rules turn observations into events and findings.
 *
 *     provider_process_start(&process, &start);               // no child yet
 *     call.kind = PROVIDER_LOAD;                               // starts a child if necessary
 *     provider_process_call(process, &call, &observation);
 *     ... PROVIDER_OPEN, PROVIDER_COLLECT, PROVIDER_CLOSE, PROVIDER_UNLOAD in any order ...
 *     provider_process_stop(process);
 *
 * A call that does not return ends the child. The next PROVIDER_LOAD starts a new one, with nothing
 * loaded. The answer to any other call before that is PROVIDER_GONE.
 *
 * One provider_process is used by one thread at a time. All text is UTF-8 unless it is WCHAR.
 */
#ifndef PROVIDER_PROCESS_H
#define PROVIDER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "provider_observation.h"
#include "provider_request.h"
#include "provider_start.h"
#include "wintypes.h"

struct provider_process;

/**
 * Prepare a provider. No child is started and nothing is loaded before the first PROVIDER_LOAD.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY; ERROR_INVALID_PARAMETER (no library)
 */
DWORD provider_process_start(struct provider_process **process, const struct provider_start *start);

/**
 * Make one call and wait for its end.
 *
 * @param observation  written in every case; release it before it is used again
 * @return ERROR_SUCCESS, whatever the provider did; otherwise a failure of the harness itself: no
 *         child could be started, ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER
 */
DWORD provider_process_call(struct provider_process *process, const struct provider_call *call,
                            struct provider_observation *observation);

/**
 * Make several calls at the same moment, each on its own thread (`thread` must differ). The outcome of a
 * call that does not return says so; other calls that have not come back have PROVIDER_GONE.
 *
 * @param count  1 .. PROVIDER_THREADS
 * @return as provider_process_call
 */
DWORD provider_process_call_together(struct provider_process *process,
                                     const struct provider_call calls[], size_t count,
                                     struct provider_observation observations[]);

/**
 * Set a function that is called several times a second while a call is waited for.
 *
 * @param goes_on  returns false to end the child: the calls that are not back are PROVIDER_GONE.
 *                 NULL: no function
 */
void provider_process_watch(struct provider_process *process, bool (*goes_on)(void *context),
                            void *context);

/** Whether there is a child. It may have nothing loaded. */
bool provider_process_is_alive(const struct provider_process *process);

/** End the child, if there is one, without any further call, as TerminateProcess does. */
void provider_process_kill(struct provider_process *process);

/** End the child and free everything. NULL is allowed. */
void provider_process_stop(struct provider_process *process);

/**
 * The child's side. Every program that uses provider processes or a host must call this first in
 * main().
 *
 * @param status  receives the exit status for main() if the result is true
 * @return true if this process was a provider's child and its work is done
 */
bool provider_child_main(int argc, char **argv, int *status);

/**
 * The number of processes that providers have started, and that left the group of the provider's
 * process and outlived it. It counts from the start of this program. Each such process was ended.
 */
unsigned provider_process_escaped_count(void);

#endif /* PROVIDER_PROCESS_H */
