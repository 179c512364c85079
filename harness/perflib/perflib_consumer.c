/* SPDX-License-Identifier: MIT
 *
 * The common parts of a consumer's calls: the computer's name, and the calls of the providers.
 */
#include "perflib_consumer.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "text.h"

void perflib_consumer_machine(WCHAR name[PERFLIB_MACHINE_LENGTH])
{
    char utf8[PERFLIB_MACHINE_LENGTH];

    os_computer_name(utf8, sizeof(utf8));
    text_from_utf8(utf8, strlen(utf8), name, PERFLIB_MACHINE_LENGTH);
}

DWORD perflib_consumer_check_machine(const WCHAR *name)
{
    WCHAR own[PERFLIB_MACHINE_LENGTH];

    if (!name || !*name)
        return ERROR_SUCCESS;
    if (name[0] == '\\' && name[1] == '\\')
        name += 2;
    perflib_consumer_machine(own);
    return text_equal_ignore_case(name, own) ? ERROR_SUCCESS : PERFLIB_NO_SUCH_MACHINE;
}

static bool has_callee(const struct perflib_callees *callees,
                       const struct perflib_provider *provider)
{
    for (size_t i = 0; i < callees->count; i++)
        if (callees->items[i].provider == provider)
            return true;
    return false;
}

DWORD perflib_consumer_add_callees(struct perflib_callees *callees, const GUID *guid)
{
    DWORD error = ERROR_SUCCESS;

    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !error;
         provider = provider->next) {
        if (!perflib_state_find_set(provider, guid) || has_callee(callees, provider))
            continue;
        struct perflib_callee *larger =
            array_reserve(callees->items, &callees->capacity, callees->count + 1, sizeof(*larger));
        if (!larger) {
            error = ERROR_OUTOFMEMORY;
            break;
        }
        callees->items = larger;
        callees->items[callees->count++] = (struct perflib_callee){ provider, ERROR_SUCCESS };
        provider->users++;
    }
    perflib_state_unlock();
    return error;
}

ULONG perflib_consumer_call(struct perflib_callees *callees, ULONG code, const void *buffer,
                            ULONG size)
{
    ULONG error = ERROR_SUCCESS;

    for (size_t i = 0; i < callees->count; i++) {
        struct perflib_callee *callee = &callees->items[i];

        callee->result = perflib_control_call(callee->provider, code, buffer, size);
        if (!error)
            error = callee->result;
    }
    return error;
}

ULONG perflib_consumer_result(const struct perflib_callees *callees, const GUID *guid)
{
    for (size_t i = 0; i < callees->count; i++)
        if (callees->items[i].result && perflib_state_find_set(callees->items[i].provider, guid))
            return callees->items[i].result;
    return ERROR_SUCCESS;
}

void perflib_consumer_release_callees(struct perflib_callees *callees)
{
    perflib_state_lock();
    for (size_t i = 0; i < callees->count; i++)
        callees->items[i].provider->users--;
    perflib_state_unlock();
    free(callees->items);
    *callees = (struct perflib_callees){ 0 };
}

ULONG perflib_consumer_request(const struct perflib_request *request)
{
    struct {
        PERF_COUNTER_IDENTITY identity;
        WCHAR machine[PERFLIB_MACHINE_LENGTH];
        WCHAR instance[PERF_MAX_INSTANCE_NAME];
    } buffer = { { request->guid, sizeof(buffer), request->counter_id, request->instance_id,
                   sizeof(buffer.identity), sizeof(buffer.identity) + sizeof(buffer.machine), 0 },
                 { 0 },
                 { 0 } };
    struct perflib_callees callees = { 0 };

    perflib_consumer_machine(buffer.machine);
    for (size_t i = 0; i < PERF_MAX_INSTANCE_NAME - 1 && request->name[i]; i++)
        buffer.instance[i] = request->name[i];
    ULONG error = perflib_consumer_add_callees(&callees, &request->guid);
    if (!error && request->code == PERF_ENUM_INSTANCES)
        error = perflib_consumer_call(&callees, request->code, buffer.machine,
                                      (ULONG)((text_length(buffer.machine) + 1) * sizeof(WCHAR)));
    else if (!error)
        error = perflib_consumer_call(&callees, request->code, &buffer, sizeof(buffer));
    perflib_consumer_release_callees(&callees);
    return error;
}
