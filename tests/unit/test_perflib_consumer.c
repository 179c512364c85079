/* SPDX-License-Identifier: MIT
 *
 * The consumer's side of PERFLIB's emulation: what is added, told to providers, collected and
 * registered; every block of an answer is walked, and every room from 0 to the need is tried.
 */
#include "unit.h"

#include <stdatomic.h>

#include "findings.h"
#include "os.h"
#include "perflib_catalog.h"
#include "perflib_emulation.h"
#include "perflib_system.h"
#include "perflib_views.h"

static GUID provider_guid = { 0xdeadbeef, 1, 2, { 1 } };
static const GUID set_guid = { 0xdeadbeef, 2, 3, { 2 } };
static const GUID no_guid = { 0xdeadbeef, 9, 9, { 9 } };

enum { NARROW = 1, WIDE = 2, BY_REFERENCE = 7 };
#define ANY 0xFFFFFFFF

/* ---- providers of these tests -------------------------------------------------------- */

static struct {
    ULONG codes[64];
    size_t count;
    ULONG fail_code; /* this request is answered with an error */
    ULONG slow_code; /* this one only after 1.3 seconds */
    WCHAR instance[32];
} requests;

static struct os_lock requests_lock;

static ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    if (code == PERF_ADD_COUNTER) {
        const PERF_COUNTER_IDENTITY *identity = buffer;
        const WCHAR *name = (const WCHAR *)((char *)buffer + identity->NameOffset);

        if (identity->BufferSize == size && identity->CounterId == ANY)
            for (size_t i = 0; i < 31 && name[i]; i++)
                requests.instance[i] = name[i];
    }
    if (code == requests.slow_code)
        os_sleep_ms(1300);
    os_lock_acquire(&requests_lock); /* a slow request meets those that come behind it */
    requests.codes[requests.count++] = code;
    os_lock_release(&requests_lock);
    return code == requests.fail_code ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static HANDLE start(ULONG instance_type, PERFLIBREQUEST callback)
{
    struct {
        PERF_COUNTERSET_INFO set;
        PERF_COUNTER_INFO counters[3];
    } template = {
        { set_guid, provider_guid, 3, instance_type },
        {
            { NARROW, PERF_COUNTER_RAWCOUNT, 0, 4, PERF_DETAIL_ADVANCED, 0, 0 },
            { WIDE, PERF_COUNTER_LARGE_RAWCOUNT, 0, 8, PERF_DETAIL_NOVICE, -1, 0 },
            { BY_REFERENCE, PERF_COUNTER_BULK_COUNT, PERF_ATTRIB_BY_REFERENCE, 8,
              PERF_DETAIL_NOVICE, 0, 0 },
        },
    };
    HANDLE provider = NULL;

    memset(&requests, 0, sizeof(requests));
    assert_int_equal(PerfStartProvider(&provider_guid, callback, &provider), 0);
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)), 0);
    return provider;
}

static uint64_t referred = 77;

static PERF_COUNTERSET_INSTANCE *add(HANDLE provider, const WCHAR *name, ULONG id, ULONG narrow,
                                     uint64_t wide)
{
    PERF_COUNTERSET_INSTANCE *instance = PerfCreateInstance(provider, &set_guid, name, id);

    assert_non_null(instance);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, NARROW, narrow), 0);
    assert_int_equal(PerfSetULongLongCounterValue(provider, instance, WIDE, wide), 0);
    assert_int_equal(PerfSetCounterRefValue(provider, instance, BY_REFERENCE, &referred), 0);
    return instance;
}

/* ---- consumers ----------------------------------------------------------------------- */

struct block {
    PERF_COUNTER_IDENTIFIER identifier;
    WCHAR name[16];
};

static struct block block_of(const WCHAR *name, ULONG counter, ULONG instance)
{
    struct block block = { .identifier = { .CounterSetGuid = set_guid,
                                           .Status = 0xdeadbeef,
                                           .CounterId = counter,
                                           .InstanceId = instance } };
    size_t length = 0;

    while (name[length]) {
        block.name[length] = name[length];
        length++;
    }
    block.identifier.Size =
        sizeof(block.identifier) + (length ? (ULONG)((length + 1) * 2 + 7) & ~7u : 0);
    return block;
}

static ULONG add_block(HANDLE query, const WCHAR *name, ULONG counter, ULONG instance)
{
    struct block block = block_of(name, counter, instance);

    assert_int_equal(PerfAddCounters(query, &block.identifier, block.identifier.Size), 0);
    return block.identifier.Status;
}

/* The whole answer, memory from malloc; no room short of it is enough. */
static PERF_DATA_HEADER *collect(HANDLE query)
{
    DWORD need = 0, size = 0;

    assert_int_equal(PerfQueryCounterData(query, NULL, 0, &need), ERROR_NOT_ENOUGH_MEMORY);
    for (DWORD room = 8; room < need; room += 8) {
        unsigned char *exact = malloc(room); /* a sanitizer sees a byte too much */
        assert_int_equal(PerfQueryCounterData(query, (void *)exact, room, &size),
                         ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(size, need);
        free(exact);
    }
    PERF_DATA_HEADER *data = malloc(need);
    assert_int_equal(PerfQueryCounterData(query, data, need, &size), 0);
    assert_int_equal(size, need);
    assert_int_equal(data->dwTotalSize, need);
    return data;
}

static const PERF_COUNTER_HEADER *result_at(const PERF_DATA_HEADER *data, ULONG index)
{
    const char *at = (const char *)(data + 1);

    assert_true(index < data->dwNumCounters);
    while (index--)
        at += ((const PERF_COUNTER_HEADER *)at)->dwSize;
    assert_true(at < (const char *)data + data->dwTotalSize);
    return (const PERF_COUNTER_HEADER *)at;
}

/* The value of a PERF_COUNTER_DATA; *at moves behind it. */
static uint64_t next_value(const char **at)
{
    const PERF_COUNTER_DATA *data = (const PERF_COUNTER_DATA *)*at;
    uint64_t value = 0;

    assert_true(data->dwSize >= 16 && data->dwSize % 8 == 0 && data->dwDataSize <= 8);
    memcpy(&value, data + 1, data->dwDataSize);
    *at += data->dwSize;
    return value;
}

/* ---- queries ------------------------------------------------------------------------- */

static void a_query_without_counters_is_a_header(void **state)
{
    HANDLE query = NULL;
    DWORD size = 0xdeadbeef;

    (void)state;
    assert_int_equal(PerfOpenQueryHandle(NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfOpenQueryHandle(TEXT16("\\\\no such computer"), &query), 1722);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(PerfQueryCounterData(query, NULL, 0, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfQueryCounterData(query, NULL, 0, &size), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(size, sizeof(PERF_DATA_HEADER));

    const uint64_t before = os_time_100ns();
    PERF_DATA_HEADER *data = collect(query);
    assert_int_equal(data->dwNumCounters, 0);
    assert_true((uint64_t)data->PerfFreq == os_clock_frequency());
    assert_true((uint64_t)data->PerfTimeStamp <= os_clock_ticks());
    assert_true((uint64_t)data->PerfTime100NSec >= before);
    assert_true(data->SystemTime.wYear >= 2024 && data->SystemTime.wYear < 2100);
    free(data);
    assert_int_equal(PerfCloseQueryHandle(query), 0);
    assert_int_equal(PerfCloseQueryHandle(query), ERROR_INVALID_HANDLE);
    assert_int_equal(PerfQueryCounterData(query, NULL, 0, &size), ERROR_INVALID_HANDLE);
}

static void blocks_are_checked_before_anything_is_added(void **state)
{
    struct block block = block_of(TEXT16("a"), NARROW, ANY);
    HANDLE provider = start(PERF_COUNTERSET_MULTI_INSTANCES, NULL), query = NULL;
    DWORD size = 0;

    (void)state;
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(PerfAddCounters(NULL, &block.identifier, block.identifier.Size),
                     ERROR_INVALID_HANDLE);
    assert_int_equal(PerfAddCounters(query, NULL, block.identifier.Size), ERROR_INVALID_PARAMETER);
    for (DWORD bytes = 0; bytes < block.identifier.Size; bytes++)
        assert_int_equal(PerfAddCounters(query, &block.identifier, bytes), ERROR_INVALID_PARAMETER);
    block.name[1] = 'b'; /* no terminator inside Size */
    block.name[2] = block.name[3] = 'c';
    assert_int_equal(PerfAddCounters(query, &block.identifier, block.identifier.Size),
                     ERROR_INVALID_PARAMETER);
    block = block_of(TEXT16("a"), NARROW, ANY);
    block.identifier.Size = 0;
    assert_int_equal(PerfAddCounters(query, &block.identifier, sizeof(block)),
                     ERROR_INVALID_PARAMETER);
    block.identifier.Size = 0xFFFFFFF8;
    assert_int_equal(PerfAddCounters(query, &block.identifier, sizeof(block)),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfQueryCounterInfo(query, NULL, 0, &size), 0);
    assert_int_equal(size, 0);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void each_block_has_a_status_of_its_own(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_MULTI_INSTANCES, NULL), query = NULL;
    struct block blocks[4] = {
        block_of(TEXT16("three of 8"), NARROW, ANY), /* 10 units: each block is as long */
        block_of(TEXT16("three of 8"), NARROW, ANY),
        block_of(TEXT16("three of 8"), 99, ANY),
        block_of(TEXT16("three of 8"), ANY, ANY),
    };
    char bytes[sizeof(blocks)];
    DWORD used = 0;

    (void)state;
    blocks[1].identifier.CounterSetGuid = no_guid;
    for (size_t i = 0; i < 4; i++) {
        memcpy(bytes + used, &blocks[i], blocks[i].identifier.Size);
        used += blocks[i].identifier.Size;
    }
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(PerfAddCounters(query, (PERF_COUNTER_IDENTIFIER *)bytes, used), 0);
    static const ULONG statuses[] = { 0, ERROR_WMI_GUID_NOT_FOUND, ERROR_NOT_FOUND, 0 };
    for (size_t i = 0; i < 4; i++) {
        const PERF_COUNTER_IDENTIFIER *block =
            (const void *)(bytes + i * blocks[0].identifier.Size);
        assert_int_equal(block->Status, statuses[i]);
    }
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), ERROR_INVALID_PARAMETER);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void a_single_instance_set_gives_one_counter_or_all(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, NULL), query = NULL;

    (void)state;
    add(provider, TEXT16("_Default"), 0, 5, 1ull << 35);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16("x"), NARROW, ANY), ERROR_INVALID_PARAMETER);
    assert_int_equal(add_block(query, TEXT16(""), WIDE, ANY), 0);
    assert_int_equal(add_block(query, TEXT16(""), ANY, 0), 0);

    PERF_DATA_HEADER *data = collect(query);
    assert_int_equal(data->dwNumCounters, 2);
    const PERF_COUNTER_HEADER *one = result_at(data, 0), *all = result_at(data, 1);
    assert_int_equal(one->dwStatus, 0);
    assert_int_equal(one->dwType, PERF_SINGLE_COUNTER);
    const char *at = (const char *)(one + 1);
    assert_true(next_value(&at) == 1ull << 35);
    assert_ptr_equal(at, all);

    assert_int_equal(all->dwType, PERF_MULTIPLE_COUNTERS);
    const PERF_MULTI_COUNTERS *counters = (const PERF_MULTI_COUNTERS *)(all + 1);
    static const ULONG ids[] = { NARROW, WIDE, BY_REFERENCE };
    assert_int_equal(counters->dwCounters, 3);
    assert_int_equal(counters->dwSize, 24);
    assert_memory_equal(counters + 1, ids, sizeof(ids));
    at = (const char *)counters + counters->dwSize;
    assert_true(next_value(&at) == 5);
    assert_true(next_value(&at) == 1ull << 35);
    assert_true(next_value(&at) == 77);
    assert_ptr_equal(at, (const char *)data + data->dwTotalSize);
    free(data);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void instances_are_selected_by_pattern_and_number(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_MULTI_INSTANCES, NULL), query = NULL;

    (void)state;
    add(provider, TEXT16("apple"), 1, 10, 0);
    add(provider, TEXT16("pear"), 2, 20, 0);
    add(provider, TEXT16("apple"), 3, 30, 0);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16("A*"), NARROW, ANY), 0);
    assert_int_equal(add_block(query, TEXT16("apple"), NARROW, 3), 0);
    assert_int_equal(add_block(query, TEXT16("grape"), NARROW, ANY), 0);
    assert_int_equal(add_block(query, TEXT16("x*"), NARROW, ANY), 0);
    assert_int_equal(add_block(query, TEXT16("p??r"), ANY, ANY), 0);

    PERF_DATA_HEADER *data = collect(query);
    const PERF_COUNTER_HEADER *result = result_at(data, 0);
    assert_int_equal(result->dwType, PERF_MULTIPLE_INSTANCES);
    const PERF_MULTI_INSTANCES *instances = (const PERF_MULTI_INSTANCES *)(result + 1);
    assert_int_equal(instances->dwInstances, 2);
    assert_int_equal(instances->dwTotalSize + sizeof(*result), result->dwSize);
    const char *at = (const char *)(instances + 1);
    for (ULONG i = 1; i <= 3; i += 2) {
        const PERF_INSTANCE_HEADER *instance = (const PERF_INSTANCE_HEADER *)at;
        assert_int_equal(instance->InstanceId, i);
        assert_int_equal(instance->Size, 24);
        assert_memory_equal(instance + 1, TEXT16("apple"), 12);
        at += instance->Size;
        assert_true(next_value(&at) == 10 * i);
    }

    result = result_at(data, 1); /* no wildcard: one instance, without its name */
    assert_int_equal(result->dwType, PERF_SINGLE_COUNTER);
    at = (const char *)(result + 1);
    assert_true(next_value(&at) == 30);

    result = result_at(data, 2);
    assert_int_equal(result->dwType, PERF_ERROR_RETURN);
    assert_int_equal(result->dwStatus, ERROR_NOT_FOUND);
    assert_int_equal(result->dwSize, sizeof(*result));

    result = result_at(data, 3); /* a pattern may match nothing */
    assert_int_equal(result->dwStatus, 0);
    assert_int_equal(((const PERF_MULTI_INSTANCES *)(result + 1))->dwInstances, 0);

    result = result_at(data, 4);
    assert_int_equal(result->dwType, PERF_COUNTERSET);
    at = (const char *)(result + 1);
    at += ((const PERF_MULTI_COUNTERS *)at)->dwSize;
    assert_int_equal(((const PERF_MULTI_INSTANCES *)at)->dwInstances, 1);
    at += sizeof(PERF_MULTI_INSTANCES);
    at += ((const PERF_INSTANCE_HEADER *)at)->Size;
    assert_true(next_value(&at) == 20);
    assert_true(next_value(&at) == 0);
    assert_true(next_value(&at) == 77);
    assert_ptr_equal(at, (const char *)data + data->dwTotalSize);
    free(data);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void a_reference_without_address_is_no_data(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, NULL), query = NULL;
    PERF_COUNTERSET_INSTANCE *instance = add(provider, TEXT16("x"), 0, 5, 6);

    (void)state;
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16(""), BY_REFERENCE, ANY), 0);
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), 0);
    assert_int_equal(PerfSetCounterRefValue(provider, instance, BY_REFERENCE, NULL), 0);
    PERF_DATA_HEADER *data = collect(query);
    assert_int_equal(result_at(data, 0)->dwStatus, 232);
    assert_int_equal(result_at(data, 0)->dwType, PERF_ERROR_RETURN);
    assert_int_equal(result_at(data, 1)->dwStatus, 0);
    free(data);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void counters_are_listed_in_the_order_of_their_results_and_deleted(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, NULL), query = NULL;
    struct block block = block_of(TEXT16(""), WIDE, ANY);
    PERF_COUNTER_IDENTIFIER listed[3];
    DWORD size = 0;

    (void)state;
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), 0);
    assert_int_equal(add_block(query, TEXT16(""), WIDE, ANY), 0);
    assert_int_equal(add_block(query, TEXT16(""), BY_REFERENCE, ANY), 0);
    assert_int_equal(PerfQueryCounterInfo(query, listed, sizeof(listed) - 1, &size),
                     ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(size, sizeof(listed));
    assert_int_equal(PerfDeleteCounters(query, &block.identifier, block.identifier.Size), 0);
    assert_int_equal(block.identifier.Status, 0);
    assert_int_equal(PerfDeleteCounters(query, &block.identifier, block.identifier.Size), 0);
    assert_int_equal(block.identifier.Status, ERROR_NOT_FOUND);
    assert_int_equal(PerfQueryCounterInfo(query, listed, sizeof(listed), &size), 0);
    assert_int_equal(size, 2 * sizeof(listed[0]));
    assert_int_equal(listed[0].CounterId, NARROW);
    assert_int_equal(listed[0].Index, 0);
    assert_int_equal(listed[1].CounterId, BY_REFERENCE);
    assert_int_equal(listed[1].Index, 1);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

/* ---- control callbacks --------------------------------------------------------------- */

static void providers_are_told_what_consumers_do(void **state)
{
    static const ULONG expected[] = { PERF_ADD_COUNTER, PERF_COLLECT_START, PERF_COLLECT_END,
                                      PERF_ENUM_INSTANCES, PERF_REMOVE_COUNTER };
    HANDLE provider = start(PERF_COUNTERSET_MULTI_INSTANCES, on_request), query = NULL;
    char data[256];
    DWORD size;

    (void)state;
    assert_int_equal(requests.count, 0); /* a provider's own calls are not requests */
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16("a*"), ANY, ANY), 0);
    assert_int_equal(PerfQueryCounterData(query, (void *)data, sizeof(data), &size), 0);
    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &set_guid, NULL, 0, &size), 0);
    PerfCloseQueryHandle(query);
    assert_int_equal(requests.count, UNIT_COUNT(expected));
    assert_memory_equal(requests.codes, expected, sizeof(expected));
    assert_memory_equal(requests.instance, TEXT16("a*"), 6);
    PerfStopProvider(provider);
}

static void a_providers_refusal_reaches_the_consumer(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, on_request), query = NULL;
    DWORD size;

    (void)state;
    add(provider, TEXT16("x"), 0, 1, 2);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    requests.fail_code = PERF_ADD_COUNTER;
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), ERROR_ACCESS_DENIED);
    requests.fail_code = 0;
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), 0);
    requests.fail_code = PERF_COLLECT_START;
    PERF_DATA_HEADER *data = collect(query);
    assert_int_equal(data->dwNumCounters, 1);
    assert_int_equal(result_at(data, 0)->dwStatus, ERROR_ACCESS_DENIED);
    free(data);
    requests.fail_code = PERF_ENUM_INSTANCES;
    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &set_guid, NULL, 0, &size),
                     ERROR_ACCESS_DENIED);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider);
}

static void a_slow_callback_is_not_waited_for_longer_than_a_second(void **state)
{
    struct findings findings = { 0 };
    HANDLE query = NULL;
    char data[256];
    DWORD size;

    (void)state;
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, on_request);
    add(provider, TEXT16("x"), 0, 1, 2);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), 0);
    requests.slow_code = requests.fail_code = PERF_COLLECT_START;
    const uint64_t begin = os_time_100ns();
    assert_int_equal(PerfQueryCounterData(query, (void *)data, sizeof(data), &size), 0);
    assert_true(os_time_100ns() - begin < 12500000);
    assert_int_equal(result_at((void *)data, 0)->dwStatus, 0); /* its result is ignored */
    assert_true(findings.broken[RULE_v2_callback_slow]);
    PerfCloseQueryHandle(query);
    PerfStopProvider(provider); /* waits for the callback */
    assert_true(os_time_100ns() - begin >= 12900000);
    perflib_watch(NULL);
    findings_release(&findings);
}

/* ---- aggregates ---------------------------------------------------------------------- */

static void describe(ULONG instance_type, ULONG narrow_function, ULONG wide_function)
{
    const struct catalog_counter counters[] = {
        { .info = { .CounterId = NARROW,
                    .Type = PERF_COUNTER_RAWCOUNT,
                    .BaseCounterId = PERFLIB_NO_COUNTER,
                    .AggregateFunc = narrow_function },
          .name = TEXT16("Narrow"),
          .help = TEXT16("Narrow help") },
        { .info = { .CounterId = WIDE,
                    .Type = PERF_COUNTER_LARGE_RAWCOUNT,
                    .AggregateFunc = wide_function } },
        { .info = { .CounterId = BY_REFERENCE,
                    .Type = PERF_COUNTER_BULK_COUNT,
                    .AggregateFunc = PERF_AGGREGATE_UNDEFINED },
          .name = TEXT16("Ref") },
    };
    const struct catalog_set set = {
        .guid = set_guid,
        .provider_guid = provider_guid,
        .provider_name = TEXT16("Tests"),
        .name = TEXT16("Set"),
        .help = TEXT16("Set help"),
        .instance_type = instance_type,
        .counters = counters,
        .counter_count = UNIT_COUNT(counters),
    };

    assert_int_equal(perflib_catalog_add(&set), 0);
    assert_int_equal(perflib_catalog_add(&set), ERROR_ALREADY_EXISTS);
}

static void check_values(const char *what, const WCHAR *pattern, const uint64_t expected[3])
{
    HANDLE query = NULL;

    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, pattern, ANY, ANY), 0);
    PERF_DATA_HEADER *data = collect(query);
    const PERF_COUNTER_HEADER *result = result_at(data, 0);
    if (result->dwType != PERF_MULTIPLE_COUNTERS)
        fail_msg("%s: type %d, status %u", what, (int)result->dwType, (unsigned)result->dwStatus);
    const char *at = (const char *)(result + 1);
    at += ((const PERF_MULTI_COUNTERS *)at)->dwSize;
    for (size_t i = 0; i < 3; i++) {
        const uint64_t value = next_value(&at);
        if (value != expected[i])
            fail_msg("%s: counter %zu is %llu", what, i, (unsigned long long)value);
    }
    free(data);
    PerfCloseQueryHandle(query);
}

static void aggregates_are_calculated_as_the_manifest_says(void **state)
{
    static const struct {
        const char *what;
        ULONG type, narrow, wide;
        bool delete_last;
        const WCHAR *pattern;
        uint64_t expected[3];
    } cases[] = {
        { "sum and maximum",
          PERF_COUNTERSET_SINGLE_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          false,
          TEXT16(""),
          { 36, 300, 231 } },
        { "average and minimum",
          PERF_COUNTERSET_SINGLE_AGGREGATE,
          PERF_AGGREGATE_AVG,
          PERF_AGGREGATE_MIN,
          false,
          TEXT16(""),
          { 12, 100, 231 } },
        { "what is deleted is gone",
          PERF_COUNTERSET_SINGLE_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          true,
          TEXT16(""),
          { 12, 200, 154 } },
        { "history keeps it",
          PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          true,
          TEXT16(""),
          { 36, 300, 231 } },
        { "history of averages",
          PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY,
          PERF_AGGREGATE_AVG,
          PERF_AGGREGATE_MIN,
          true,
          TEXT16(""),
          { 12, 100, 231 } },
        { "_Total",
          PERF_COUNTERSET_MULTI_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          false,
          TEXT16("_total"),
          { 36, 300, 231 } },
        { "an instance beside _Total",
          PERF_COUNTERSET_MULTI_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          false,
          TEXT16("b"),
          { 8, 200, 77 } },
        { "instances of one name",
          PERF_COUNTERSET_INSTANCE_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          false,
          TEXT16("a"),
          { 28, 300, 154 } },
        { "the other name",
          PERF_COUNTERSET_INSTANCE_AGGREGATE,
          PERF_AGGREGATE_TOTAL,
          PERF_AGGREGATE_MAX,
          false,
          TEXT16("b"),
          { 8, 200, 77 } },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        HANDLE provider = start(cases[i].type, NULL), other = start(cases[i].type, NULL);

        describe(cases[i].type, cases[i].narrow, cases[i].wide);
        add(provider, TEXT16("a"), 1, 4, 100);
        add(other, TEXT16("b"), 2, 8, 200); /* another provider with the same set */
        PERF_COUNTERSET_INSTANCE *last = add(provider, TEXT16("a"), 3, 24, 300);
        if (cases[i].delete_last)
            assert_int_equal(PerfDeleteInstance(provider, last), 0);
        check_values(cases[i].what, cases[i].pattern, cases[i].expected);
        perflib_catalog_clear();
        PerfStopProvider(provider);
        PerfStopProvider(other);
    }
}

/* ---- what is registered -------------------------------------------------------------- */

static void sets_and_instances_are_enumerated_once_each(void **state)
{
    HANDLE provider = start(PERF_COUNTERSET_MULTI_AGGREGATE, NULL);
    HANDLE other = start(PERF_COUNTERSET_MULTI_AGGREGATE, NULL);
    GUID guids[2];
    char bytes[128];
    DWORD actual = 0;

    (void)state;
    describe(PERF_COUNTERSET_MULTI_AGGREGATE, PERF_AGGREGATE_TOTAL, PERF_AGGREGATE_TOTAL);
    add(provider, TEXT16("a"), 1, 4, 100);
    assert_int_equal(PerfEnumerateCounterSet(NULL, NULL, 0, &actual), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(actual, 1);
    assert_int_equal(PerfEnumerateCounterSet(NULL, guids, 2, &actual), 0);
    assert_int_equal(actual, 1);
    assert_memory_equal(guids, &set_guid, sizeof(set_guid));

    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &no_guid, NULL, 0, &actual),
                     ERROR_WMI_GUID_NOT_FOUND);
    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &set_guid, (void *)bytes, 39, &actual),
                     ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(actual, 16 + 24);
    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &set_guid, (void *)bytes, 40, &actual),
                     0);
    assert_int_equal(((PERF_INSTANCE_HEADER *)bytes)->InstanceId, 1);
    assert_memory_equal(bytes + 16 + 8, PERF_AGGREGATE_INSTANCE, 14);
    PerfStopProvider(provider);
    PerfStopProvider(other);
    assert_int_equal(PerfEnumerateCounterSetInstances(NULL, &set_guid, NULL, 0, &actual), 0);
    perflib_catalog_clear();
    assert_int_equal(PerfEnumerateCounterSet(NULL, NULL, 0, &actual), 0);
    assert_int_equal(actual, 0);
}

static DWORD inform(PerfRegInfoType code, DWORD language, void *bytes, DWORD size, DWORD *actual)
{
    return PerfQueryCounterSetRegistrationInfo(NULL, &set_guid, code, language, bytes, size,
                                               actual);
}

static void registration_information_comes_from_the_catalog(void **state)
{
    static const struct {
        PerfRegInfoType code;
        const WCHAR *text;
    } texts[] = {
        { PERF_REG_COUNTERSET_NAME_STRING, TEXT16("Set") },
        { PERF_REG_COUNTERSET_HELP_STRING, TEXT16("Set help") },
        { PERF_REG_COUNTERSET_ENGLISH_NAME, TEXT16("Set") },
        { PERF_REG_PROVIDER_NAME, TEXT16("Tests") },
    };
    _Alignas(8) unsigned char bytes[512];
    DWORD actual = 0;

    (void)state;
    assert_int_equal(inform(PERF_REG_COUNTERSET_STRUCT, 0, NULL, 0, &actual),
                     ERROR_WMI_GUID_NOT_FOUND);
    describe(PERF_COUNTERSET_MULTI_AGGREGATE, PERF_AGGREGATE_AVG, PERF_AGGREGATE_TOTAL);
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        size_t size = 2;
        for (const WCHAR *unit = texts[i].text; *unit; unit++)
            size += 2;
        assert_int_equal(inform(texts[i].code, 0x409, bytes, (DWORD)size - 1, &actual),
                         ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(actual, size);
        assert_int_equal(inform(texts[i].code, 0x409, bytes, (DWORD)size, &actual), 0);
        assert_memory_equal(bytes, texts[i].text, size);
    }

    assert_int_equal(inform(PERF_REG_COUNTERSET_STRUCT, 0, bytes, sizeof(bytes), &actual), 0);
    assert_int_equal(actual, 32 + 3 * 48);
    const PERF_COUNTERSET_REG_INFO *set = (const void *)bytes;
    assert_int_equal(set->NumCounters, 3);
    assert_int_equal(set->InstanceType, PERF_COUNTERSET_MULTI_AGGREGATE);
    assert_int_equal(((const PERF_COUNTER_REG_INFO *)(set + 1))[2].CounterId, BY_REFERENCE);
    assert_int_equal(inform(PERF_REG_COUNTER_STRUCT, NARROW, bytes, sizeof(bytes), &actual), 0);
    assert_int_equal(actual, 48);
    assert_int_equal(((PERF_COUNTER_REG_INFO *)bytes)->AggregateFunc, PERF_AGGREGATE_AVG);
    assert_int_equal(inform(PERF_REG_COUNTER_STRUCT, 99, bytes, sizeof(bytes), &actual),
                     ERROR_NOT_FOUND);
    assert_int_equal(inform(PERF_REG_PROVIDER_GUID, 0, bytes, sizeof(bytes), &actual), 0);
    assert_memory_equal(bytes, &provider_guid, sizeof(provider_guid));
    assert_int_equal(inform((PerfRegInfoType)99, 0, bytes, sizeof(bytes), &actual),
                     ERROR_INVALID_PARAMETER);

    assert_int_equal(inform(PERF_REG_COUNTER_NAME_STRINGS, 0, bytes, sizeof(bytes), &actual), 0);
    const PERF_STRING_BUFFER_HEADER *header = (const void *)bytes;
    const PERF_STRING_COUNTER_HEADER *counters = (const void *)(header + 1);
    assert_int_equal(header->dwSize, actual);
    assert_int_equal(header->dwCounters, 3);
    assert_int_equal(counters[0].dwCounterId, NARROW);
    assert_memory_equal(bytes + counters[0].dwOffset, TEXT16("Narrow"), 14);
    assert_int_equal(counters[1].dwOffset, 0xFFFFFFFF);
    assert_memory_equal(bytes + counters[2].dwOffset, TEXT16("Ref"), 8);
    perflib_catalog_clear();

    /* Without a manifest the template is all there is. */
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, NULL);
    assert_int_equal(inform(PERF_REG_COUNTER_STRUCT, WIDE, bytes, sizeof(bytes), &actual), 0);
    assert_int_equal(((PERF_COUNTER_REG_INFO *)bytes)->DefaultScale, -1);
    assert_int_equal(inform(PERF_REG_COUNTERSET_NAME_STRING, 0, bytes, sizeof(bytes), &actual),
                     ERROR_NOT_FOUND);
    PerfStopProvider(provider);
}

/* ---- threads ------------------------------------------------------------------------- */

static struct {
    HANDLE provider;
    atomic_int running;
    atomic_int unexpected;
} busy;

/* Create, count and delete until the provider is stopped. */
static void be_busy(void *argument)
{
    const ULONG id = (ULONG)(uintptr_t)argument;
    ULONG error = ERROR_SUCCESS;

    while (error == ERROR_SUCCESS) {
        PERF_COUNTERSET_INSTANCE *instance =
            PerfCreateInstance(busy.provider, &set_guid, TEXT16("busy"), id);
        if (!instance) {
            error = GetLastError();
        } else {
            error = PerfIncrementULongCounterValue(busy.provider, instance, NARROW, 1);
            if (!error)
                error = PerfDeleteInstance(busy.provider, instance);
        }
    }
    if (error != ERROR_INVALID_HANDLE)
        busy.unexpected++;
    busy.running--;
}

static void threads_do_everything_at_once_and_stop_ends_it(void **state)
{
    HANDLE query = NULL;
    DWORD size;
    static char data[4096];

    (void)state;
    busy.provider = start(PERF_COUNTERSET_MULTI_INSTANCES, NULL);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16("*"), NARROW, ANY), 0);
    busy.running = 3;
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(perflib_run(be_busy, (void *)i), 0);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(PerfQueryCounterData(query, (void *)data, sizeof(data), &size), 0);
    assert_int_equal(PerfStopProvider(busy.provider), 0);
    while (busy.running)
        os_sleep_ms(1);
    assert_int_equal(busy.unexpected, 0);
    PerfCloseQueryHandle(query);
}

static void names_match_patterns(void **state)
{
    static const struct {
        const WCHAR *pattern, *name;
        bool matches;
    } cases[] = {
        { TEXT16("*"), TEXT16(""), true },        { TEXT16("*"), TEXT16("abc"), true },
        { TEXT16("a*c"), TEXT16("ABC"), true },   { TEXT16("a*c"), TEXT16("abcd"), false },
        { TEXT16("?"), TEXT16(""), false },       { TEXT16("a?c"), TEXT16("abc"), true },
        { TEXT16("*b*b"), TEXT16("abab"), true }, { TEXT16("*b*b"), TEXT16("ab"), false },
        { TEXT16("abc"), TEXT16("ab"), false },   { TEXT16("**"), TEXT16("x"), true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (perflib_name_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_without_counters_is_a_header),
        cmocka_unit_test(blocks_are_checked_before_anything_is_added),
        cmocka_unit_test(each_block_has_a_status_of_its_own),
        cmocka_unit_test(a_single_instance_set_gives_one_counter_or_all),
        cmocka_unit_test(instances_are_selected_by_pattern_and_number),
        cmocka_unit_test(a_reference_without_address_is_no_data),
        cmocka_unit_test(counters_are_listed_in_the_order_of_their_results_and_deleted),
        cmocka_unit_test(providers_are_told_what_consumers_do),
        cmocka_unit_test(a_providers_refusal_reaches_the_consumer),
        cmocka_unit_test(a_slow_callback_is_not_waited_for_longer_than_a_second),
        cmocka_unit_test(aggregates_are_calculated_as_the_manifest_says),
        cmocka_unit_test(sets_and_instances_are_enumerated_once_each),
        cmocka_unit_test(registration_information_comes_from_the_catalog),
        cmocka_unit_test(threads_do_everything_at_once_and_stop_ends_it),
        cmocka_unit_test(names_match_patterns),
    };

    return cmocka_run_group_tests_name("perflib_consumer", tests, NULL, NULL);
}
