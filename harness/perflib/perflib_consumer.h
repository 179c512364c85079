/* SPDX-License-Identifier: MIT
 *
 * The common parts of the consumer's functions: the computer's name, and the calls that report a
 * consumer's actions to all providers of a counterset.
 */
#ifndef PERFLIB_CONSUMER_H
#define PERFLIB_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>

#include "perflib_state.h"

#define PERFLIB_MACHINE_LENGTH 256 /* units, terminator included; a DNS label has at most 63 */

/** The maximum age of the sets of other processes if no values are requested; chosen. */
#define PERFLIB_OLDEST_MS 1000

/** RPC_S_SERVER_UNAVAILABLE: the result for a computer that does not answer. */
#define PERFLIB_NO_SUCH_MACHINE 1722

/** This computer's name. */
void perflib_consumer_machine(WCHAR name[PERFLIB_MACHINE_LENGTH]);

/**
 * ERROR_SUCCESS for this computer (NULL, "", or its name with or without \\); otherwise
 * PERFLIB_NO_SUCH_MACHINE.
 */
DWORD perflib_consumer_check_machine(const WCHAR *name);

/** Providers that are acquired until the calls are done. */
struct perflib_callees {
    struct perflib_callee {
        struct perflib_provider *provider;
        ULONG result; /* result of the last request */
    } * items;
    size_t count, capacity;
};

/** Add each provider of a set once. Returns ERROR_OUTOFMEMORY on failure. Never under the lock. */
DWORD perflib_consumer_add_callees(struct perflib_callees *callees, const GUID *guid);

/** Make one request to all providers. Every result is stored; the first error is returned. */
ULONG perflib_consumer_call(struct perflib_callees *callees, ULONG code, const void *buffer,
                            ULONG size);

/** The first error of the providers that have the set. Under the lock. */
ULONG perflib_consumer_result(const struct perflib_callees *callees, const GUID *guid);

/** What a consumer does with a set. */
struct perflib_request {
    ULONG code; /* PERF_ADD_COUNTER, PERF_REMOVE_COUNTER or PERF_ENUM_INSTANCES */
    GUID guid;
    ULONG counter_id, instance_id; /* not for PERF_ENUM_INSTANCES */
    const WCHAR *name;             /* of the instance, or "" */
};

/** Report a request to all providers of its set. Returns the first error. Never under the lock. */
ULONG perflib_consumer_request(const struct perflib_request *request);

void perflib_consumer_release_callees(struct perflib_callees *callees);

#endif /* PERFLIB_CONSUMER_H */
