/* SPDX-License-Identifier: MIT
 *
 * A provider and a template for the tests of PERFLIB's provider side: four counters, one for each
 * kind of value.
 */
#ifndef PERFLIB_PROVIDER_FIXTURE_H
#define PERFLIB_PROVIDER_FIXTURE_H

#include "unit.h"

#include "perflib_emulation.h"

static GUID provider_guid = { 0xdeadbeef, 1, 2, { 0xf, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0xa } };
static const GUID set_guid = { 0xdeadbeef, 2, 3, { 0xf, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0xa } };
__attribute__((unused)) static const GUID no_guid = { 0xdeadbeef, 9, 9, { 9 } };

struct template
{
    PERF_COUNTERSET_INFO set;
    PERF_COUNTER_INFO counters[4];
};

enum { NARROW = 1, WIDE = 2, BY_REFERENCE = 7, LAST = 8 };

/* Size and Offset are arbitrary: PERFLIB does not use them. */
static inline struct template template_of(ULONG instance_type)
{
    struct template template = {
        { set_guid, provider_guid, 4, instance_type },
        {
            { NARROW, PERF_COUNTER_RAWCOUNT, 0, 99, PERF_DETAIL_NOVICE, 0, 0xdeadbeef },
            { WIDE, PERF_COUNTER_LARGE_RAWCOUNT, 0, 99, PERF_DETAIL_NOVICE, 0, 0xdeadbeef },
            { BY_REFERENCE, PERF_COUNTER_BULK_COUNT, PERF_ATTRIB_BY_REFERENCE, 99,
              PERF_DETAIL_NOVICE, 0, 0xdeadbeef },
            { LAST, PERF_COUNTER_COUNTER, 0, 99, PERF_DETAIL_NOVICE, 0, 0xdeadbeef },
        },
    };

    return template;
}

static inline HANDLE start(void)
{
    HANDLE provider = NULL;

    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &provider), ERROR_SUCCESS);
    assert_non_null(provider);
    return provider;
}

static inline HANDLE start_with(ULONG instance_type)
{
    struct template template = template_of(instance_type);
    HANDLE provider = start();

    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)), 0);
    return provider;
}

static inline void stop(HANDLE provider)
{
    assert_int_equal(PerfStopProvider(provider), ERROR_SUCCESS);
}

/* The value of a counter. PERFLIB gives each counter 8 bytes after the header, whatever its type. */
static inline uint64_t cell(const PERF_COUNTERSET_INSTANCE *instance, size_t position)
{
    uint64_t value;

    memcpy(&value, (const char *)instance + sizeof(*instance) + 8 * position, sizeof(value));
    return value;
}

#endif /* PERFLIB_PROVIDER_FIXTURE_H */
