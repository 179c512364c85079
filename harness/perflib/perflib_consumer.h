/* SPDX-License-Identifier: MIT
 *
 * What the parts of the consumer side share: the computer's name, and telling all providers of a
 * counterset what a consumer does.
 */
#ifndef PERFLIB_CONSUMER_H
#define PERFLIB_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>

#include "perflib_state.h"

#define PERFLIB_MACHINE_LENGTH 256 /* units, terminator included */

/** How old the sets of other processes may be where no values are asked for. */
#define PERFLIB_OLDEST_MS 1000

/** RPC_S_SERVER_UNAVAILABLE: what a consumer gets for a computer that does not answer. */
#define PERFLIB_NO_SUCH_MACHINE 1722

/** This computer's name. */
void perflib_machine(WCHAR name[PERFLIB_MACHINE_LENGTH]);

/** ERROR_SUCCESS for this computer (NULL, "", its name, \\ in front or not), else no such one. */
DWORD perflib_check_machine(const WCHAR *name);

/** Providers that are kept alive. */
struct perflib_callees {
    struct perflib_callee {
        struct perflib_provider *provider;
        ULONG result; /* of the last request */
    } * items;
    size_t count;
};

/** Add the providers of a set, each once; ERROR_OUTOFMEMORY. Never under the lock. */
DWORD perflib_callees_add(struct perflib_callees *callees, const GUID *guid);

/** Make one request of all; every result is kept, the first error is returned. */
ULONG perflib_callees_call(struct perflib_callees *callees, ULONG code, const void *buffer,
                           ULONG size);

/** The first error of those that have the set; under the lock. */
ULONG perflib_callees_result(const struct perflib_callees *callees, const GUID *guid);

void perflib_callees_release(struct perflib_callees *callees);

#endif /* PERFLIB_CONSUMER_H */
