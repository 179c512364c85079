/* SPDX-License-Identifier: MIT
 *
 * The provider's side of PERFLIB's emulation: contracts and errors as Windows' conformance tests
 * have them, the instance block byte by byte, and all memory through the provider's own routines,
 * with every single allocation failing once.
 */
#include "unit.h"

#include "findings.h"
#include "memory_check.h"
#include "os.h"
#include "perflib_emulation.h"

static GUID provider_guid = { 0xdeadbeef, 1, 2, { 0xf, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0xa } };
static const GUID set_guid = { 0xdeadbeef, 2, 3, { 0xf, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0xa } };
static const GUID no_guid = { 0xdeadbeef, 9, 9, { 9 } };

struct template
{
    PERF_COUNTERSET_INFO set;
    PERF_COUNTER_INFO counters[4];
};

enum { NARROW = 1, WIDE = 2, BY_REFERENCE = 7, LAST = 8 };

/* Size and Offset are junk: PERFLIB does not look at them. */
static struct template template_of(ULONG instance_type)
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

static HANDLE start(void)
{
    HANDLE provider = NULL;

    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &provider), ERROR_SUCCESS);
    assert_non_null(provider);
    return provider;
}

static HANDLE start_with(ULONG instance_type)
{
    struct template template = template_of(instance_type);
    HANDLE provider = start();

    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)), 0);
    return provider;
}

static void stop(HANDLE provider)
{
    assert_int_equal(PerfStopProvider(provider), ERROR_SUCCESS);
}

static uint64_t cell(const PERF_COUNTERSET_INSTANCE *instance, size_t position)
{
    uint64_t value;

    memcpy(&value, (const char *)instance + sizeof(*instance) + 8 * position, sizeof(value));
    return value;
}

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
    context.ContextSize = sizeof(context) + 1; /* a larger one is a newer one */
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
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
    provider = start();
    stop(provider);
    assert_false(findings.broken[RULE_v2_handle]);
    assert_int_equal(PerfStopProvider(provider), ERROR_INVALID_HANDLE);
    assert_true(findings.broken[RULE_v2_handle]);
    assert_int_equal(PerfStopProvider(NULL), ERROR_INVALID_HANDLE);
    perflib_watch(NULL);
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
    bad.set.NumCounters = 0x10000001; /* times 32 wraps a 32-bit size */
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

    good.set.ProviderGuid = no_guid; /* need not match */
    assert_int_equal(PerfSetCounterSetInfo(provider, &good.set, sizeof(good)), ERROR_SUCCESS);
    assert_int_equal(PerfSetCounterSetInfo(provider, &good.set, sizeof(good)),
                     ERROR_ALREADY_EXISTS);
    stop(provider);
}

/* ---- instances ----------------------------------------------------------------------- */

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

static void an_instance_is_told_by_name_and_number(void **state)
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

static void a_single_instance_set_has_room_for_one(void **state)
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
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
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
    perflib_watch(NULL);
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
    assert_true(cell(instance, 0) == 0xFFFFFFFE); /* wraps in its own 4 bytes */
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
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
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
    perflib_watch(NULL);
    findings_release(&findings);
}

/* ---- memory -------------------------------------------------------------------------- */

static HANDLE start_on(struct memory_check *check, ULONG *error)
{
    PERF_PROVIDER_CONTEXT context = {
        .ContextSize = sizeof(context),
        .MemAllocRoutine = memory_check_allocate,
        .MemFreeRoutine = memory_check_free,
        .pMemContext = check,
    };
    HANDLE provider = NULL;

    *error = PerfStartProviderEx(&provider_guid, &context, &provider);
    return provider;
}

/* A provider's whole life on a given heap. Returns the first error; undoes what was done. */
static ULONG live(struct memory_check *check)
{
    struct template template = template_of(PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY);
    PERF_COUNTERSET_INSTANCE *one = NULL, *two = NULL;
    ULONG error;
    HANDLE provider = start_on(check, &error);

    if (error)
        return error;
    error = PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
    if (!error) {
        SetLastError(0);
        one = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 1);
        two = one ? PerfCreateInstance(provider, &set_guid, TEXT16("two"), 2) : NULL;
        error = GetLastError();
    }
    if (error && error == ERROR_NOT_ENOUGH_MEMORY) {
        /* Still usable: what failed once works when there is memory again. */
        ULONG again = PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
        assert_true(again == ERROR_SUCCESS || again == ERROR_ALREADY_EXISTS);
        PERF_COUNTERSET_INSTANCE *third =
            PerfCreateInstance(provider, &set_guid, TEXT16("three"), 3);
        assert_non_null(third);
        assert_int_equal(PerfIncrementULongCounterValue(provider, third, NARROW, 1), 0);
        assert_int_equal(PerfDeleteInstance(provider, third), 0);
    }
    if (two)
        assert_int_equal(PerfDeleteInstance(provider, two), 0);
    if (one)
        assert_int_equal(PerfDeleteInstance(provider, one), 0);
    assert_int_equal(PerfStopProvider(provider), 0);
    return error;
}

static void all_memory_comes_from_the_provider_and_goes_back(void **state)
{
    struct findings findings = { 0 };
    struct memory_check *check;

    (void)state;
    assert_int_equal(
        memory_check_open(&check, &(struct memory_check_options){ .findings = &findings }), 0);
    assert_int_equal(live(check), ERROR_SUCCESS);
    memory_check_stop(check);
    struct memory_check_counts counts = memory_check_counts(check);
    assert_int_equal(counts.allocations, 4); /* the provider, a set, two instances */
    assert_int_equal(counts.frees, 4);
    assert_int_equal(counts.live_size, 0);
    assert_int_equal(counts.breaches, 0);
    memory_check_close(check);
    assert_int_equal(findings.count, 0);
    findings_release(&findings);
}

static void every_allocation_may_fail_and_nothing_leaks(void **state)
{
    uint64_t n = 0;
    ULONG error;

    (void)state;
    do {
        struct findings findings = { 0 };
        struct memory_check_options options = { .findings = &findings, .fail_at = ++n };
        struct memory_check *check;

        assert_int_equal(memory_check_open(&check, &options), 0);
        error = live(check);
        memory_check_stop(check);
        struct memory_check_counts counts = memory_check_counts(check);
        memory_check_close(check);
        if (error != ERROR_SUCCESS && error != ERROR_NOT_ENOUGH_MEMORY)
            fail_msg("allocation %u failed: error %u", (unsigned)n, (unsigned)error);
        if (findings.count)
            fail_msg("allocation %u failed: %s", (unsigned)n, findings.items[0].message);
        assert_int_equal(counts.live_blocks, 0);
        assert_int_equal(counts.failures, error ? 1 : 0);
        findings_release(&findings);
    } while (error);
    assert_int_equal(n, 5);
}

static void stop_frees_what_the_provider_left(void **state)
{
    struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
    struct findings findings = { 0 };
    struct memory_check *check;
    ULONG error;

    (void)state;
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
    assert_int_equal(
        memory_check_open(&check, &(struct memory_check_options){ .findings = &findings }), 0);
    HANDLE provider = start_on(check, &error);
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)), 0);
    for (ULONG i = 0; i < 300; i++)
        assert_non_null(PerfCreateInstance(provider, &set_guid, TEXT16("x"), i));
    stop(provider);
    memory_check_stop(check);
    assert_int_equal(memory_check_counts(check).live_blocks, 0);
    assert_true(findings.broken[RULE_v2_instance_left]);
    assert_true(findings.broken[RULE_v2_instance_name]);
    assert_int_equal(findings_count(&findings, RULE_ERROR), 0);
    memory_check_close(check);
    perflib_watch(NULL);
    findings_release(&findings);
}

static void one_memory_routine_alone_is_refused_and_found(void **state)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context) };
    struct findings findings = { 0 };
    HANDLE untouched = (HANDLE)(uintptr_t)0xdeadbeef;
    HANDLE handle = untouched;

    (void)state;
    perflib_watch(&(struct perflib_watch){ .findings = &findings });
    context.MemAllocRoutine = memory_check_allocate;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER);
    context.MemAllocRoutine = NULL;
    context.MemFreeRoutine = memory_check_free;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER);
    assert_ptr_equal(handle, untouched);
    assert_true(findings.broken[RULE_v2_memory_pair]);
    perflib_watch(NULL);
    findings_release(&findings);
}

static void a_watch_makes_any_providers_allocation_fail(void **state)
{
    HANDLE handle = NULL;

    (void)state;
    perflib_watch(&(struct perflib_watch){ .failing_allocation = 2 });
    HANDLE provider = start();
    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &handle), ERROR_NOT_ENOUGH_MEMORY);
    assert_null(handle);
    assert_int_equal(perflib_watched_allocations(), 2);
    perflib_watch(NULL);
    stop(provider);
}

/* A heap that breaks the contract of PERF_MEM_ALLOC, in the way its context says. */
enum fault { FAULT_UNALIGNED, FAULT_TWICE_THE_SAME, FAULT_COUNT };

static struct {
    _Alignas(16) char memory[4][65536];
    size_t used;
} faulty;

static LPVOID CALLBACK faulty_allocate(SIZE_T size, LPVOID context)
{
    const enum fault fault = *(enum fault *)context;

    (void)size;
    if (fault == FAULT_UNALIGNED)
        return faulty.memory[faulty.used++ % 4] + sizeof(void *) / 2;
    return faulty.memory[0];
}

static void CALLBACK faulty_free(LPVOID block, LPVOID context)
{
    (void)block;
    (void)context;
}

static void a_faulty_heap_is_found_and_survived(void **state)
{
    static const enum rule_id rules_broken[FAULT_COUNT] = {
        [FAULT_UNALIGNED] = RULE_v2_memory_alignment,
        [FAULT_TWICE_THE_SAME] = RULE_v2_memory_overlap,
    };

    (void)state;
    for (enum fault fault = 0; fault < FAULT_COUNT; fault++) {
        struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
        struct findings findings = { 0 };
        PERF_PROVIDER_CONTEXT context = {
            .ContextSize = sizeof(context),
            .MemAllocRoutine = faulty_allocate,
            .MemFreeRoutine = faulty_free,
            .pMemContext = &fault,
        };
        HANDLE provider = NULL;

        perflib_watch(&(struct perflib_watch){ .findings = &findings });
        if (PerfStartProviderEx(&provider_guid, &context, &provider) == ERROR_SUCCESS) {
            if (PerfSetCounterSetInfo(provider, &template.set, sizeof(template)) == ERROR_SUCCESS)
                PerfCreateInstance(provider, &set_guid, TEXT16("x"), 0);
            stop(provider);
        }
        perflib_watch(NULL);
        if (findings.count != 1 || !findings.broken[rules_broken[fault]])
            fail_msg("fault %d: %zu findings", (int)fault, findings.count);
        findings_release(&findings);
    }
}

/* ---- the checks of memory_check.c, as PERFLIB could break them ----------------------- */

static void misuse_of_a_providers_heap_is_found(void **state)
{
    struct findings findings = { 0 };
    struct memory_check *check;
    unsigned char *block, *late;

    (void)state;
    assert_int_equal(
        memory_check_open(&check, &(struct memory_check_options){ .findings = &findings }), 0);
    memory_check_free(NULL, check);
    assert_int_equal(findings.count, 0);

    assert_null(memory_check_allocate(8, &findings));
    assert_true(findings.broken[RULE_v2_memory_context]);

    block = memory_check_allocate(10, check);
    late = memory_check_allocate(10, check);
    memory_check_free(block + 1, check);
    assert_true(findings.broken[RULE_v2_memory_unknown]);
    assert_false(findings.broken[RULE_v2_memory_damage]);
    block[10] = 1;
    memory_check_free(block, check);
    assert_true(findings.broken[RULE_v2_memory_damage]);
    assert_false(findings.broken[RULE_v2_memory_double_free]);
    memory_check_free(block, check);
    assert_true(findings.broken[RULE_v2_memory_double_free]);

    assert_false(findings.broken[RULE_v2_memory_leak]);
    memory_check_stop(check);
    assert_true(findings.broken[RULE_v2_memory_leak]);
    assert_false(findings.broken[RULE_v2_memory_after_stop]);
    memory_check_free(late, check);
    assert_true(findings.broken[RULE_v2_memory_after_stop]);
    assert_int_equal(memory_check_counts(check).live_blocks, 0);
    assert_int_equal(memory_check_counts(check).breaches, 6);
    memory_check_close(check);
    findings_release(&findings);
}

/* ---- re-entrance --------------------------------------------------------------------- */

static struct {
    HANDLE provider;
    ULONG stop_result;
    ULONG set_result;
} reentrant;

static LPVOID CALLBACK reentrant_allocate(SIZE_T size, LPVOID context)
{
    (void)context;
    if (reentrant.provider) {
        struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
        HANDLE provider = reentrant.provider;

        reentrant.provider = NULL; /* once */
        reentrant.stop_result = PerfStopProvider(provider);
        reentrant.set_result = PerfSetCounterSetInfo(provider, &template.set, sizeof(template));
    }
    return malloc(size);
}

static void CALLBACK reentrant_free(LPVOID block, LPVOID context)
{
    (void)context;
    free(block);
}

static void a_memory_routine_may_call_perflib_but_not_stop_its_provider(void **state)
{
    struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
    PERF_PROVIDER_CONTEXT context = {
        .ContextSize = sizeof(context),
        .MemAllocRoutine = reentrant_allocate,
        .MemFreeRoutine = reentrant_free,
    };
    HANDLE provider = NULL;

    (void)state;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &provider), 0);
    reentrant.provider = provider;
    /* The set that the routine registered meanwhile is the one that stays. */
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)),
                     ERROR_ALREADY_EXISTS);
    assert_int_equal(reentrant.stop_result, ERROR_BUSY);
    assert_int_equal(reentrant.set_result, ERROR_SUCCESS);
    stop(provider);
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
        cmocka_unit_test(an_instance_is_told_by_name_and_number),
        cmocka_unit_test(a_single_instance_set_has_room_for_one),
        cmocka_unit_test(deleting_what_is_no_instance_is_an_error),
        cmocka_unit_test(values_are_set_and_counted_up_and_down),
        cmocka_unit_test(a_value_of_the_wrong_kind_is_refused_and_found),
        cmocka_unit_test(all_memory_comes_from_the_provider_and_goes_back),
        cmocka_unit_test(every_allocation_may_fail_and_nothing_leaks),
        cmocka_unit_test(stop_frees_what_the_provider_left),
        cmocka_unit_test(one_memory_routine_alone_is_refused_and_found),
        cmocka_unit_test(a_watch_makes_any_providers_allocation_fail),
        cmocka_unit_test(a_faulty_heap_is_found_and_survived),
        cmocka_unit_test(misuse_of_a_providers_heap_is_found),
        cmocka_unit_test(a_memory_routine_may_call_perflib_but_not_stop_its_provider),
    };

    return cmocka_run_group_tests_name("perflib_provider", tests, NULL, NULL);
}
