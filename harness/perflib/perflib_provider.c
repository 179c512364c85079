/* SPDX-License-Identifier: MIT
 *
 * The provider's side of PERFLIB V2: providers, their countersets and their instances. Values are
 * perflib_values.c's.
 *
 * A call that needs memory takes it before it changes anything, without the lock; then it looks
 * again under the lock whether what it is about to do is still right.
 */
#include "perflib_state.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "memory_check.h"
#include "os.h"
#include "perflib_report.h"
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

/* Where a provider's memory comes from; watched if somebody watches. */
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
    struct findings *findings = perflib_watched_findings();
    struct perflib_memory memory;

    DWORD error = memory_of_context(&memory, context, findings);
    if (error)
        return error;

    struct perflib_provider *provider = perflib_allocate(&memory, sizeof(*provider));
    if (!provider) {
        memory_check_close(memory.check);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    provider->guid = *guid;
    provider->callback = callback;
    provider->memory = memory;
    provider->findings = findings;
    perflib_lock();
    perflib_add_provider(provider);
    perflib_unlock();
    *handle = provider;
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfStartProvider(LPGUID guid, PERFLIBREQUEST callback, HANDLE *handle)
{
    if (!guid || !handle)
        return perflib_refuse(perflib_watched_findings(), "PerfStartProvider",
                              ERROR_INVALID_PARAMETER, "the GUID or the handle's address is NULL");
    return perflib_refuse(perflib_watched_findings(), "PerfStartProvider",
                          start(guid, callback, NULL, handle), "");
}

ULONG WINAPI PerfStartProviderEx(LPGUID guid, PPERF_PROVIDER_CONTEXT context, HANDLE *handle)
{
    struct findings *findings = perflib_watched_findings();

    if (!guid || !handle)
        return perflib_refuse(findings, "PerfStartProviderEx", ERROR_INVALID_PARAMETER,
                              "the GUID or the handle's address is NULL");
    if (context && context->ContextSize < sizeof(*context))
        return perflib_refuse(findings, "PerfStartProviderEx", ERROR_INVALID_PARAMETER,
                              "ContextSize is below sizeof(PERF_PROVIDER_CONTEXT)");
    if (context && !context->MemAllocRoutine != !context->MemFreeRoutine) {
        perflib_report(findings, RULE_v2_memory_pair, NULL, "%s is given, %s is NULL",
                       context->MemAllocRoutine ? "MemAllocRoutine" : "MemFreeRoutine",
                       context->MemAllocRoutine ? "MemFreeRoutine" : "MemAllocRoutine");
        return ERROR_INVALID_PARAMETER;
    }
    return perflib_refuse(findings, "PerfStartProviderEx",
                          start(guid, context ? context->ControlCallback : NULL, context, handle),
                          "");
}

ULONG WINAPI PerfStopProvider(HANDLE handle)
{
    perflib_lock();
    struct perflib_provider *provider = perflib_find_provider(handle);
    const bool is_busy = provider && perflib_is_busy_with(provider);
    if (provider && !is_busy)
        perflib_remove_provider(provider);
    perflib_unlock();

    if (!provider) {
        perflib_report(perflib_watched_findings(), RULE_v2_handle, NULL,
                       "PerfStopProvider got %p: never started, or stopped already", handle);
        return ERROR_INVALID_HANDLE;
    }
    if (is_busy)
        return ERROR_BUSY;

    /* Nobody finds it any more; wait for those who found it before. */
    for (bool is_used = true; is_used;) {
        perflib_lock();
        is_used = provider->users != 0;
        perflib_unlock();
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
            perflib_free(&memory, instance);
        }
        next_set = set->next;
        perflib_free(&memory, set);
    }
    perflib_free(&memory, provider);
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

static int compare_ids(const void *left, const void *right)
{
    const ULONG a = *(const ULONG *)left, b = *(const ULONG *)right;

    return a < b ? -1 : a > b;
}

/* Whether no two counters share an identifier; ERROR_INVALID_PARAMETER when they do. */
static ULONG check_ids(const PERF_COUNTER_INFO *counters, ULONG count)
{
    ULONG *ids = malloc(count * sizeof(*ids));
    ULONG error = ERROR_SUCCESS;

    if (!ids)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (ULONG i = 0; i < count; i++)
        ids[i] = counters[i].CounterId;
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (ULONG i = 1; i < count; i++)
        if (ids[i] == ids[i - 1])
            error = ERROR_INVALID_PARAMETER;
    free(ids);
    return error;
}

static bool is_instance_type(ULONG type)
{
    return type == PERF_COUNTERSET_SINGLE_INSTANCE || type == PERF_COUNTERSET_MULTI_INSTANCES ||
           type == PERF_COUNTERSET_SINGLE_AGGREGATE || type == PERF_COUNTERSET_MULTI_AGGREGATE ||
           type == PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY ||
           type == PERF_COUNTERSET_INSTANCE_AGGREGATE;
}

/* NULL: sound, as far as can be seen without memory. Else what is wrong. */
static const char *fault_of_template(const PERF_COUNTERSET_INFO *template, ULONG size)
{
    if (!template)
        return "the template is NULL";
    if (size < sizeof(*template))
        return "the size is below sizeof(PERF_COUNTERSET_INFO)";
    if (template->NumCounters == 0 || template->NumCounters > PERFLIB_COUNTERS_LIMIT)
        return "NumCounters must be 1 to 64000";
    if ((size - sizeof(*template)) / sizeof(PERF_COUNTER_INFO) < template->NumCounters)
        return "the size is too small for NumCounters counters";
    if (!is_instance_type(template->InstanceType))
        return "InstanceType is none of PERF_COUNTERSET_*";
    return NULL;
}

static ULONG add_set(struct perflib_provider *provider, struct perflib_counterset *set)
{
    struct perflib_counterset **link = &provider->first_set;

    if (perflib_find_set(provider, &set->info.CounterSetGuid))
        return ERROR_ALREADY_EXISTS;
    while (*link)
        link = &(*link)->next;
    *link = set;
    return ERROR_SUCCESS;
}

static ULONG set_info(struct perflib_provider *provider, const PERF_COUNTERSET_INFO *template)
{
    const ULONG count = template->NumCounters;
    const bool has_history = template->InstanceType & PERF_COUNTERSET_FLAG_HISTORY;

    /* Asked before memory is, so that the answer does not depend on there being any. */
    perflib_lock();
    const bool is_known = perflib_find_set(provider, &template->CounterSetGuid) != NULL;
    perflib_unlock();
    if (is_known)
        return ERROR_ALREADY_EXISTS;

    struct perflib_counterset *set = perflib_allocate(
        &provider->memory, sizeof(*set) + count * sizeof(set->counters[0]) +
                               (has_history ? count * sizeof(set->history[0]) : 0));
    if (!set)
        return ERROR_NOT_ENOUGH_MEMORY;
    set->provider = provider;
    set->info = *template;
    memcpy(set->counters, template + 1, count * sizeof(set->counters[0]));
    if (has_history)
        set->history = (struct perflib_history *)(set->counters + count);

    perflib_lock();
    ULONG error = add_set(provider, set);
    perflib_unlock();
    if (error)
        perflib_free(&provider->memory, set);
    return error;
}

ULONG WINAPI PerfSetCounterSetInfo(HANDLE handle, PPERF_COUNTERSET_INFO template, ULONG size)
{
    struct perflib_scope scope;
    struct perflib_provider *provider = perflib_acquire(handle, &scope);

    if (!provider)
        return ERROR_INVALID_HANDLE;
    const char *fault = fault_of_template(template, size);
    ULONG error = fault
                      ? ERROR_INVALID_PARAMETER
                      : check_ids((const PERF_COUNTER_INFO *)(template + 1), template->NumCounters);
    if (!fault && error == ERROR_INVALID_PARAMETER)
        fault = "two counters have one identifier";
    if (!error)
        error = set_info(provider, template);
    if (!fault && error == ERROR_ALREADY_EXISTS)
        fault = "the provider has a counterset with that GUID";
    perflib_refuse(provider->findings, "PerfSetCounterSetInfo", error, fault ? fault : "");
    perflib_release(&scope);
    return error;
}

/* ---- instances ------------------------------------------------------------------------------ */

static const WCHAR *instance_name(const struct perflib_instance *instance)
{
    return (const WCHAR *)((const unsigned char *)&instance->block +
                           instance->block.InstanceNameOffset);
}

/* Units of a name, or PERF_MAX_INSTANCE_NAME when it is too long; no unit behind that is read. */
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
    struct perflib_instance *instance = set->by_name[perflib_name_bucket(name)];

    while (instance && !((any_id || instance->block.InstanceId == id) &&
                         text_equal_ignore_case(instance_name(instance), name)))
        instance = instance->same_name;
    return instance;
}

/* Whether the set has room for that instance; under the lock. */
static ULONG admit(struct perflib_counterset *set, const WCHAR *name, ULONG id)
{
    if (find_by_name(set, name, id, false))
        return ERROR_ALREADY_EXISTS;
    if (set->info.InstanceType == PERF_COUNTERSET_SINGLE_INSTANCE && set->first)
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

static void add_instance(struct perflib_provider *provider, struct perflib_counterset *set,
                         struct perflib_instance *instance)
{
    const size_t address = perflib_address_bucket(&instance->block);
    const size_t name = perflib_name_bucket(instance_name(instance));

    instance->same_address = provider->by_address[address];
    provider->by_address[address] = instance;
    instance->same_name = set->by_name[name];
    set->by_name[name] = instance;

    instance->previous = set->last;
    if (set->last)
        set->last->next = instance;
    else
        set->first = instance;
    set->last = instance;
}

static void remove_instance(struct perflib_provider *provider, struct perflib_instance *instance)
{
    struct perflib_counterset *set = instance->set;
    struct perflib_instance **link =
        &provider->by_address[perflib_address_bucket(&instance->block)];

    while (*link != instance)
        link = &(*link)->same_address;
    *link = instance->same_address;

    link = &set->by_name[perflib_name_bucket(instance_name(instance))];
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

    perflib_lock();
    struct perflib_counterset *set = perflib_find_set(provider, guid);
    ULONG error = set ? ERROR_SUCCESS : ERROR_NOT_FOUND;
    bool is_name_taken = false;
    if (set && (length == PERF_MAX_INSTANCE_NAME ||
                (length == 0 && set->info.InstanceType & PERF_COUNTERSET_FLAG_MULTIPLE)))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        error = admit(set, name, id);
        is_name_taken = find_by_name(set, name, id, true) != NULL;
    }
    perflib_unlock();
    if (error)
        return error;

    const size_t cells = (size_t)PERFLIB_CELL_SIZE * set->info.NumCounters;
    const size_t name_size = (length + 1) * sizeof(WCHAR);
    const size_t size = (sizeof(PERF_COUNTERSET_INSTANCE) + cells + name_size + 7) & ~(size_t)7;
    struct perflib_instance *instance =
        perflib_allocate(&provider->memory, offsetof(struct perflib_instance, block) + size);
    if (!instance)
        return ERROR_NOT_ENOUGH_MEMORY;
    instance->set = set;
    instance->block.CounterSetGuid = *guid;
    instance->block.dwSize = (ULONG)size;
    instance->block.InstanceId = id;
    instance->block.InstanceNameOffset = (ULONG)(sizeof(instance->block) + cells);
    instance->block.InstanceNameSize = (ULONG)name_size;
    memcpy((unsigned char *)&instance->block + instance->block.InstanceNameOffset, name,
           name_size - sizeof(WCHAR));

    perflib_lock();
    error = admit(set, name, id);
    if (!error)
        add_instance(provider, set, instance);
    perflib_unlock();
    if (error) {
        perflib_free(&provider->memory, instance);
        return error;
    }
    if (length == 0 || is_name_taken)
        perflib_report(provider->findings, RULE_v2_instance_name, NULL,
                       "the name of the instance with number %u is %s", (unsigned)id,
                       length == 0 ? "empty" : "that of another instance of the set");
    *result = instance;
    return ERROR_SUCCESS;
}

/* In words: for create's errors. */
static const char *fault_of_instance(ULONG error)
{
    return error == ERROR_NOT_FOUND ? "the provider has no such counterset"
           : error == ERROR_ALREADY_EXISTS
               ? "the counterset has an instance of that name and number"
               : "the name is empty or too long, or a single-instance "
                 "counterset has its instance";
}

PPERF_COUNTERSET_INSTANCE WINAPI PerfCreateInstance(HANDLE handle, LPCGUID guid, LPCWSTR name,
                                                    ULONG id)
{
    struct perflib_instance *instance = NULL;
    struct perflib_scope scope;
    ULONG error = ERROR_INVALID_PARAMETER;

    if (guid && name) {
        struct perflib_provider *provider = perflib_acquire(handle, &scope);

        error = ERROR_INVALID_HANDLE;
        if (provider) {
            error = create(provider, guid, name, id, &instance);
            if (error && error != ERROR_NOT_ENOUGH_MEMORY)
                perflib_report(provider->findings, RULE_v2_call_failed, "PerfCreateInstance",
                               "PerfCreateInstance for number %u failed with error %u: %s",
                               (unsigned)id, (unsigned)error, fault_of_instance(error));
            perflib_release(&scope);
        }
    }
    if (error) {
        perflib_set_last_error(error);
        return NULL;
    }
    return &instance->block;
}

PPERF_COUNTERSET_INSTANCE WINAPI PerfQueryInstance(HANDLE handle, LPCGUID guid, LPCWSTR name,
                                                   ULONG id)
{
    struct perflib_instance *instance = NULL;
    struct perflib_scope scope;
    ULONG error = ERROR_INVALID_PARAMETER;

    if (guid && name) {
        struct perflib_provider *provider = perflib_acquire(handle, &scope);

        error = ERROR_INVALID_HANDLE;
        if (provider) {
            perflib_lock();
            struct perflib_counterset *set = perflib_find_set(provider, guid);
            if (set && name_length(name) < PERF_MAX_INSTANCE_NAME)
                instance = find_by_name(set, name, id, false);
            perflib_unlock();
            error = instance ? ERROR_SUCCESS : ERROR_NOT_FOUND;
            perflib_release(&scope);
        }
    }
    if (error) {
        perflib_set_last_error(error);
        return NULL;
    }
    return &instance->block;
}

/* What an instance leaves to its set's history; under the lock. */
static void remember(struct perflib_instance *instance)
{
    struct perflib_counterset *set = instance->set;

    for (ULONG i = 0; set->history && i < set->info.NumCounters; i++) {
        struct perflib_history *history = &set->history[i];
        uint64_t value;

        if (!perflib_read(instance, i, &value))
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
    struct perflib_provider *provider = perflib_acquire(handle, &scope);
    if (!provider)
        return ERROR_INVALID_HANDLE;

    perflib_lock();
    struct perflib_instance *instance = perflib_find_instance(provider, block);
    if (instance) {
        remember(instance);
        remove_instance(provider, instance);
    }
    perflib_unlock();
    if (instance)
        perflib_free(&provider->memory, instance);
    else
        perflib_report(provider->findings, RULE_v2_instance, NULL,
                       "PerfDeleteInstance got %p, which is no instance of this provider",
                       (void *)block);
    perflib_release(&scope);
    return instance ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}
