/* SPDX-License-Identifier: MIT
 *
 * The probe v2_manifest: registers a manifest with lodctr, starts its provider in this process, and
 * reads it as a consumer. Administrator rights are needed. The emulation needs no registration.
 */
#include <stdlib.h>
#include <string.h>

#include "winperf.h"
#include "perflib.h"
#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define VALUE_ID 1
#define REFERENCE_ID 2
#define OBJECTS_MAX 4096 /* chosen: far more objects than any known system has */
#define CODES_MAX 32     /* logged requests to the callback; chosen */
#define SLOW_MS 3000     /* chosen: the delay of a slow callback */

static struct {
    __typeof__(PerfStartProviderEx) *start;
    __typeof__(PerfStopProvider) *stop;
    __typeof__(PerfSetCounterSetInfo) *set_info;
    __typeof__(PerfCreateInstance) *create;
    __typeof__(PerfOpenQueryHandle) *open;
    __typeof__(PerfCloseQueryHandle) *close;
    __typeof__(PerfAddCounters) *add;
    __typeof__(PerfDeleteCounters) *delete;
    __typeof__(PerfQueryCounterData) *data;
    __typeof__(PerfEnumerateCounterSetInstances) *instances;
} v2;

static bool find_all(struct trial *trial)
{
    return trial_find(trial, "PerfStartProviderEx", &v2.start) &&
           trial_find(trial, "PerfStopProvider", &v2.stop) &&
           trial_find(trial, "PerfSetCounterSetInfo", &v2.set_info) &&
           trial_find(trial, "PerfCreateInstance", &v2.create) &&
           trial_find(trial, "PerfOpenQueryHandle", &v2.open) &&
           trial_find(trial, "PerfCloseQueryHandle", &v2.close) &&
           trial_find(trial, "PerfAddCounters", &v2.add) &&
           trial_find(trial, "PerfDeleteCounters", &v2.delete) &&
           trial_find(trial, "PerfQueryCounterData", &v2.data) &&
           trial_find(trial, "PerfEnumerateCounterSetInstances", &v2.instances);
}

/* ---- the provider ---------------------------------------------------------------------------- */

static GUID provider_guid = TRUTH_MANIFEST_PROVIDER;
static const GUID set_guid = TRUTH_MANIFEST_SET;
static const GUID other_guid = { 0x7C1A2E5B, 0x5A0C, 0x4D1B, { 1, 2, 3, 4, 5, 6, 7, 8 } };

static struct {
    HANDLE handle;
    volatile LONG count; /* of the callback's calls */
    ULONG codes[CODES_MAX];
    ULONG code;   /* the request that gets another answer; 0: no request */
    ULONG result; /* the answer to it */
    bool is_slow, stops;
    volatile ULONG stop_result;
} provider;

static ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    const LONG position = InterlockedIncrement(&provider.count) - 1;

    (void)buffer;
    (void)size;
    if (position < CODES_MAX)
        provider.codes[position] = code;
    if (code != provider.code)
        return ERROR_SUCCESS;
    if (provider.is_slow)
        Sleep(SLOW_MS);
    if (provider.stops)
        provider.stop_result = v2.stop(provider.handle);
    return provider.result;
}

static ULONG describe(const GUID *guid)
{
    struct {
        PERF_COUNTERSET_INFO set;
        PERF_COUNTER_INFO counters[2];
    } template = {
        .set = { *guid, provider_guid, 2, PERF_COUNTERSET_MULTI_INSTANCES },
        .counters = { { .CounterId = VALUE_ID,
                        .Type = PERF_COUNTER_RAWCOUNT,
                        .Size = sizeof(ULONG),
                        .DetailLevel = PERF_DETAIL_NOVICE },
                      { .CounterId = REFERENCE_ID,
                        .Type = PERF_COUNTER_LARGE_RAWCOUNT,
                        .Attrib = PERF_ATTRIB_BY_REFERENCE,
                        .Size = sizeof(ULONGLONG),
                        .DetailLevel = PERF_DETAIL_NOVICE } },
    };

    return v2.set_info(provider.handle, &template.set, sizeof(template));
}

/* Register the manifest and start the provider with one instance. */
static bool begin(struct trial *trial)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context),
                                      .ControlCallback = on_request };

    memset(&provider, 0, sizeof(provider));
    if (!find_all(trial) || !truth_service_begin(trial))
        return false;
    if (!truth_system_is_emulated && !truth_service_register_manifest()) {
        trial_impossible(trial, "lodctr registers no manifest here");
        return false;
    }
    const ULONG error = v2.start(&provider_guid, &context, &provider.handle);
    if (!trial_expect(trial, !error, "the provider starts: %lu", error))
        return false;
    const ULONG described = describe(&set_guid);
    return trial_expect(trial, !described && v2.create(provider.handle, &set_guid, L"one", 1),
                        "its set and instance: %lu", described);
}

static void end(void)
{
    if (provider.handle)
        v2.stop(provider.handle);
    truth_service_remove_manifest();
}

/* ---- the consumer ---------------------------------------------------------------------------- */

struct block {
    PERF_COUNTER_IDENTIFIER identifier;
    WCHAR name[4];
};

static void make_block(struct block *block, const GUID *set, ULONG counter)
{
    memset(block, 0, sizeof(*block));
    block->identifier.CounterSetGuid = *set;
    block->identifier.CounterId = counter;
    block->identifier.InstanceId = 0xFFFFFFFF;
    block->identifier.Size = sizeof(*block);
    block->name[0] = '*';
}

/* Add a counter; the status of its block. */
static ULONG add_counter(HANDLE query, const GUID *set, ULONG counter)
{
    struct block block;

    make_block(&block, set, counter);
    const ULONG error = v2.add(query, &block.identifier, sizeof(block));
    return error ? error : block.identifier.Status;
}

/* Query the values; the status of the first result. */
static ULONG query_status(HANDLE query)
{
    static union {
        PERF_DATA_HEADER header;
        BYTE bytes[65536];
    } answer;
    DWORD used = 0;

    const ULONG error = v2.data(query, &answer.header, sizeof(answer), &used);
    const PERF_COUNTER_HEADER *result = (const void *)(&answer.header + 1);
    return error ? error : answer.header.dwNumCounters ? result->dwStatus : ERROR_NO_DATA;
}

/* Open a query with a counter of the set. */
static bool begin_query(struct trial *trial, ULONG counter, HANDLE *query)
{
    if (!begin(trial))
        return false;
    const ULONG error = v2.open(NULL, query);
    const ULONG status = error ? error : add_counter(*query, &set_guid, counter);
    if (status == ERROR_WMI_GUID_NOT_FOUND) {
        trial_impossible(trial, "this system does not know the registered set");
        return false;
    }
    return trial_expect(trial, !status, "the counter is added: %lu", status);
}

/* ---- trials ---------------------------------------------------------------------------------- */

void try_v2_callback_codes(struct trial *trial)
{
    static const ULONG expected[] = { PERF_ADD_COUNTER, PERF_ENUM_INSTANCES, PERF_COLLECT_START,
                                      PERF_COLLECT_END, PERF_REMOVE_COUNTER };
    static BYTE instances[4096];
    struct block block;
    HANDLE query;
    DWORD used;
    size_t found = 0;
    char list[160] = "";

    if (begin_query(trial, VALUE_ID, &query)) {
        v2.instances(NULL, &set_guid, (void *)instances, sizeof(instances), &used);
        query_status(query);
        make_block(&block, &set_guid, VALUE_ID);
        v2.delete(query, &block.identifier, sizeof(block));
        v2.close(query);
        for (LONG i = 0; i < provider.count && i < CODES_MAX; i++) {
            wsprintfA(list + strlen(list), " %lu", provider.codes[i]);
            if (found < 5 && provider.codes[i] == expected[found])
                found++;
        }
        trial_expect(trial, found == 5, "add, list, query, delete: codes%s", list);
    }
    end();
}

void try_v2_callback_error(struct trial *trial)
{
    HANDLE query;

    if (begin_query(trial, VALUE_ID, &query)) {
        provider.result = ERROR_ACCESS_DENIED;
        provider.code = PERF_COLLECT_START;
        ULONG status = query_status(query);
        trial_expect(trial, status == ERROR_ACCESS_DENIED,
                     "error 5 of request 5: the result has %lu", status);
        provider.code = PERF_ADD_COUNTER;
        status = add_counter(query, &set_guid, REFERENCE_ID);
        trial_expect(trial, status == ERROR_ACCESS_DENIED, "error 5 of request 1: Status %lu",
                     status);
        v2.close(query);
    }
    end();
}

void try_v2_callback_second(struct trial *trial)
{
    HANDLE query;

    if (begin_query(trial, VALUE_ID, &query)) {
        provider.result = ERROR_ACCESS_DENIED;
        provider.code = PERF_COLLECT_START;
        provider.is_slow = true;
        const ULONG status = query_status(query);
        trial_expect(trial, !status, "error 5 after %u ms: the result has %lu", SLOW_MS, status);
        Sleep(SLOW_MS);
        v2.close(query);
    }
    end();
}

void try_v2_data_no_reference(struct trial *trial)
{
    HANDLE query;

    if (begin_query(trial, REFERENCE_ID, &query)) {
        const ULONG status = query_status(query);
        trial_expect(trial, status == ERROR_NO_DATA, "no address was set: the result has %lu",
                     status);
        v2.close(query);
    }
    end();
}

void try_v2_stop_busy(struct trial *trial)
{
    HANDLE query;

    if (begin_query(trial, VALUE_ID, &query)) {
        provider.stop_result = MAXDWORD;
        provider.code = PERF_COLLECT_START;
        provider.stops = true;
        query_status(query);
        trial_expect(trial, provider.stop_result == ERROR_BUSY,
                     "PerfStopProvider inside the callback: %ld", (LONG)provider.stop_result);
        v2.close(query);
    }
    end();
}

void try_v2_set_as_manifest(struct trial *trial)
{
    HANDLE query;

    if (truth_system_is_emulated) {
        trial_impossible(trial, "the emulation needs no manifest");
        return;
    }
    if (begin_query(trial, VALUE_ID, &query)) {
        const ULONG described = describe(&other_guid);
        const ULONG status = add_counter(query, &other_guid, VALUE_ID);

        trial_expect(trial, status == ERROR_WMI_GUID_NOT_FOUND,
                     "a set that the manifest does not have: %lu, and Status %lu", described,
                     status);
        v2.close(query);
    }
    end();
}

/* The title indices of all objects. */
static unsigned read_indices(DWORD *indices)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;
    unsigned count = 0;

    truth_answer_ask_all(&answer, L"Global");
    while (count < OBJECTS_MAX && (object = truth_answer_object(&answer, count)) != NULL)
        indices[count++] = object->ObjectNameTitleIndex;
    truth_answer_release(&answer);
    truth_system_close_key();
    return count;
}

void try_v2_object_indices(struct trial *trial)
{
    static DWORD before[OBJECTS_MAX], after[OBJECTS_MAX];
    DWORD last = 0;

    if (truth_system_is_emulated) {
        trial_impossible(trial, "the emulation registers no sets");
        return;
    }
    const unsigned before_count = read_indices(before);
    truth_service_perflib_number(L"Last Counter", &last);
    if (begin(trial)) {
        const unsigned after_count = read_indices(after);

        trial->expected_count = 0; /* that the provider starts is not the claim */
        for (unsigned i = 0; i < after_count; i++) {
            unsigned j = 0;

            while (j < before_count && before[j] != after[i])
                j++;
            if (j == before_count)
                trial_expect(trial, after[i] > last, "Last Counter %lu, the set is object %lu",
                             last, after[i]);
        }
        if (!trial->expected_count)
            trial_impossible(trial, "the registered set is no object here");
    }
    end();
}
