/* SPDX-License-Identifier: MIT
 *
 * Queries of PERFLIB's emulation: adding counters, requests to providers, collecting. Every block
 * of an answer is walked.
 */
#include "perflib_consumer_fixture.h"

#include "findings.h"

/* ---- queries ------------------------------------------------------------------------- */

static void a_query_without_counters_is_a_header(void **state)
{
    HANDLE query = NULL;
    DWORD size = 0xdeadbeef;

    (void)state;
    assert_int_equal(PerfOpenQueryHandle(NULL, NULL), ERROR_INVALID_PARAMETER);
    /* 1722: RPC_S_SERVER_UNAVAILABLE */
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
        block_of(TEXT16("three of 8"), NARROW, ANY), /* 10 units in each: all have one size */
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
    assert_int_equal(counters->dwSize, 24); /* 8, 3 * 4 and padding */
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
        assert_int_equal(instance->Size, 24); /* 8, "apple" with its terminator, and padding */
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
    assert_int_equal(result_at(data, 0)->dwStatus, 232); /* ERROR_NO_DATA */
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

static void providers_learn_what_consumers_do(void **state)
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
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    HANDLE provider = start(PERF_COUNTERSET_SINGLE_INSTANCE, on_request);
    add(provider, TEXT16("x"), 0, 1, 2);
    assert_int_equal(PerfOpenQueryHandle(NULL, &query), 0);
    assert_int_equal(add_block(query, TEXT16(""), NARROW, ANY), 0);
#ifdef FAILING_TESTS_H /* this test also runs with failing allocations, and may end anywhere */
    failing_on_abandon = release_slow_request;
#endif
    requests.slow_code = requests.fail_code = PERF_COLLECT_START;
    /* The query must return although the callback does not, until the test permits it. */
    assert_int_equal(PerfQueryCounterData(query, (void *)data, sizeof(data), &size), 0);
    assert_int_equal(result_at((void *)data, 0)->dwStatus, 0); /* its result is ignored */
    assert_true(findings.broken[RULE_v2_callback_slow]);
    PerfCloseQueryHandle(query);
    os_lock_acquire(&requests_lock);
    const size_t count = requests.count;
    os_lock_release(&requests_lock);
    release_slow_request();
    PerfStopProvider(provider); /* this waits for the callback */
    assert_true(requests.count > count);
    perflib_state_watch(NULL);
    findings_release(&findings);
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
        cmocka_unit_test(providers_learn_what_consumers_do),
        cmocka_unit_test(a_providers_refusal_reaches_the_consumer),
        cmocka_unit_test(a_slow_callback_is_not_waited_for_longer_than_a_second),
    };

    return cmocka_run_group_tests_name("perflib_consumer", tests, NULL, NULL);
}
