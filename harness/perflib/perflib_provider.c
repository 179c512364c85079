/* SPDX-License-Identifier: MIT
 *
 * The provider's functions of PERFLIB V2: providers, their countersets and their instances.
 * perflib_values.c has the functions for values.
 *
 * A call that needs memory allocates it first, without the lock, before it changes anything. Then
 * it checks under the lock again whether the change is still valid.
 */
#include "perflib_state.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "memory_check.h"
#include "os.h"
#include "perflib_report.h"
#include "perflib_share.h"
#include "perflib_system.h"
#include "text.h"

static LPVOID CALLBACK process_heap_allocate(SIZE_T size, LPVOID context)
{
    (void)context;
    return malloc(size);
}

static void CALLBACK process_heap_free(LPVOID block, LPVOID context)
{
    (void)context;
    free(block);
}

/* ---- providers ------------------------------------------------------------------------------ */

/* The memory routines of a provider; through a memory check if providers are watched. */
static DWORD memory_of_context(struct perflib_memory *memory, const PERF_PROVIDER_CONTEXT *context,
                               struct findings *findings)
{
    if (!context || !context->MemAllocRoutine)
        *memory = (struct perflib_memory){ process_heap_allocate, process_heap_free, NULL, NULL };
    else
        *memory = (struct perflib_memory){ context->MemAllocRoutine, context->MemFreeRoutine,
                                           context->pMemContext, NULL };
    if (!findings)
        return ERROR_SUCCESS;

    struct memory_check_options options = { .allocate = memory->allocate,
                                            .free = memory->free,
                                            .context = memory->context,
                                            .findings = findings };
    DWORD error = memory_check_open(&memory->check, &options);
    if (error)
        return error;
    memory->allocate = memory_check_allocate;
    memory->free = memory_check_free;
    memory->context = memory->check;
    return ERROR_SUCCESS;
}

static ULONG start(const GUID *guid, PERFLIBREQUEST callback, const PERF_PROVIDER_CONTEXT *context,
                   HANDLE *handle)
{
    struct findings *findings = perflib_state_watched_findings();
    struct perflib_memory memory;

    if (findings && context && context->MemAllocRoutine &&
        perflib_system_is_on_stack(context->pMemContext))
        perflib_report(findings, RULE_v2_memory_context_stack, NULL,
                       "pMemContext %p is on the stack of the thread that starts the provider",
                       context->pMemContext);
    DWORD error = memory_of_context(&memory, context, findings);
    if (error)
        return error;

    struct perflib_provider *provider = perflib_state_allocate(&memory, sizeof(*provider));
    if (!provider) {
        memory_check_close(memory.check);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    provider->guid = *guid;
    provider->callback = callback;
    provider->memory = memory;
    provider->findings = findings;
    perflib_state_lock();
    perflib_state_add_provider(provider);
    perflib_state_unlock();
    *handle = provider;
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfStartProvider(LPGUID guid, PERFLIBREQUEST callback, HANDLE *handle)
{
    if (!guid || !handle)
        return perflib_state_refuse(perflib_state_watched_findings(), "PerfStartProvider",
                                    ERROR_INVALID_PARAMETER,
                                    "the GUID or the handle's address is NULL");
    return perflib_state_refuse(perflib_state_watched_findings(), "PerfStartProvider",
                                start(guid, callback, NULL, handle), "");
}

ULONG WINAPI PerfStartProviderEx(LPGUID guid, PPERF_PROVIDER_CONTEXT context, HANDLE *handle)
{
    struct findings *findings = perflib_state_watched_findings();

    if (!guid || !handle)
        return perflib_state_refuse(findings, "PerfStartProviderEx", ERROR_INVALID_PARAMETER,
                                    "the GUID or the handle's address is NULL");
    if (context && context->ContextSize < sizeof(*context))
        return perflib_state_refuse(findings, "PerfStartProviderEx", ERROR_INVALID_PARAMETER,
                                    "ContextSize is below sizeof(PERF_PROVIDER_CONTEXT)");
    if (context && !context->MemAllocRoutine != !context->MemFreeRoutine) {
        perflib_report(findings, RULE_v2_memory_pair, NULL, "%s is given, %s is NULL",
                       context->MemAllocRoutine ? "MemAllocRoutine" : "MemFreeRoutine",
                       context->MemAllocRoutine ? "MemFreeRoutine" : "MemAllocRoutine");
        return ERROR_INVALID_PARAMETER;
    }
    return perflib_state_refuse(
        findings, "PerfStartProviderEx",
        start(guid, context ? context->ControlCallback : NULL, context, handle), "");
}

/* Check whether the provider overwrote the header of an instance that is about to be freed. */
static void check_header(struct findings *findings, const struct perflib_instance *instance)
{
    const char *member = perflib_sets_instance_damage(instance);

    if (member)
        perflib_report(findings, RULE_v2_instance_header, member,
                       "%s of instance %u was overwritten", member, (unsigned)instance->id);
}

ULONG WINAPI PerfStopProvider(HANDLE handle)
{
    perflib_state_lock();
    struct perflib_provider *provider = perflib_state_find_provider(handle);
    const bool is_busy = provider && perflib_state_is_busy_with(provider);
    if (provider && !is_busy)
        perflib_state_remove_provider(provider);
    perflib_state_unlock();

    if (!provider) {
        perflib_report(perflib_state_watched_findings(), RULE_v2_handle, NULL,
                       "PerfStopProvider was called with %p, which is not a started provider",
                       handle);
        return ERROR_INVALID_HANDLE;
    }
    if (is_busy) {
        perflib_report(
            provider->findings, RULE_v2_stop_in_callback, NULL,
            "PerfStopProvider was called by the provider's own control callback or memory "
            "routine");
        return ERROR_BUSY;
    }

    perflib_share_changed();
    /* No new call can find the provider. Wait for the calls that found it before. */
    for (bool is_used = true; is_used;) {
        perflib_state_lock();
        is_used = provider->users != 0;
        perflib_state_unlock();
        if (is_used)
            os_sleep_ms(1);
    }

    struct perflib_memory memory = provider->memory;
    struct findings *findings = provider->findings;
    size_t left = 0;
    for (struct perflib_counterset *set = provider->first_set, *next_set; set; set = next_set) {
        for (struct perflib_instance *instance = set->first, *next; instance; instance = next) {
            next = instance->next;
            left++;
            check_header(findings, instance);
            perflib_state_free(&memory, instance);
        }
        next_set = set->next;
        perflib_state_free(&memory, set);
    }
    perflib_state_free(&memory, provider);
    if (left)
        perflib_report(findings, RULE_v2_instance_left, NULL,
                       "%zu instances were there when the provider was stopped", left);
    if (memory.check) {
        memory_check_stop(memory.check);
        memory_check_close(memory.check);
    }
    return ERROR_SUCCESS;
}

/* ---- countersets ---------------------------------------------------------------------------- */

/* The only allocation is the set itself, from the provider's memory. */
static ULONG set_info(struct perflib_provider *provider, const PERF_COUNTERSET_INFO *template,
                      const char **fault)
{
    /* The template is checked before memory is allocated, so that the result does not depend on
       memory. */
    perflib_state_lock();
    bool is_known = perflib_state_find_set(provider, &template->CounterSetGuid) != NULL;
    perflib_state_unlock();
    if (is_known)
        return ERROR_ALREADY_EXISTS;

    struct perflib_counterset *set =
        perflib_state_allocate(&provider->memory, perflib_sets_size(template));
    if (!set)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!perflib_sets_init(set, template)) {
        *fault = "two counters have the same identifier";
        perflib_state_free(&provider->memory, set);
        return ERROR_INVALID_PARAMETER;
    }
    perflib_state_lock();
    is_known = !perflib_sets_add(provider, set);
    perflib_state_unlock();
    if (is_known)
        perflib_state_free(&provider->memory, set);
    return is_known ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
}

ULONG WINAPI PerfSetCounterSetInfo(HANDLE handle, PPERF_COUNTERSET_INFO template, ULONG size)
{
    struct perflib_scope scope;
    struct perflib_provider *provider = perflib_state_acquire(handle, &scope);

    if (!provider)
        return ERROR_INVALID_HANDLE;
    const char *fault = perflib_sets_template_fault(template, size);
    ULONG error = fault ? ERROR_INVALID_PARAMETER : set_info(provider, template, &fault);
    if (!fault && error == ERROR_ALREADY_EXISTS)
        fault = "the provider has a counterset with that GUID";
    if (!error)
        perflib_share_changed();
    perflib_state_refuse(provider->findings, "PerfSetCounterSetInfo", error, fault ? fault : "");
    perflib_state_release(&scope);
    return error;
}

/* ---- instances ------------------------------------------------------------------------------ */

/* The units of a name, or PERF_MAX_INSTANCE_NAME if it is too long. No unit after that is read. */
static size_t name_length(const WCHAR *name)
{
    size_t length = 0;

    while (length < PERF_MAX_INSTANCE_NAME && name[length])
        length++;
    return length;
}

static struct perflib_instance *find_by_name(struct perflib_counterset *set, const WCHAR *name,
                                             ULONG id, bool any_id)
{
    struct perflib_instance *instance = set->by_name[perflib_state_name_bucket(name)];

    while (instance &&
           !((any_id || instance->id == id) && text_equal_ignore_case(instance->name, name)))
        instance = instance->same_name;
    return instance;
}

/* Whether the set accepts that instance. Under the lock. */
static ULONG admit(struct perflib_counterset *set, const WCHAR *name, ULONG id)
{
    if (find_by_name(set, name, id, false))
        return ERROR_ALREADY_EXISTS;
    if (set->info.InstanceType == PERF_COUNTERSET_SINGLE_INSTANCE && set->first)
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

static void remove_instance(struct perflib_provider *provider, struct perflib_instance *instance)
{
    struct perflib_counterset *set = instance->set;
    struct perflib_instance **link =
        &provider->by_address[perflib_state_address_bucket(instance->block)];

    while (*link != instance)
        link = &(*link)->same_address;
    *link = instance->same_address;

    link = &set->by_name[perflib_state_name_bucket(instance->name)];
    while (*link != instance)
        link = &(*link)->same_name;
    *link = instance->same_name;

    *(instance->previous ? &instance->previous->next : &set->first) = instance->next;
    *(instance->next ? &instance->next->previous : &set->last) = instance->previous;
}

static ULONG create(struct perflib_provider *provider, const GUID *guid, const WCHAR *name,
                    ULONG id, struct perflib_instance **result)
{
    const size_t length = name_length(name);

    perflib_state_lock();
    struct perflib_counterset *set = perflib_state_find_set(provider, guid);
    ULONG error = set ? ERROR_SUCCESS : ERROR_NOT_FOUND;
    bool is_name_taken = false;
    if (set && (length == PERF_MAX_INSTANCE_NAME ||
                (length == 0 && set->info.InstanceType & PERF_COUNTERSET_FLAG_MULTIPLE)))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        error = admit(set, name, id);
        is_name_taken = find_by_name(set, name, id, true) != NULL;
    }
    perflib_state_unlock();
    if (error)
        return error;

    struct perflib_instance *instance =
        perflib_state_allocate(&provider->memory, perflib_sets_instance_size(set, length));
    if (!instance)
        return ERROR_NOT_ENOUGH_MEMORY;
    perflib_sets_init_instance(instance, set, name, length, id);

    perflib_state_lock();
    error = admit(set, name, id);
    if (!error)
        perflib_sets_add_instance(provider, instance);
    perflib_state_unlock();
    if (error) {
        perflib_state_free(&provider->memory, instance);
        return error;
    }
    if (length == 0 || is_name_taken)
        perflib_report(provider->findings, RULE_v2_instance_name, NULL,
                       "the name of the instance with number %u is %s", (unsigned)id,
                       length == 0 ? "empty" : "that of another instance of the set");
    *result = instance;
    return ERROR_SUCCESS;
}

/* The reason for an error of create, in words. */
static const char *fault_of_instance(ULONG error)
{
    return error == ERROR_NOT_FOUND ? "the provider has no such counterset"
           : error == ERROR_ALREADY_EXISTS
               ? "the counterset has an instance with that name and number"
               : "the name is empty or too long, or a single-instance "
                 "counterset already has its instance";
}

PPERF_COUNTERSET_INSTANCE WINAPI PerfCreateInstance(HANDLE handle, LPCGUID guid, LPCWSTR name,
                                                    ULONG id)
{
    struct perflib_instance *instance = NULL;
    struct perflib_scope scope;
    ULONG error = ERROR_INVALID_PARAMETER;

    if (guid && name) {
        struct perflib_provider *provider = perflib_state_acquire(handle, &scope);

        error = ERROR_INVALID_HANDLE;
        if (provider) {
            error = create(provider, guid, name, id, &instance);
            if (error && error != ERROR_NOT_ENOUGH_MEMORY)
                perflib_report(provider->findings, RULE_v2_call_failed, "PerfCreateInstance",
                               "PerfCreateInstance for number %u failed with error %u: %s",
                               (unsigned)id, (unsigned)error, fault_of_instance(error));
            perflib_state_release(&scope);
        }
    }
    if (error) {
        perflib_system_set_last_error(error);
        return NULL;
    }
    return instance->block;
}

PPERF_COUNTERSET_INSTANCE WINAPI PerfQueryInstance(HANDLE handle, LPCGUID guid, LPCWSTR name,
                                                   ULONG id)
{
    struct perflib_instance *instance = NULL;
    struct perflib_scope scope;
    ULONG error = ERROR_INVALID_PARAMETER;

    if (guid && name) {
        struct perflib_provider *provider = perflib_state_acquire(handle, &scope);

        error = ERROR_INVALID_HANDLE;
        if (provider) {
            perflib_state_lock();
            struct perflib_counterset *set = perflib_state_find_set(provider, guid);
            if (set && name_length(name) < PERF_MAX_INSTANCE_NAME)
                instance = find_by_name(set, name, id, false);
            perflib_state_unlock();
            error = instance ? ERROR_SUCCESS : ERROR_NOT_FOUND;
            perflib_state_release(&scope);
        }
    }
    if (error) {
        perflib_system_set_last_error(error);
        return NULL;
    }
    return instance->block;
}

/* Add the values of an instance to its set's history. Under the lock. */
static void remember(struct perflib_instance *instance)
{
    struct perflib_counterset *set = instance->set;

    for (ULONG i = 0; set->history && i < set->info.NumCounters; i++) {
        struct perflib_history *history = &set->history[i];
        uint64_t value;

        if (!perflib_values_read(instance, i, &value))
            continue;
        history->total += value;
        if (history->count == 0 || value < history->minimum)
            history->minimum = value;
        if (history->count == 0 || value > history->maximum)
            history->maximum = value;
        history->count++;
    }
}

ULONG WINAPI PerfDeleteInstance(HANDLE handle, PPERF_COUNTERSET_INSTANCE block)
{
    struct perflib_scope scope;

    if (!block)
        return ERROR_INVALID_PARAMETER;
    struct perflib_provider *provider = perflib_state_acquire(handle, &scope);
    if (!provider)
        return ERROR_INVALID_HANDLE;

    perflib_state_lock();
    struct perflib_instance *instance = perflib_state_find_instance(provider, block);
    if (instance) {
        remember(instance);
        remove_instance(provider, instance);
    }
    perflib_state_unlock();
    if (instance) {
        check_header(provider->findings, instance);
        perflib_state_free(&provider->memory, instance);
    } else
        perflib_report(
            provider->findings, RULE_v2_instance, NULL,
            "PerfDeleteInstance was called with %p, which is not an instance of this provider",
            (void *)block);
    perflib_state_release(&scope);
    return instance ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}
