/* SPDX-License-Identifier: MIT
 *
 * What PERFLIB's emulation knows of countersets apart from queries: aggregates, instances,
 * registrations; and all of it by several threads at once.
 */
#include "perflib_consumer_fixture.h"

#include <stdatomic.h>

#include "perflib_system.h"
#include "perflib_views.h"

/* ---- aggregates ---------------------------------------------------------------------- */

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

/* Three instances have the values 4, 8 and 24, and 100, 200 and 300; each reference refers to 77. */
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
    assert_int_equal(actual, 16 + 24); /* headers of 8; "a" takes 4 and "_Total" 14, padded to 8 */
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
    assert_int_equal(actual, 32 + 3 * 48); /* PERF_COUNTERSET_REG_INFO, PERF_COUNTER_REG_INFO */
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
    assert_int_equal(counters[1].dwOffset, 0xFFFFFFFF); /* no text */
    assert_memory_equal(bytes + counters[2].dwOffset, TEXT16("Ref"), 8);
    perflib_catalog_clear();

    /* Without a manifest, only the template is known. */
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

/* Create, count and delete instances until the provider is stopped. */
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

static void wait_for_the_busy(void)
{
    while (busy.running)
        os_sleep_ms(1);
}

static void threads_do_everything_at_once_and_stop_ends_it(void **state)
{
    HANDLE query = NULL;
    DWORD size;
    static char data[4096];

    (void)state;
    /* If each allocation fails in turn, threads of the previous run may still be ending. */
    wait_for_the_busy();
    busy.provider = start(PERF_COUNTERSET_MULTI_INSTANCES, NULL);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16("*"), NARROW, ANY), 0);
    busy.unexpected = 0;
    for (uintptr_t i = 0; i < 3; i++) {
        busy.running++;
        DWORD error = perflib_system_run(be_busy, (void *)i);
        if (error)
            busy.running--;
        assert_int_equal(error, 0);
    }
    /* Enough queries to meet the threads in each of their steps; chosen. */
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(PerfQueryCounterData(query, (void *)data, sizeof(data), &size), 0);
    assert_int_equal(PerfStopProvider(busy.provider), 0);
    wait_for_the_busy();
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
        if (perflib_views_name_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggregates_are_calculated_as_the_manifest_says),
        cmocka_unit_test(sets_and_instances_are_enumerated_once_each),
        cmocka_unit_test(registration_information_comes_from_the_catalog),
        cmocka_unit_test(threads_do_everything_at_once_and_stop_ends_it),
        cmocka_unit_test(names_match_patterns),
    };

    return cmocka_run_group_tests_name("perflib_registered", tests, NULL, NULL);
}
