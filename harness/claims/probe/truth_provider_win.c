/* SPDX-License-Identifier: MIT
 *
 * The temporary provider that windows-truth.exe registers if it has the right to. It logs its calls
 * and misbehaves as the plan says (truth_plan.h). Two services share it: the first one misbehaves.
 * The second one never does, so that a trial sees whether a reader's other data stay.
 *
 * Without a plan in the environment each call succeeds and has no data.
 */
#include <stddef.h>
#include <string.h>

#include "truth_plan.h"
#include "winperf.h"

#define EXPORT __declspec(dllexport)
#define GUARD_SIZE 1024 /* bytes; Rule: PM_COLLECT_PROC, ExtCounterTestLevel */
#define INSTANCE_NAME_SIZE 16
#define LARGE_INSTANCES 3000 /* of a LARGE answer, which has 200,000 bytes then */

struct numbers {
    PERF_COUNTER_BLOCK block;
    DWORD number;
    ULONGLONG rate;
    ULONGLONG last;
};

struct instance {
    PERF_INSTANCE_DEFINITION definition;
    WCHAR name[INSTANCE_NAME_SIZE / sizeof(WCHAR)];
    struct numbers numbers;
};

#define COUNTERS 3

struct answer {
    PERF_OBJECT_TYPE object;
    PERF_COUNTER_DEFINITION counters[COUNTERS];
    struct instance instances[2];
};

static struct truth_plan *plan; /* NULL: the probe did not start this process */
static HANDLE mapping;
static ULONGLONG collects;
static struct answer sample;

static void open_plan(void)
{
    WCHAR name[128];
    const DWORD length = GetEnvironmentVariableW(TRUTH_PLAN_VARIABLE, name, 128);

    if (!length || length >= 128)
        return;
    mapping = OpenFileMappingW(FILE_MAP_WRITE, FALSE, name);
    if (mapping)
        plan = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof(*plan));
}

/* The next free entry of the log, or NULL. The caller sets its kind last. */
static struct truth_call *next_call(void)
{
    const LONG position = InterlockedIncrement(&plan->call_count) - 1;

    return position < TRUTH_CALLS_MAX ? &plan->calls[position] : NULL;
}

static void log_call(LONG kind, LONG service, const WCHAR *text, const void *buffer,
                     const DWORD sizes[2])
{
    struct truth_call *call = plan ? next_call() : NULL;

    if (!call)
        return;
    call->service = service;
    call->process = GetCurrentProcessId();
    call->thread = GetCurrentThreadId();
    call->buffer = (ULONGLONG)(ULONG_PTR)buffer;
    call->size = sizes ? sizes[0] : 0;
    call->count = sizes ? sizes[1] : 0;
    call->is_overlapping = plan->running > 1;
    call->has_text = text != NULL;
    for (int i = 0; text && text[i] && i < TRUTH_TEXT_MAX - 1; i++)
        call->text[i] = text[i];
    InterlockedExchange(&call->kind, kind);
}

static LONG fault_of(LONG service)
{
    return plan && service == 1 ? plan->fault : TRUTH_FAULT_NONE;
}

/* Crash: write to an address without memory. */
static void crash(void)
{
    volatile ULONG_PTR place = 16;

    *(volatile int *)place = 1;
}

/* ---- which objects a query wants ------------------------------------------------------------ */

static BOOL is_word(const WCHAR *at, size_t length, const char *word)
{
    size_t i = 0;

    for (; i < length && word[i]; i++)
        if ((at[i] | 32) != (word[i] | 32))
            return FALSE;
    return i == length && !word[i];
}

static BOOL is_index(const WCHAR *at, size_t length, DWORD index)
{
    ULONGLONG number = 0;

    for (size_t i = 0; i < length; i++) {
        if (at[i] < '0' || at[i] > '9' || number > MAXDWORD)
            return FALSE;
        number = number * 10 + (ULONGLONG)(at[i] - '0');
    }
    return length && number == index;
}

static BOOL is_wanted(const WCHAR *query, DWORD index)
{
    BOOL is_first = TRUE;

    for (const WCHAR *at = query; at && *at; is_first = FALSE) {
        size_t length = 0;

        while (*at == ' ' || *at == '\t')
            at++;
        while (at[length] && at[length] != ' ' && at[length] != '\t')
            length++;
        if (is_first && is_word(at, length, "Foreign"))
            return FALSE;
        if (is_word(at, length, "Global") || is_word(at, length, "MetadataGlobal") ||
            is_index(at, length, index))
            return TRUE;
        at += length;
    }
    return FALSE;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void add_counter(PERF_COUNTER_DEFINITION *counter, DWORD index, DWORD type, size_t offset)
{
    counter->ByteLength = sizeof(*counter);
    counter->CounterNameTitleIndex = index;
    counter->CounterHelpTitleIndex = index + 1;
    counter->DetailLevel = PERF_DETAIL_NOVICE;
    counter->CounterType = type;
    counter->CounterSize = type == PERF_COUNTER_RAWCOUNT ? 4 : 8;
    counter->CounterOffset = (DWORD)offset;
}

static void add_instance(struct instance *instance, const WCHAR *name)
{
    const DWORD length = (DWORD)lstrlenW(name) + 1;

    instance->definition.ByteLength = offsetof(struct instance, numbers);
    instance->definition.UniqueID = PERF_NO_UNIQUE_ID;
    instance->definition.NameOffset = sizeof(instance->definition);
    instance->definition.NameLength = length * sizeof(WCHAR);
    memcpy(instance->name, name, length * sizeof(WCHAR));
    instance->numbers.block.ByteLength = sizeof(instance->numbers);
    instance->numbers.number = TRUTH_NUMBER;
    instance->numbers.rate = collects;
    instance->numbers.last = 1;
}

static void build(struct answer *answer, DWORD index)
{
    memset(answer, 0, sizeof(*answer));
    answer->object.TotalByteLength = sizeof(*answer);
    answer->object.DefinitionLength = offsetof(struct answer, instances);
    answer->object.HeaderLength = sizeof(answer->object);
    answer->object.ObjectNameTitleIndex = index + TRUTH_OBJECT;
    answer->object.ObjectHelpTitleIndex = index + TRUTH_OBJECT + 1;
    answer->object.DetailLevel = PERF_DETAIL_NOVICE;
    answer->object.NumCounters = COUNTERS;
    answer->object.DefaultCounter = 0;
    answer->object.NumInstances = 2;
    QueryPerformanceCounter(&answer->object.PerfTime);
    QueryPerformanceFrequency(&answer->object.PerfFreq);
    add_counter(&answer->counters[0], index + TRUTH_COUNTER_NUMBER, PERF_COUNTER_RAWCOUNT,
                offsetof(struct numbers, number));
    add_counter(&answer->counters[1], index + TRUTH_COUNTER_RATE, PERF_COUNTER_BULK_COUNT,
                offsetof(struct numbers, rate));
    add_counter(&answer->counters[2], index + TRUTH_COUNTER_LAST, PERF_COUNTER_LARGE_RAWCOUNT,
                offsetof(struct numbers, last));
    add_instance(&answer->instances[0], L"first");
    add_instance(&answer->instances[1], L"second");
}

/* Damage the answer, if the fault is one of the answer itself. */
static void spoil(struct answer *answer, LONG fault)
{
    switch (fault) {
    case TRUTH_FAULT_LENGTH_SUM:
    case TRUTH_FAULT_SEVERAL:
        answer->object.TotalByteLength += 8;
        break;
    case TRUTH_FAULT_INSTANCE_SUM:
        answer->instances[1].definition.ByteLength += 8;
        break;
    case TRUTH_FAULT_DEFINITIONS:
        answer->counters[COUNTERS - 1].ByteLength += 8;
        break;
    case TRUTH_FAULT_CODE_PAGE:
        answer->object.CodePage = 1252;
        for (int i = 0; i < 2; i++) {
            memcpy(answer->instances[i].name, i ? "zwei\0\0" : "eins\0\0", 6);
            answer->instances[i].definition.NameLength = 5;
        }
        break;
    default:
        break;
    }
}

/* Write a LARGE answer: the sample's first instance again and again. */
static DWORD write_large(struct answer *answer, BYTE *to, DWORD capacity)
{
    const DWORD definitions = offsetof(struct answer, instances);
    const DWORD size = definitions + LARGE_INSTANCES * sizeof(struct instance);

    if (capacity < size)
        return 0;
    answer->object.TotalByteLength = size;
    answer->object.NumInstances = LARGE_INSTANCES;
    memcpy(to, answer, definitions);
    for (DWORD i = 0; i < LARGE_INSTANCES; i++)
        memcpy(to + definitions + i * sizeof(struct instance), &answer->instances[0],
               sizeof(struct instance));
    return size;
}

/* Write the other objects of a LARGE or EXTRA_OBJECT answer. Returns the bytes written; 0 if
   they do not fit. */
static DWORD write_answer(struct answer *answer, BYTE *to, DWORD capacity, LONG fault)
{
    if (fault == TRUTH_FAULT_LARGE)
        return write_large(answer, to, capacity);
    if (fault == TRUTH_FAULT_METADATA) {
        answer->object.NumInstances = PERF_METADATA_MULTIPLE_INSTANCES;
        answer->object.TotalByteLength = answer->object.DefinitionLength;
    }
    const DWORD size =
        fault == TRUTH_FAULT_METADATA ? answer->object.DefinitionLength : sizeof(*answer);
    const DWORD objects = fault == TRUTH_FAULT_EXTRA_OBJECT ? 2 : 1;

    if (capacity < objects * size)
        return 0;
    for (DWORD i = 0; i < objects; i++) {
        memcpy(to + i * size, answer, size);
        ((PERF_OBJECT_TYPE *)(to + i * size))->ObjectNameTitleIndex += i * 10;
    }
    return objects * size;
}

/* ---- the faults of the reply --------------------------------------------------------------- */

struct reply {
    BYTE *start;
    DWORD capacity;
    DWORD size;  /* the size that is returned */
    DWORD moved; /* how far the pointer is advanced */
    DWORD count;
    DWORD result;
};

static void misreply(struct reply *reply, LONG fault)
{
    volatile BYTE *const start = reply->start;

    switch (fault) {
    case TRUTH_FAULT_OVERRUN:
        start[reply->capacity] ^= 0xFF;
        break;
    case TRUTH_FAULT_UNDERRUN:
        start[-1] ^= 0xFF;
        break;
    case TRUTH_FAULT_OVERRUN_GUARD:
        start[reply->capacity + GUARD_SIZE - 1] ^= 0xFF;
        break;
    case TRUTH_FAULT_PAST_END:
        for (DWORD i = 0; i < 8; i++)
            start[reply->capacity + i] ^= 0xFF;
        reply->size = reply->moved = reply->capacity + 8;
        break;
    case TRUTH_FAULT_PAST_GUARD:
        reply->size = reply->moved = reply->capacity + GUARD_SIZE + 8;
        break;
    case TRUTH_FAULT_SIZE_BEYOND:
        reply->size = reply->capacity + 8;
        break;
    case TRUTH_FAULT_POINTER_STAYS:
        reply->moved = 0;
        break;
    case TRUTH_FAULT_POINTER_SHORT:
        reply->moved -= 8;
        break;
    case TRUTH_FAULT_UNALIGNED:
        ((PERF_OBJECT_TYPE *)reply->start)->TotalByteLength += 4;
        reply->size += 4;
        reply->moved += 4;
        break;
    case TRUTH_FAULT_SEVERAL:
        start[reply->capacity] ^= 0xFF;
        reply->moved -= 8;
        break;
    case TRUTH_FAULT_COUNT_WRONG:
        reply->count = 3;
        break;
    case TRUTH_FAULT_COLLECT_FAILS:
        reply->result = ERROR_BAD_ENVIRONMENT;
        break;
    default:
        break;
    }
}

static DWORD collect(LONG service, const WCHAR *query, void **data, DWORD *size, DWORD *count)
{
    const DWORD index = plan->first_index + (service == 2 ? TRUTH_SECOND_SERVICE : 0);
    const LONG fault = fault_of(service);
    struct reply reply = { .start = *data, .capacity = *size, .count = 1 };

    *size = 0;
    *count = 0;
    if (!is_wanted(query, index) || fault == TRUTH_FAULT_NO_OBJECTS)
        return ERROR_SUCCESS;
    if (fault == TRUTH_FAULT_MORE_DATA)
        return ERROR_MORE_DATA;
    build(&sample, index);
    spoil(&sample, fault);
    reply.size = reply.moved = write_answer(&sample, reply.start, reply.capacity, fault);
    if (!reply.size)
        return ERROR_MORE_DATA;
    reply.count = fault == TRUTH_FAULT_EXTRA_OBJECT ? 2 : 1;
    misreply(&reply, fault);
    *data = reply.start + reply.moved;
    *size = reply.size;
    *count = reply.count;
    return reply.result;
}

/* ---- the procedures ------------------------------------------------------------------------ */

static DWORD open_service(LONG service, LPWSTR context)
{
    if (!plan)
        return ERROR_SUCCESS;
    InterlockedIncrement(&plan->running);
    log_call(TRUTH_CALL_OPEN, service, context, NULL, NULL);
    if (fault_of(service) == TRUTH_FAULT_OPEN_CRASHES)
        crash();
    if (fault_of(service) == TRUTH_FAULT_OPEN_LATE)
        Sleep((DWORD)plan->delay_ms);
    InterlockedDecrement(&plan->running);
    return fault_of(service) == TRUTH_FAULT_OPEN_FAILS ? ERROR_BAD_ENVIRONMENT : ERROR_SUCCESS;
}

static DWORD collect_service(LONG service, LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count)
{
    DWORD result = ERROR_SUCCESS;

    if (!plan || !data || !size || !count) {
        if (size)
            *size = 0;
        if (count)
            *count = 0;
        return ERROR_SUCCESS;
    }
    InterlockedIncrement(&plan->running);
    collects++;
    log_call(TRUTH_CALL_COLLECT, service, query, *data, (DWORD[]){ *size, *count });
    if (fault_of(service) == TRUTH_FAULT_COLLECT_CRASHES)
        crash();
    if (fault_of(service) == TRUTH_FAULT_COLLECT_LATE)
        Sleep((DWORD)plan->delay_ms);
    if (plan->slow_ms)
        Sleep((DWORD)plan->slow_ms);
    result = collect(service, query, data, size, count);
    InterlockedDecrement(&plan->running);
    return result;
}

static DWORD close_service(LONG service)
{
    log_call(TRUTH_CALL_CLOSE, service, NULL, NULL, NULL);
    if (fault_of(service) == TRUTH_FAULT_CLOSE_CRASHES)
        crash();
    return ERROR_SUCCESS;
}

EXPORT DWORD APIENTRY OpenTruth1(LPWSTR context);
EXPORT DWORD APIENTRY OpenTruth2(LPWSTR context);
EXPORT DWORD APIENTRY CollectTruth1(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count);
EXPORT DWORD APIENTRY CollectTruth2(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count);
EXPORT DWORD APIENTRY CloseTruth1(void);
EXPORT DWORD APIENTRY CloseTruth2(void);

DWORD APIENTRY OpenTruth1(LPWSTR context)
{
    return open_service(1, context);
}

DWORD APIENTRY OpenTruth2(LPWSTR context)
{
    return open_service(2, context);
}

DWORD APIENTRY CollectTruth1(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count)
{
    return collect_service(1, query, data, size, count);
}

DWORD APIENTRY CollectTruth2(LPWSTR query, LPVOID *data, LPDWORD size, LPDWORD count)
{
    return collect_service(2, query, data, size, count);
}

DWORD APIENTRY CloseTruth1(void)
{
    return close_service(1);
}

DWORD APIENTRY CloseTruth2(void)
{
    return close_service(2);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    if (reason == DLL_PROCESS_ATTACH) {
        open_plan();
        log_call(TRUTH_CALL_LOAD, 0, NULL, NULL, NULL);
        if (plan && plan->load_fault == TRUTH_FAULT_LOAD_CRASHES)
            crash();
    }
    if (reason == DLL_PROCESS_DETACH && plan && !reserved) {
        log_call(TRUTH_CALL_UNLOAD, 0, NULL, NULL, NULL);
        if (plan->load_fault == TRUTH_FAULT_UNLOAD_CRASHES)
            crash();
        UnmapViewOfFile(plan);
        CloseHandle(mapping);
    }
    return TRUE;
}
