/* SPDX-License-Identifier: MIT
 *
 * The provider's side of PERFLIB's emulation: contracts and errors as in Windows' conformance
 * tests, and the instance block byte by byte. test_perflib_memory.c tests its memory.
 */
#include "perflib_provider_fixture.h"

#include "findings.h"

/* ---- start and stop ------------------------------------------------------------------ */

static void start_refuses_missing_arguments_and_leaves_the_handle(void **state)
{
    PERF_PROVIDER_CONTEXT context = { 0 };
    HANDLE untouched = (HANDLE)(uintptr_t)0xdeadbeef;
    HANDLE handle = untouched;

    (void)state;
    assert_int_equal(PerfStartProvider(NULL, NULL, &handle), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfStartProvider(&provider_guid, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfStartProviderEx(NULL, NULL, &handle), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER); /* ContextSize 0 */
    context.ContextSize = sizeof(context) - 1;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER);
    assert_ptr_equal(handle, untouched);
}

static void one_guid_can_be_started_twice(void **state)
{
    PERF_PROVIDER_CONTEXT context = { 0 };
    HANDLE first = start(), second = start(), third = NULL;

    (void)state;
    context.ContextSize = sizeof(context) + 1; /* a larger structure is a newer one */
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &third), ERROR_SUCCESS);
    assert_true(first != second && second != third && first != third);
    stop(second);
    stop(first);
    stop(third);
}

static void a_second_stop_is_an_error_and_a_finding_instead_of_a_crash(void **state)
{
    struct findings findings = { 0 };
    HANDLE provider;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    provider = start();
    stop(provider);
    assert_false(findings.broken[RULE_v2_handle]);
    assert_int_equal(PerfStopProvider(provider), ERROR_INVALID_HANDLE);
    assert_true(findings.broken[RULE_v2_handle]);
    assert_int_equal(PerfStopProvider(NULL), ERROR_INVALID_HANDLE);
    perflib_state_watch(NULL);
    findings_release(&findings);
}

/* ---- countersets --------------------------------------------------------------------- */

static void a_template_is_checked(void **state)
{
    struct template good = template_of(PERF_COUNTERSET_SINGLE_INSTANCE), bad;
    HANDLE provider = start();

    (void)state;
    bad = good;
    bad.set.NumCounters = 0;
    assert_int_equal(PerfSetCounterSetInfo(provider, &bad.set, sizeof(bad)),
                     ERROR_INVALID_PARAMETER);
    bad.set.NumCounters = 5;
    assert_int_equal(PerfSetCounterSetInfo(provider, &bad.set, sizeof(bad)),
                     ERROR_INVALID_PARAMETER);
    bad.set.NumCounters = 0x10000001; /* 32 times this wraps a 32-bit size */
    assert_int_equal(PerfSetCounterSetInfo(provider, &bad.set, 0xFFFFFFFF),
                     ERROR_INVALID_PARAMETER);
    bad = good;
    bad.set.InstanceType = 3;
    assert_int_equal(PerfSetCounterSetInfo(provider, &bad.set, sizeof(bad)),
                     ERROR_INVALID_PARAMETER);
    bad = good;
    bad.counters[3].CounterId = bad.counters[0].CounterId;
    assert_int_equal(PerfSetCounterSetInfo(provider, &bad.set, sizeof(bad)),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetCounterSetInfo(provider, NULL, sizeof(good)), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetCounterSetInfo(provider, &good.set, sizeof(good) - 1),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetCounterSetInfo(NULL, &good.set, sizeof(good)), ERROR_INVALID_HANDLE);

    good.set.ProviderGuid = no_guid; /* it need not match the provider */
    assert_int_equal(PerfSetCounterSetInfo(provider, &good.set, sizeof(good)), ERROR_SUCCESS);
    assert_int_equal(PerfSetCounterSetInfo(provider, &good.set, sizeof(good)),
                     ERROR_ALREADY_EXISTS);
    stop(provider);
}

/* ---- instances ----------------------------------------------------------------------- */

/* PERF_COUNTERSET_INSTANCE has 32 bytes; 8 bytes for each of the four counters and the name follow. */
static void an_instance_block_is_laid_out_as_windows_does(void **state)
{
    HANDLE provider = start_with(PERF_COUNTERSET_SINGLE_INSTANCE);
    PERF_COUNTERSET_INSTANCE *instance = PerfCreateInstance(provider, &set_guid, TEXT16("11"), 1);
    uint64_t counter = 5;

    (void)state;
    assert_non_null(instance);
    assert_memory_equal(&instance->CounterSetGuid, &set_guid, sizeof(set_guid));
    assert_int_equal(instance->InstanceId, 1);
    assert_int_equal(instance->InstanceNameSize, 6);
    assert_int_equal(instance->InstanceNameOffset, 32 + 8 * 4);
    assert_int_equal(instance->dwSize, (32 + 8 * 4 + 6 + 7) & ~7);
    assert_memory_equal((char *)instance + instance->InstanceNameOffset, TEXT16("11"), 6);

    assert_int_equal(PerfSetCounterRefValue(provider, instance, BY_REFERENCE, &counter), 0);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, NARROW, 0xFFFFFFFF), 0);
    assert_int_equal(PerfSetULongLongCounterValue(provider, instance, WIDE, 1ull << 40), 0);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, LAST, 17), 0);
    assert_true(cell(instance, 0) == 0xFFFFFFFF);
    assert_true(cell(instance, 1) == 1ull << 40);
    assert_true((uintptr_t)cell(instance, 2) == (uintptr_t)&counter);
    assert_true(cell(instance, 3) == 17);
    assert_int_equal(PerfDeleteInstance(provider, instance), ERROR_SUCCESS);
    stop(provider);
}

static void creating_an_instance_fails_as_documented(void **state)
{
    static WCHAR name[PERF_MAX_INSTANCE_NAME + 1];
    HANDLE provider = start_with(PERF_COUNTERSET_MULTI_INSTANCES);
    const struct {
        const char *what;
        HANDLE provider;
        const GUID *guid;
        const WCHAR *name;
        DWORD error;
    } cases[] = {
        { "no set", provider, NULL, TEXT16("1"), ERROR_INVALID_PARAMETER },
        { "no name", provider, &set_guid, NULL, ERROR_INVALID_PARAMETER },
        { "unknown set", provider, &no_guid, TEXT16("1"), ERROR_NOT_FOUND },
        { "unknown provider", NULL, &set_guid, TEXT16("1"), ERROR_INVALID_HANDLE },
        { "empty name", provider, &set_guid, TEXT16(""), ERROR_INVALID_PARAMETER },
        { "name too long", provider, &set_guid, name, ERROR_INVALID_PARAMETER },
    };

    (void)state;
    for (size_t i = 0; i < PERF_MAX_INSTANCE_NAME; i++)
        name[i] = 'x';
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        SetLastError(0xdeadbeef);
        if (PerfCreateInstance(cases[i].provider, cases[i].guid, cases[i].name, 1))
            fail_msg("%s: there is an instance", cases[i].what);
        if (GetLastError() != cases[i].error)
            fail_msg("%s: error %u", cases[i].what, (unsigned)GetLastError());
    }
    name[PERF_MAX_INSTANCE_NAME - 1] = 0;
    assert_non_null(PerfCreateInstance(provider, &set_guid, name, 1));
    stop(provider);
}

static void an_instance_is_identified_by_name_and_number(void **state)
{
    HANDLE provider = start_with(PERF_COUNTERSET_MULTI_INSTANCES);
    PERF_COUNTERSET_INSTANCE *one = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 1);
    PERF_COUNTERSET_INSTANCE *two = PerfCreateInstance(provider, &set_guid, TEXT16("two"), 1);
    PERF_COUNTERSET_INSTANCE *other = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 2);

    (void)state;
    assert_true(one && two && other);
    assert_null(PerfCreateInstance(provider, &set_guid, TEXT16("One"), 1));
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);

    assert_ptr_equal(PerfQueryInstance(provider, &set_guid, TEXT16("one"), 1), one);
    assert_ptr_equal(PerfQueryInstance(provider, &set_guid, TEXT16("one"), 2), other);
    assert_null(PerfQueryInstance(provider, &set_guid, TEXT16("two"), 2));
    assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
    assert_null(PerfQueryInstance(provider, &no_guid, TEXT16("two"), 1));
    assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
    assert_null(PerfQueryInstance(provider, NULL, TEXT16("two"), 1));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);

    assert_int_equal(PerfDeleteInstance(provider, one), ERROR_SUCCESS);
    assert_null(PerfQueryInstance(provider, &set_guid, TEXT16("one"), 1));
    assert_ptr_equal(PerfQueryInstance(provider, &set_guid, TEXT16("two"), 1), two);
    assert_non_null(PerfCreateInstance(provider, &set_guid, TEXT16("one"), 1));
    stop(provider);
}

static void a_single_instance_set_has_one_instance(void **state)
{
    HANDLE provider = start_with(PERF_COUNTERSET_SINGLE_INSTANCE);
    PERF_COUNTERSET_INSTANCE *one = PerfCreateInstance(provider, &set_guid, TEXT16("_Default"), 0);

    (void)state;
    assert_null(PerfCreateInstance(provider, &set_guid, TEXT16("_Default"), 0));
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_null(PerfCreateInstance(provider, &set_guid, TEXT16("other"), 0));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfDeleteInstance(provider, one), ERROR_SUCCESS);
    assert_non_null(PerfCreateInstance(provider, &set_guid, TEXT16("other"), 0));
    stop(provider);
}

static void deleting_what_is_no_instance_is_an_error(void **state)
{
    struct findings findings = { 0 };
    HANDLE provider, other;
    PERF_COUNTERSET_INSTANCE *instance;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    provider = start_with(PERF_COUNTERSET_MULTI_INSTANCES);
    other = start();
    instance = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 1);
    assert_int_equal(PerfDeleteInstance(provider, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfDeleteInstance(other, instance), ERROR_NOT_FOUND);
    assert_int_equal(PerfDeleteInstance(provider, instance), ERROR_SUCCESS);
    assert_int_equal(findings.count, 1);
    assert_int_equal(PerfDeleteInstance(provider, instance), ERROR_NOT_FOUND);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, NARROW, 1), ERROR_NOT_FOUND);
    assert_true(findings.broken[RULE_v2_instance]);
    stop(other);
    stop(provider);
    perflib_state_watch(NULL);
    findings_release(&findings);
}

/* ---- values -------------------------------------------------------------------------- */

static void values_are_set_and_counted_up_and_down(void **state)
{
    HANDLE provider = start_with(PERF_COUNTERSET_SINGLE_INSTANCE);
    PERF_COUNTERSET_INSTANCE *instance = PerfCreateInstance(provider, &set_guid, TEXT16("x"), 0);

    (void)state;
    assert_int_equal(PerfIncrementULongCounterValue(provider, instance, NARROW, 7), 0);
    assert_int_equal(PerfDecrementULongCounterValue(provider, instance, NARROW, 9), 0);
    assert_true(cell(instance, 0) == 0xFFFFFFFE); /* wraps within its own 4 bytes */
    assert_int_equal(PerfIncrementULongCounterValue(provider, instance, NARROW, 3), 0);
    assert_true(cell(instance, 0) == 1);
    assert_int_equal(PerfIncrementULongLongCounterValue(provider, instance, WIDE, 1ull << 33), 0);
    assert_int_equal(PerfDecrementULongLongCounterValue(provider, instance, WIDE, 1), 0);
    assert_true(cell(instance, 1) == (1ull << 33) - 1);
    stop(provider);
}

static void a_value_of_the_wrong_kind_is_refused_and_found(void **state)
{
    struct findings findings = { 0 };
    HANDLE provider;
    PERF_COUNTERSET_INSTANCE *instance;
    int there = 0;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    provider = start_with(PERF_COUNTERSET_SINGLE_INSTANCE);
    instance = PerfCreateInstance(provider, &set_guid, TEXT16("x"), 0);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, 99, 1), ERROR_NOT_FOUND);
    assert_int_equal(PerfSetCounterRefValue(provider, instance, 0, &there), ERROR_NOT_FOUND);
    assert_int_equal(PerfSetULongCounterValue(provider, NULL, NARROW, 1), ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetULongCounterValue(NULL, instance, NARROW, 1), ERROR_INVALID_HANDLE);
    assert_false(findings.broken[RULE_v2_counter_width]);
    assert_int_equal(PerfSetULongCounterValue(provider, instance, WIDE, 1),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetULongLongCounterValue(provider, instance, NARROW, 1),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfIncrementULongLongCounterValue(provider, instance, BY_REFERENCE, 1),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(PerfSetCounterRefValue(provider, instance, WIDE, &there),
                     ERROR_INVALID_PARAMETER);
    assert_true(findings.broken[RULE_v2_counter_width]);
    for (size_t i = 0; i < 4; i++)
        assert_true(cell(instance, i) == 0);
    stop(provider);
    perflib_state_watch(NULL);
    findings_release(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_refuses_missing_arguments_and_leaves_the_handle),
        cmocka_unit_test(one_guid_can_be_started_twice),
        cmocka_unit_test(a_second_stop_is_an_error_and_a_finding_instead_of_a_crash),
        cmocka_unit_test(a_template_is_checked),
        cmocka_unit_test(an_instance_block_is_laid_out_as_windows_does),
        cmocka_unit_test(creating_an_instance_fails_as_documented),
        cmocka_unit_test(an_instance_is_identified_by_name_and_number),
        cmocka_unit_test(a_single_instance_set_has_one_instance),
        cmocka_unit_test(deleting_what_is_no_instance_is_an_error),
        cmocka_unit_test(values_are_set_and_counted_up_and_down),
        cmocka_unit_test(a_value_of_the_wrong_kind_is_refused_and_found),
    };

    return cmocka_run_group_tests_name("perflib_provider", tests, NULL, NULL);
}
