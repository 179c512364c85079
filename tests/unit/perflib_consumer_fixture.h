/* SPDX-License-Identifier: MIT
 *
 * A provider with one counterset, the requests that it receives, and the blocks and answers of a
 * consumer, for the tests of PERFLIB's consumer side. Every buffer size from 0 to that of the
 * answer is tried.
 */
#ifndef PERFLIB_CONSUMER_FIXTURE_H
#define PERFLIB_CONSUMER_FIXTURE_H

#include "unit.h"

#include "os.h"
#include "perflib_catalog.h"
#include "perflib_emulation.h"

static GUID provider_guid = { 0xdeadbeef, 1, 2, { 1 } };
static const GUID set_guid = { 0xdeadbeef, 2, 3, { 2 } };
__attribute__((unused)) static const GUID no_guid = { 0xdeadbeef, 9, 9, { 9 } };

enum { NARROW = 1, WIDE = 2, BY_REFERENCE = 7 };
#define ANY 0xFFFFFFFF

/* ---- providers of these tests -------------------------------------------------------- */

static struct {
    ULONG codes[64];
    size_t count;
    ULONG fail_code;      /* this request is answered with an error */
    ULONG slow_code;      /* this request does not return before the test permits it */
    bool slow_may_return; /* the permission; protected by requests_lock */
    WCHAR instance[32];
} requests;

static struct os_lock requests_lock;

/* Let the request of slow_code return. */
static inline void release_slow_request(void)
{
    os_lock_acquire(&requests_lock);
    requests.slow_may_return = true;
    os_lock_release(&requests_lock);
}

static inline ULONG WINAPI on_request(ULONG code, PVOID buffer, ULONG size)
{
    if (code == PERF_ADD_COUNTER) {
        const PERF_COUNTER_IDENTITY *identity = buffer;
        const WCHAR *name = (const WCHAR *)((char *)buffer + identity->NameOffset);

        if (identity->BufferSize == size && identity->CounterId == ANY)
            for (size_t i = 0; i < 31 && name[i]; i++)
                requests.instance[i] = name[i];
    }
    for (bool waits = code == requests.slow_code; waits; os_sleep_ms(1)) {
        os_lock_acquire(&requests_lock);
        waits = !requests.slow_may_return;
        os_lock_release(&requests_lock);
    }
    os_lock_acquire(&requests_lock); /* a slow request may still be running */
    requests.codes[requests.count++] = code;
    os_lock_release(&requests_lock);
    return code == requests.fail_code ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static inline HANDLE start(ULONG instance_type, PERFLIBREQUEST callback)
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

static inline PERF_COUNTERSET_INSTANCE *add(HANDLE provider, const WCHAR *name, ULONG id,
                                            ULONG narrow, uint64_t wide)
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

static inline struct block block_of(const WCHAR *name, ULONG counter, ULONG instance)
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
    /* The name follows the identifier, with its terminator, in a multiple of 8 bytes. */
    block.identifier.Size =
        sizeof(block.identifier) + (length ? (ULONG)((length + 1) * 2 + 7) & ~7u : 0);
    return block;
}

static inline ULONG add_block(HANDLE query, const WCHAR *name, ULONG counter, ULONG instance)
{
    struct block block = block_of(name, counter, instance);

    assert_int_equal(PerfAddCounters(query, &block.identifier, block.identifier.Size), 0);
    return block.identifier.Status;
}

/* The whole answer, in memory from malloc. A smaller buffer must not be enough. */
static inline PERF_DATA_HEADER *collect(HANDLE query)
{
    DWORD need = 0, size = 0;

    assert_int_equal(PerfQueryCounterData(query, NULL, 0, &need), ERROR_NOT_ENOUGH_MEMORY);
    for (DWORD space = 8; space < need; space += 8) {
        unsigned char *exact =
            malloc(space); /* so that a sanitizer sees a byte beyond the buffer */
        assert_int_equal(PerfQueryCounterData(query, (void *)exact, space, &size),
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

/* The value of a PERF_COUNTER_DATA. *at advances past it. */
static inline uint64_t next_value(const char **at)
{
    const PERF_COUNTER_DATA *data = (const PERF_COUNTER_DATA *)*at;
    uint64_t value = 0;

    /* PERF_COUNTER_DATA has 8 bytes, and a value takes at least 8 more with its padding. */
    assert_true(data->dwSize >= 16 && data->dwSize % 8 == 0 && data->dwDataSize <= 8);
    memcpy(&value, data + 1, data->dwDataSize);
    *at += data->dwSize;
    return value;
}

/* ---- the catalog ---------------------------------------------------------------------- */

static inline void describe(ULONG instance_type, ULONG narrow_function, ULONG wide_function)
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

#endif /* PERFLIB_CONSUMER_FIXTURE_H */
