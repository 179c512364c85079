/* SPDX-License-Identifier: MIT
 *
 * Calls a provider's control callback as PERFLIB does: on another thread, and waiting at most one
 * second for it. A callback that takes longer continues, and its provider is not freed until it
 * returns.
 *
 * Rule: PERFLIBREQUEST (perflib.h).
 */
#include "perflib_state.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "perflib_report.h"
#include "perflib_system.h"

#define CALLBACK_LIMIT_100NS 10000000 /* 1 second. Rule: PERFLIBREQUEST */

struct call {
    struct perflib_provider *provider; /* its `users` counts this call */
    ULONG code;
    ULONG size;
    ULONG result;
    atomic_bool is_done;
    atomic_int owners; /* the waiting thread and the calling thread */
    _Alignas(16) unsigned char buffer[];
};

static void call_disown(struct call *call)
{
    if (--call->owners == 0)
        free(call);
}

static void make_call(void *argument)
{
    struct call *call = argument;
    struct perflib_provider *provider = call->provider;
    struct perflib_scope scope;

    perflib_state_enter(&scope, provider);
    call->result = provider->callback(call->code, call->size ? call->buffer : NULL, call->size);
    perflib_state_leave(&scope);

    call->is_done = true;
    call_disown(call);
    perflib_state_lock();
    provider->users--;
    perflib_state_unlock();
}

ULONG perflib_control_call(struct perflib_provider *provider, ULONG code, const void *buffer,
                           ULONG size)
{
    if (provider->is_remote)
        return code == PERF_COLLECT_START ? provider->remote_status : ERROR_SUCCESS;
    if (!provider->callback)
        return ERROR_SUCCESS;

    struct call *call = calloc(1, sizeof(*call) + size);
    if (!call)
        return ERROR_NOT_ENOUGH_MEMORY;
    call->provider = provider;
    call->code = code;
    call->size = size;
    call->owners = 2;
    if (size)
        memcpy(call->buffer, buffer, size);

    perflib_state_lock();
    provider->users++;
    perflib_state_unlock();
    if (perflib_system_run(make_call, call)) {
        perflib_state_lock();
        provider->users--;
        perflib_state_unlock();
        free(call);
        return ERROR_NOT_ENOUGH_MEMORY;
    }

    const uint64_t begin = os_time_100ns();
    while (!call->is_done && os_time_100ns() - begin < CALLBACK_LIMIT_100NS)
        os_sleep_ms(os_time_100ns() - begin < 10000 ? 0 : 1);

    const bool is_done = call->is_done;
    const ULONG result = is_done ? call->result : ERROR_SUCCESS;
    if (!is_done)
        perflib_report(provider->findings, RULE_v2_callback_slow, NULL,
                       "the control callback did not return from request %u within 1 second",
                       (unsigned)code);
    else if (result)
        perflib_report(provider->findings, RULE_v2_callback_error, NULL,
                       "the control callback answered request %u with error %u", (unsigned)code,
                       (unsigned)result);
    call_disown(call);
    return result;
}
