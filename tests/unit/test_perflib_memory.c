/* SPDX-License-Identifier: MIT
 *
 * The memory of PERFLIB's emulation: all of it comes from the provider's own routines, every single
 * allocation fails once, and heaps and callers break the contract.
 */
#include "perflib_provider_fixture.h"

#include "findings.h"
#include "memory_check.h"
#include "os.h"

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

/* The whole life of a provider on a given heap. Returns the first error, and undoes what was
   done. */
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
        /* A call that failed works after memory is available again. */
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
    assert_int_equal(n, 5); /* Each of the four allocations failed once; there was no fifth. */
}

static void stop_frees_what_the_provider_left(void **state)
{
    struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
    struct findings findings = { 0 };
    struct memory_check *check;
    ULONG error;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    assert_int_equal(
        memory_check_open(&check, &(struct memory_check_options){ .findings = &findings }), 0);
    HANDLE provider = start_on(check, &error);
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)), 0);
    /* More instances than a rule has findings: those that are not reported any more are freed too. */
    for (ULONG i = 0; i < FINDINGS_RULE_LIMIT + 100; i++)
        assert_non_null(PerfCreateInstance(provider, &set_guid, TEXT16("x"), i));
    stop(provider);
    memory_check_stop(check);
    assert_int_equal(memory_check_counts(check).live_blocks, 0);
    assert_true(findings.broken[RULE_v2_instance_left]);
    assert_true(findings.broken[RULE_v2_instance_name]);
    assert_int_equal(findings_count(&findings, RULE_ERROR), 0);
    memory_check_close(check);
    perflib_state_watch(NULL);
    findings_release(&findings);
}

static void one_memory_routine_alone_is_refused_and_found(void **state)
{
    PERF_PROVIDER_CONTEXT context = { .ContextSize = sizeof(context) };
    struct findings findings = { 0 };
    HANDLE untouched = (HANDLE)(uintptr_t)0xdeadbeef;
    HANDLE handle = untouched;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    context.MemAllocRoutine = memory_check_allocate;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER);
    context.MemAllocRoutine = NULL;
    context.MemFreeRoutine = memory_check_free;
    assert_int_equal(PerfStartProviderEx(&provider_guid, &context, &handle),
                     ERROR_INVALID_PARAMETER);
    assert_ptr_equal(handle, untouched);
    assert_true(findings.broken[RULE_v2_memory_pair]);
    perflib_state_watch(NULL);
    findings_release(&findings);
}

static void a_watch_makes_any_providers_allocation_fail(void **state)
{
    HANDLE handle = NULL;

    (void)state;
    perflib_state_watch(&(struct perflib_watch){ .failing_allocation = 2 });
    HANDLE provider = start();
    assert_int_equal(PerfStartProvider(&provider_guid, NULL, &handle), ERROR_NOT_ENOUGH_MEMORY);
    assert_null(handle);
    assert_int_equal(perflib_state_watched_allocations(), 2);
    perflib_state_watch(NULL);
    stop(provider);
}

/* A heap that breaks the contract of PERF_MEM_ALLOC in the way that its context says. */
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

    static enum fault fault; /* it outlives its frame: a context on the stack would be a finding */

    (void)state;
    for (fault = 0; fault < FAULT_COUNT; fault++) {
        struct template template = template_of(PERF_COUNTERSET_MULTI_INSTANCES);
        struct findings findings = { 0 };
        PERF_PROVIDER_CONTEXT context = {
            .ContextSize = sizeof(context),
            .MemAllocRoutine = faulty_allocate,
            .MemFreeRoutine = faulty_free,
            .pMemContext = &fault,
        };
        HANDLE provider = NULL;

        perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
        if (PerfStartProviderEx(&provider_guid, &context, &provider) == ERROR_SUCCESS) {
            if (PerfSetCounterSetInfo(provider, &template.set, sizeof(template)) == ERROR_SUCCESS)
                PerfCreateInstance(provider, &set_guid, TEXT16("x"), 0);
            stop(provider);
        }
        perflib_state_watch(NULL);
        if (findings.count != 1 || !findings.broken[rules_broken[fault]])
            fail_msg("fault %d: %zu findings", (int)fault, findings.count);
        findings_release(&findings);
    }
}

/* ---- the checks of memory_check.c, with faults that PERFLIB could have ---------------- */

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
    assert_true(block && late);
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

        reentrant.provider = NULL; /* only once */
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
    /* The set that the routine has registered meanwhile stays. */
    assert_int_equal(PerfSetCounterSetInfo(provider, &template.set, sizeof(template)),
                     ERROR_ALREADY_EXISTS);
    assert_int_equal(reentrant.stop_result, ERROR_BUSY);
    assert_int_equal(reentrant.set_result, ERROR_SUCCESS);
    stop(provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_memory_comes_from_the_provider_and_goes_back),
        cmocka_unit_test(every_allocation_may_fail_and_nothing_leaks),
        cmocka_unit_test(stop_frees_what_the_provider_left),
        cmocka_unit_test(one_memory_routine_alone_is_refused_and_found),
        cmocka_unit_test(a_watch_makes_any_providers_allocation_fail),
        cmocka_unit_test(a_faulty_heap_is_found_and_survived),
        cmocka_unit_test(misuse_of_a_providers_heap_is_found),
        cmocka_unit_test(a_memory_routine_may_call_perflib_but_not_stop_its_provider),
    };

    return cmocka_run_group_tests_name("perflib_memory", tests, NULL, NULL);
}
