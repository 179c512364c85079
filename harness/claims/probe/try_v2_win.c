/* SPDX-License-Identifier: MIT
 *
 * The probes v2_provider and v2_memory: the provider's functions of PERFLIB V2. No rights are
 * needed: a provider whose manifest is not installed can still start. Results: 87 is
 * ERROR_INVALID_PARAMETER, 1168 is ERROR_NOT_FOUND.
 */
#include <stdlib.h>
#include <string.h>

#include "winperf.h"
#include "perflib.h"
#include "trial.h"

#define UNTOUCHED ((HANDLE)(ULONG_PTR)0xDEADBEEF)
#define COUNTER_DWORD 1
#define COUNTER_LARGE 2
#define COUNTER_REFERENCE 3
#define CELLS 32 /* bytes of PERF_COUNTERSET_INSTANCE */

static struct {
    __typeof__(PerfStartProvider) *start;
    __typeof__(PerfStartProviderEx) *start_ex;
    __typeof__(PerfStopProvider) *stop;
    __typeof__(PerfSetCounterSetInfo) *set_info;
    __typeof__(PerfCreateInstance) *create;
    __typeof__(PerfDeleteInstance) *delete;
    __typeof__(PerfQueryInstance) *query;
    __typeof__(PerfSetCounterRefValue) *set_ref;
    __typeof__(PerfSetULongCounterValue) *set_dword;
    __typeof__(PerfSetULongLongCounterValue) *set_large;
    __typeof__(PerfIncrementULongCounterValue) *increment_dword;
    __typeof__(PerfIncrementULongLongCounterValue) *increment_large;
    __typeof__(PerfDecrementULongCounterValue) *decrement_dword;
} v2;

static bool begin(struct trial *trial)
{
    return trial_find(trial, "PerfStartProvider", &v2.start) &&
           trial_find(trial, "PerfStartProviderEx", &v2.start_ex) &&
           trial_find(trial, "PerfStopProvider", &v2.stop) &&
           trial_find(trial, "PerfSetCounterSetInfo", &v2.set_info) &&
           trial_find(trial, "PerfCreateInstance", &v2.create) &&
           trial_find(trial, "PerfDeleteInstance", &v2.delete) &&
           trial_find(trial, "PerfSetCounterRefValue", &v2.set_ref);
}

/* Begin a trial of values; Wine has no functions that set or change them. */
static bool begin_values(struct trial *trial)
{
    return trial_find(trial, "PerfSetULongCounterValue", &v2.set_dword) &&
           trial_find(trial, "PerfSetULongLongCounterValue", &v2.set_large);
}

static bool begin_changing(struct trial *trial)
{
    return begin_values(trial) &&
           trial_find(trial, "PerfIncrementULongCounterValue", &v2.increment_dword) &&
           trial_find(trial, "PerfIncrementULongLongCounterValue", &v2.increment_large) &&
           trial_find(trial, "PerfDecrementULongCounterValue", &v2.decrement_dword);
}

/* ---- a provider ---------------------------------------------------------------------------- */

static GUID provider_guid = { 0x7C1A2E55, 0x5A0C, 0x4D1B, { 1, 2, 3, 4, 5, 6, 7, 8 } };
static GUID set_guid = { 0x7C1A2E56, 0x5A0C, 0x4D1B, { 1, 2, 3, 4, 5, 6, 7, 8 } };
static GUID other_guid = { 0x7C1A2E57, 0x5A0C, 0x4D1B, { 1, 2, 3, 4, 5, 6, 7, 8 } };

struct template
{
    PERF_COUNTERSET_INFO set;
    PERF_COUNTER_INFO counters[3];
    BYTE spare[64];
};

#define TEMPLATE_SIZE offsetof(struct template, spare)

static void make_template(struct template *template, DWORD instance_type)
{
    memset(template, 0, sizeof(*template));
    template->set.CounterSetGuid = set_guid;
    template->set.ProviderGuid = provider_guid;
    template->set.NumCounters = 3;
    template->set.InstanceType = instance_type;
    for (DWORD i = 0; i < 3; i++) {
        PERF_COUNTER_INFO *counter = &template->counters[i];

        counter->CounterId = i + 1;
        counter->Type = i ? PERF_COUNTER_LARGE_RAWCOUNT : PERF_COUNTER_RAWCOUNT;
        counter->Size = i ? 8 : 4;
        counter->DetailLevel = PERF_DETAIL_NOVICE;
    }
    template->counters[2].Attrib = PERF_ATTRIB_BY_REFERENCE;
}

static unsigned callback_count;

static ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    (void)code;
    (void)buffer;
    (void)size;
    callback_count++;
    return ERROR_SUCCESS;
}

/* Start a provider with one set. */
static bool start_with_set(struct trial *trial, DWORD instance_type, HANDLE *provider)
{
    struct template template;

    if (!begin(trial))
        return false;
    ULONG error = v2.start(&provider_guid, on_request, provider);
    if (!error) {
        make_template(&template, instance_type);
        error = v2.set_info(*provider, &template.set, TEMPLATE_SIZE);
    }
    if (error)
        trial_expect(trial, false, "a provider with a set: %lu", error);
    return !error;
}

static bool start_with_instance(struct trial *trial, HANDLE *provider,
                                PERF_COUNTERSET_INSTANCE **instance)
{
    if (!start_with_set(trial, PERF_COUNTERSET_MULTI_INSTANCES, provider))
        return false;
    *instance = v2.create(*provider, &set_guid, L"one", 1);
    if (!*instance)
        trial_expect(trial, false, "an instance: %lu", GetLastError());
    return *instance != NULL;
}

static ULONGLONG cell(const PERF_COUNTERSET_INSTANCE *instance, unsigned position)
{
    ULONGLONG value;

    memcpy(&value, (const BYTE *)instance + CELLS + 8 * position, sizeof(value));
    return value;
}

/* ---- v2_provider: starting and sets --------------------------------------------------------- */

void try_v2_start_null(struct trial *trial)
{
    HANDLE handle = UNTOUCHED;

    if (!begin(trial))
        return;
    ULONG error = v2.start(NULL, NULL, &handle);
    trial_expect(trial, error == 87 && handle == UNTOUCHED, "no GUID: %lu, the handle is %s", error,
                 handle == UNTOUCHED ? "untouched" : "written");
    error = v2.start(&provider_guid, NULL, NULL);
    trial_expect(trial, error == 87, "no place for the handle: %lu", error);
}

void try_v2_start_twice(struct trial *trial)
{
    HANDLE first = NULL, second = NULL;

    if (!begin(trial))
        return;
    const ULONG one = v2.start(&provider_guid, NULL, &first);
    const ULONG two = v2.start(&provider_guid, NULL, &second);
    trial_expect(trial, !one && !two && first && second && first != second,
                 "results %lu and %lu, the handles are %s", one, two,
                 first == second ? "equal" : "different");
    if (!two)
        v2.stop(second);
    if (!one)
        v2.stop(first);
}

void try_v2_context_size(struct trial *trial)
{
    PERF_PROVIDER_CONTEXT context = { 0 };
    HANDLE handle = NULL;

    if (!begin(trial))
        return;
    ULONG error = v2.start_ex(&provider_guid, &context, &handle);
    trial_expect(trial, error == 87, "ContextSize 0: %lu", error);
    context.ContextSize = sizeof(context) + 1;
    error = v2.start_ex(&provider_guid, &context, &handle);
    trial_expect(trial, !error, "ContextSize sizeof + 1: %lu", error);
    if (!error)
        v2.stop(handle);
}

void try_v2_set_empty(struct trial *trial)
{
    struct template template;
    HANDLE provider = NULL;

    if (!begin(trial) || !trial_expect(trial, !v2.start(&provider_guid, NULL, &provider), "start"))
        return;
    make_template(&template, PERF_COUNTERSET_MULTI_INSTANCES);
    template.set.NumCounters = 0;
    ULONG error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, error == 87, "no counters: %lu", error);
    template.set.NumCounters = 3;
    error = v2.set_info(provider, &template.set, TEMPLATE_SIZE + 1);
    trial_expect(trial, !error, "1 byte too many: %lu", error);
    v2.stop(provider);
}

void try_v2_set_twice(struct trial *trial)
{
    struct template template;
    HANDLE provider = NULL;

    if (!start_with_set(trial, PERF_COUNTERSET_MULTI_INSTANCES, &provider))
        return;
    make_template(&template, PERF_COUNTERSET_MULTI_INSTANCES);
    const ULONG error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, error == ERROR_ALREADY_EXISTS, "the same set again: %lu", error);
    v2.stop(provider);
}

void try_v2_set_other_provider(struct trial *trial)
{
    struct template template;
    HANDLE provider = NULL;

    if (!begin(trial) || !trial_expect(trial, !v2.start(&provider_guid, NULL, &provider), "start"))
        return;
    make_template(&template, PERF_COUNTERSET_MULTI_INSTANCES);
    template.set.ProviderGuid = other_guid;
    const ULONG error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, !error, "a template of another provider: %lu", error);
    v2.stop(provider);
}

void try_v2_set_limits(struct trial *trial)
{
    struct template template;
    HANDLE provider = NULL;

    if (!begin(trial) || !trial_expect(trial, !v2.start(&provider_guid, NULL, &provider), "start"))
        return;
    make_template(&template, PERF_COUNTERSET_MULTI_INSTANCES);
    template.counters[1].CounterId = template.counters[0].CounterId;
    ULONG error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, error != 0, "two counters of one identifier: %lu", error);
    make_template(&template, 77);
    template.set.CounterSetGuid = other_guid;
    error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, error != 0, "instance type 77: %lu", error);
    v2.stop(provider);
}

/* ---- v2_provider: instances ----------------------------------------------------------------- */

void try_v2_create_null(struct trial *trial)
{
    HANDLE provider = NULL;

    if (!start_with_set(trial, PERF_COUNTERSET_MULTI_INSTANCES, &provider))
        return;
    SetLastError(0);
    void *instance = v2.create(provider, NULL, L"one", 0);
    trial_expect(trial, !instance && GetLastError() == 87, "no set: %lu", GetLastError());
    SetLastError(0);
    instance = v2.create(provider, &set_guid, NULL, 0);
    trial_expect(trial, !instance && GetLastError() == 87, "no name: %lu", GetLastError());
    SetLastError(0);
    instance = v2.create(provider, &other_guid, L"one", 0);
    trial_expect(trial, !instance && GetLastError() == 1168, "an unknown set: %lu", GetLastError());
    v2.stop(provider);
}

void try_v2_create_last_error(struct trial *trial)
{
    HANDLE provider = NULL;

    if (!start_with_set(trial, PERF_COUNTERSET_MULTI_INSTANCES, &provider))
        return;
    SetLastError(0xABCD);
    const void *instance = v2.create(provider, &set_guid, L"one", 0);
    const DWORD error = GetLastError();
    trial_expect(trial, instance && error == 0xABCD, "the last error is 0x%lX, it was 0xABCD",
                 error);
    v2.stop(provider);
}

/* Create the same instance twice, or two instances of a set with a single one. */
static void create_two(struct trial *trial, DWORD type, const WCHAR *second, DWORD expected)
{
    HANDLE provider = NULL;

    if (!start_with_set(trial, type, &provider))
        return;
    const void *one = v2.create(provider, &set_guid, L"one", 1);
    SetLastError(0);
    const void *two = v2.create(provider, &set_guid, second, 1);
    const DWORD error = GetLastError();
    trial_expect(trial, one && !two && (!expected || error == expected),
                 "the second instance \"%ls\" is %s: %lu", second, two ? "made" : "refused", error);
    v2.stop(provider);
}

void try_v2_create_twice(struct trial *trial)
{
    create_two(trial, PERF_COUNTERSET_MULTI_INSTANCES, L"one", 0);
}

void try_v2_create_single(struct trial *trial)
{
    create_two(trial, PERF_COUNTERSET_SINGLE_INSTANCE, L"two", 87);
}

void try_v2_instance_block(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!start_with_instance(trial, &provider, &instance))
        return;
    trial_expect(trial, instance->InstanceNameOffset == CELLS + 3 * 8,
                 "three counters: the name is at %lu", instance->InstanceNameOffset);
    trial_expect(trial, instance->InstanceNameSize == 4 * sizeof(WCHAR), "it has %lu bytes",
                 instance->InstanceNameSize);
    trial_expect(trial, instance->dwSize % 8 == 0 && instance->dwSize == CELLS + 3 * 8 + 8,
                 "the block has %lu bytes", instance->dwSize);
    trial_expect(trial, memcmp((BYTE *)instance + instance->InstanceNameOffset, L"one", 8) == 0,
                 "the name is there");
    v2.stop(provider);
}

/* The same name and number are refused a second time. Another name with another number is not. */
void try_v2_instance_names(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!start_with_instance(trial, &provider, &instance))
        return;
    SetLastError(0);
    const void *again = v2.create(provider, &set_guid, L"one", 1);
    trial_expect(trial, !again, "the same name and number: %s, %lu", again ? "made" : "refused",
                 GetLastError());
    const void *other = v2.create(provider, &set_guid, L"two", 2);
    trial_expect(trial, other != NULL, "another name: %s", other ? "made" : "refused");
    v2.stop(provider);
}

/* Make the instance "one" with the number 1, and then one that differs from it only in one of the two. */
static void create_similar(struct trial *trial, const WCHAR *name, ULONG number)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!start_with_instance(trial, &provider, &instance))
        return;
    SetLastError(0);
    const void *similar = v2.create(provider, &set_guid, name, number);
    trial_expect(trial, similar != NULL, "\"%ls\" with the number %lu: %s, %lu", name, number,
                 similar ? "made" : "refused", GetLastError());
    v2.stop(provider);
}

void try_v2_instance_same_name(struct trial *trial)
{
    create_similar(trial, L"one", 2);
}

void try_v2_instance_same_number(struct trial *trial)
{
    create_similar(trial, L"two", 1);
}

void try_v2_query_instance(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!trial_find(trial, "PerfQueryInstance", &v2.query) ||
        !start_with_instance(trial, &provider, &instance))
        return;
    trial_expect(trial, v2.query(provider, &set_guid, L"one", 1) == instance,
                 "name and number find the instance");
    trial_expect(trial, !v2.query(provider, &set_guid, L"none", 1), "another name finds none");
    v2.stop(provider);
}

/* ---- v2_provider: values -------------------------------------------------------------------- */

static void expect_result(struct trial *trial, ULONG error, ULONG expected, const char *what)
{
    trial_expect(trial, error == expected, "%s: %lu", what, error);
}

void try_v2_value_width(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!begin_values(trial) || !start_with_instance(trial, &provider, &instance))
        return;
    expect_result(trial, v2.set_dword(provider, instance, COUNTER_DWORD, 1), 0, "ULong on DWORD");
    expect_result(trial, v2.set_large(provider, instance, COUNTER_LARGE, 1), 0,
                  "ULongLong on LARGE");
    expect_result(trial, v2.set_dword(provider, instance, COUNTER_LARGE, 1), 87, "ULong on LARGE");
    expect_result(trial, v2.set_large(provider, instance, COUNTER_DWORD, 1), 87,
                  "ULongLong on DWORD");
    expect_result(trial, v2.set_large(provider, instance, COUNTER_REFERENCE, 1), 87,
                  "ULongLong on a reference");
    v2.stop(provider);
}

void try_v2_value_reference(struct trial *trial)
{
    static ULONGLONG value;
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!start_with_instance(trial, &provider, &instance))
        return;
    expect_result(trial, v2.set_ref(provider, instance, COUNTER_REFERENCE, &value), 0,
                  "a counter by reference");
    expect_result(trial, v2.set_ref(provider, instance, COUNTER_LARGE, &value), 87,
                  "a counter by value");
    v2.stop(provider);
}

void try_v2_value_unknown(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!begin_values(trial) || !start_with_instance(trial, &provider, &instance))
        return;
    expect_result(trial, v2.set_dword(provider, instance, 99, 1), 1168, "ULong");
    expect_result(trial, v2.set_large(provider, instance, 99, 1), 1168, "ULongLong");
    expect_result(trial, v2.set_ref(provider, instance, 99, &callback_count), 1168, "reference");
    v2.stop(provider);
}

void try_v2_value_cell(struct trial *trial)
{
    static ULONGLONG value;
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!begin_values(trial) || !start_with_instance(trial, &provider, &instance))
        return;
    v2.set_dword(provider, instance, COUNTER_DWORD, 0x11223344);
    v2.set_large(provider, instance, COUNTER_LARGE, 0x1122334455667788ull);
    v2.set_ref(provider, instance, COUNTER_REFERENCE, &value);
    trial_expect(trial, (DWORD)cell(instance, 0) == 0x11223344, "cell 0 is 0x%llX",
                 cell(instance, 0));
    trial_expect(trial, cell(instance, 1) == 0x1122334455667788ull, "cell 1 is 0x%llX",
                 cell(instance, 1));
    trial_expect(trial, cell(instance, 2) == (ULONG_PTR)&value, "cell 2 is the address");
    v2.stop(provider);
}

void try_v2_value_change(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!begin_changing(trial) || !start_with_instance(trial, &provider, &instance))
        return;
    v2.set_dword(provider, instance, COUNTER_DWORD, 0xFFFFFFFF);
    expect_result(trial, v2.increment_dword(provider, instance, COUNTER_DWORD, 3), 0, "increment");
    trial_expect(trial, (DWORD)cell(instance, 0) == 2, "0xFFFFFFFF and 3 are %lu",
                 (DWORD)cell(instance, 0));
    expect_result(trial, v2.increment_dword(provider, instance, COUNTER_LARGE, 1), 87,
                  "ULong on LARGE");
    expect_result(trial, v2.increment_large(provider, instance, COUNTER_DWORD, 1), 87,
                  "ULongLong on DWORD");
    expect_result(trial, v2.increment_dword(provider, instance, 99, 1), 1168, "unknown");
    v2.stop(provider);
}

void try_v2_value_underflow(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    if (!begin_changing(trial) || !start_with_instance(trial, &provider, &instance))
        return;
    v2.set_dword(provider, instance, COUNTER_DWORD, 1);
    expect_result(trial, v2.decrement_dword(provider, instance, COUNTER_DWORD, 2), 0, "decrement");
    trial_expect(trial, (DWORD)cell(instance, 0) == 0xFFFFFFFF, "1 less 2 is 0x%lX",
                 (DWORD)cell(instance, 0));
    v2.stop(provider);
}

#define STEPS 200000 /* additions of each thread; chosen: enough for the threads to meet */

struct counting {
    HANDLE provider;
    PERF_COUNTERSET_INSTANCE *instance;
};

static DWORD WINAPI count_up(void *parameter)
{
    const struct counting *counting = parameter;

    for (int i = 0; i < STEPS; i++)
        v2.increment_large(counting->provider, counting->instance, COUNTER_LARGE, 1);
    return 0;
}

/* Two threads count. No step may be lost. */
void try_v2_value_whole(struct trial *trial)
{
    struct counting counting;
    HANDLE threads[2];

    if (!begin_changing(trial) ||
        !start_with_instance(trial, &counting.provider, &counting.instance))
        return;
    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, count_up, &counting, 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    trial_expect(trial, cell(counting.instance, 1) == 2 * STEPS,
                 "two threads add 1, %u times each: %llu", STEPS, cell(counting.instance, 1));
    v2.stop(counting.provider);
}

void try_v2_callback_quiet(struct trial *trial)
{
    HANDLE provider = NULL;
    PERF_COUNTERSET_INSTANCE *instance;

    callback_count = 0;
    if (!start_with_instance(trial, &provider, &instance))
        return;
    v2.set_ref(provider, instance, COUNTER_REFERENCE, &callback_count);
    v2.delete(provider, instance);
    v2.stop(provider);
    trial_expect(trial, callback_count == 0, "%u calls", callback_count);
}

/* ---- v2_memory ----------------------------------------------------------------------------- */

#define BLOCKS_MAX 256 /* remembered blocks; chosen: a provider of one set needs a few */

static struct {
    unsigned allocations, frees, live, unknown, after_stop, other_thread, other_context;
    unsigned unaligned;
    bool is_stopped, fails;
    DWORD thread;
    char sizes[160]; /* sizes of the blocks, in their order */
    void *blocks[BLOCKS_MAX];
    SIZE_T lengths[BLOCKS_MAX];
} memory;

static LPVOID CALLBACK allocate(SIZE_T size, LPVOID context)
{
    memory.other_context += context != &memory;
    memory.other_thread += GetCurrentThreadId() != memory.thread;
    memory.after_stop += memory.is_stopped;
    if (memory.fails || memory.allocations >= BLOCKS_MAX)
        return NULL;
    void *block = HeapAlloc(GetProcessHeap(), 0, size);
    memory.unaligned += (ULONG_PTR)block % (2 * sizeof(void *)) != 0;
    memory.blocks[memory.allocations] = block;
    memory.lengths[memory.allocations] = size;
    memory.allocations++;
    memory.live++;
    const size_t used = strlen(memory.sizes);
    if (used < sizeof(memory.sizes) - 16)
        wsprintfA(memory.sizes + used, "%s%u", used ? " " : "", (unsigned)size);
    return block;
}

static void CALLBACK release(LPVOID block, LPVOID context)
{
    memory.other_context += context != &memory;
    memory.other_thread += GetCurrentThreadId() != memory.thread;
    memory.after_stop += memory.is_stopped;
    for (unsigned i = 0; i < memory.allocations; i++)
        if (memory.blocks[i] == block && block) {
            memory.blocks[i] = NULL;
            memory.live--;
            memory.frees++;
            HeapFree(GetProcessHeap(), 0, block);
            return;
        }
    memory.unknown++;
}

/* Run the whole life of a provider with memory routines. Returns false if it could not be tried. */
static bool live(struct trial *trial)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context),
                                      .MemAllocRoutine = allocate,
                                      .MemFreeRoutine = release,
                                      .pMemContext = &memory };
    struct template template;
    HANDLE provider = NULL;

    memset(&memory, 0, sizeof(memory));
    memory.thread = GetCurrentThreadId();
    if (!begin(trial))
        return false;
    ULONG error = v2.start_ex(&provider_guid, &context, &provider);
    if (!trial_expect(trial, !error, "start with memory routines: %lu", error))
        return false;
    make_template(&template, PERF_COUNTERSET_MULTI_INSTANCES);
    error = v2.set_info(provider, &template.set, TEMPLATE_SIZE);
    trial_expect(trial, !error, "a set: %lu", error);
    PERF_COUNTERSET_INSTANCE *one = v2.create(provider, &set_guid, L"one", 1);
    PERF_COUNTERSET_INSTANCE *two = v2.create(provider, &set_guid, L"two", 2);
    trial_expect(trial, one && two, "two instances");
    if (one)
        v2.delete(provider, one);
    error = v2.stop(provider);
    memory.is_stopped = true;
    trial_observe(trial, "stop: %lu; blocks of %s bytes, %u frees", error, memory.sizes,
                  memory.frees);
    if (!memory.allocations)
        trial_impossible(trial, "the routines are not called");
    return memory.allocations != 0;
}

void try_v2_memory_pair(struct trial *trial)
{
    if (live(trial))
        trial_expect(trial, memory.allocations && memory.frees, "both routines are called");
}

void try_v2_memory_refused(struct trial *trial)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context), .MemAllocRoutine = allocate };
    HANDLE provider = NULL;

    if (!begin(trial))
        return;
    ULONG error = v2.start_ex(&provider_guid, &context, &provider);
    trial_expect(trial, error == 87, "an allocating routine alone: %lu", error);
    if (!error)
        v2.stop(provider);
    context.MemAllocRoutine = NULL;
    context.MemFreeRoutine = release;
    error = v2.start_ex(&provider_guid, &context, &provider);
    trial_expect(trial, error == 87, "a freeing routine alone: %lu", error);
    if (!error)
        v2.stop(provider);
}

void try_v2_memory_context(struct trial *trial)
{
    if (live(trial))
        trial_expect(trial, !memory.other_context, "%u calls with another context",
                     memory.other_context);
}

void try_v2_memory_blocks(struct trial *trial)
{
    if (live(trial))
        trial_expect(trial, !memory.unknown, "%u frees of what is no block", memory.unknown);
}

void try_v2_memory_alignment(struct trial *trial)
{
    if (live(trial))
        trial_expect(trial, !memory.unaligned,
                     "%u of %u blocks of the process heap are not aligned to %u bytes",
                     memory.unaligned, memory.allocations, (unsigned)(2 * sizeof(void *)));
}

void try_v2_memory_until_stop(struct trial *trial)
{
    if (live(trial))
        trial_expect(trial, !memory.live && !memory.after_stop,
                     "%u blocks are left after the stop, %u calls come after it", memory.live,
                     memory.after_stop);
}

void try_v2_memory_what(struct trial *trial)
{
    if (!live(trial))
        return;
    trial_expect(trial, memory.allocations >= 4,
                 "provider, set and two instances: %u blocks of %s bytes", memory.allocations,
                 memory.sizes);
    trial_expect(trial, !memory.other_thread, "%u calls on another thread", memory.other_thread);
}

void try_v2_memory_none(struct trial *trial)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context),
                                      .MemAllocRoutine = allocate,
                                      .MemFreeRoutine = release,
                                      .pMemContext = &memory };
    HANDLE provider = NULL;

    memset(&memory, 0, sizeof(memory));
    if (!begin(trial))
        return;
    memory.fails = true;
    const ULONG error = v2.start_ex(&provider_guid, &context, &provider);
    trial_expect(trial, error == ERROR_OUTOFMEMORY || error == ERROR_NOT_ENOUGH_MEMORY,
                 "PerfStartProviderEx without memory: %lu", error);
    if (!error)
        v2.stop(provider);
}
