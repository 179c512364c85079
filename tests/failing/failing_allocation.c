/* SPDX-License-Identifier: MIT
 *
 * The heap and the run of failing_heap.h and failing_tests.h.
 */
#define FAILING_HEAP_ITSELF
#include "failing_heap.h"
#include "failing_tests.h"
#undef memory_check_open
#undef memory_check_close
#undef PerfOpenQueryHandle
#undef PerfCloseQueryHandle

#include <setjmp.h>
#include <stdatomic.h>

#include "os.h"
#include "perflib_catalog.h"
#include "perflib_state.h"

#define FAILURES_LIMIT 60          /* runs of each test, spread evenly over its allocations */
#define TEST_LIMIT_100NS 20000000u /* 2 seconds for each test, which may be slow */
#define SETTLE_MS 2000             /* time for threads that an abandoned test has left running */
#define OPEN_THINGS 64

static atomic_uint_least64_t allocation_count, failing;
static atomic_llong live_count;

static jmp_buf test_begin;
static bool is_abandoned;
static char reason[160];

/* What a test has open: queries, and checks of memory routines. */
static void *open_queries[OPEN_THINGS], *open_checks[OPEN_THINGS];

/* ---- the heap ---------------------------------------------------------------------------- */

static bool shall_fail(void)
{
    return ++allocation_count == failing;
}

void *failing_malloc(size_t size)
{
    void *block = shall_fail() ? NULL : malloc(size);

    live_count += block != NULL;
    return block;
}

void *failing_calloc(size_t count, size_t size)
{
    void *block = shall_fail() ? NULL : calloc(count, size);

    live_count += block != NULL;
    return block;
}

void *failing_realloc(void *old, size_t size)
{
    void *block = shall_fail() ? NULL : realloc(old, size);

    live_count += block && !old;
    return block;
}

void failing_free(void *block)
{
    live_count -= block != NULL;
    free(block);
}

/* ---- tests ------------------------------------------------------------------------------- */

/* Put `to` into the entry of `from`; NULL is a free entry. */
static void replace(void *things[OPEN_THINGS], void *from, void *to)
{
    for (size_t i = 0; i < OPEN_THINGS; i++)
        if (things[i] == from) {
            things[i] = to;
            return;
        }
}

ULONG failing_open_query(LPCWSTR machine, HANDLE *query)
{
    const ULONG error = PerfOpenQueryHandle(machine, query);

    if (!error)
        replace(open_queries, NULL, *query);
    return error;
}

ULONG failing_close_query(HANDLE query)
{
    replace(open_queries, query, NULL);
    return PerfCloseQueryHandle(query);
}

DWORD failing_open_check(struct memory_check **check, const struct memory_check_options *options)
{
    const DWORD error = memory_check_open(check, options);

    if (!error)
        replace(open_checks, NULL, *check);
    return error;
}

void failing_close_check(struct memory_check *check)
{
    replace(open_checks, check, NULL);
    memory_check_close(check);
}

void (*failing_on_abandon)(void);

/* Clean up after an abandoned test. */
static void clean_up(void)
{
    HANDLE provider;

    if (failing_on_abandon)
        failing_on_abandon();
    for (size_t i = 0; i < OPEN_THINGS; i++)
        if (open_queries[i])
            failing_close_query(open_queries[i]);
    while ((provider = perflib_state_first_provider()) != NULL)
        if (PerfStopProvider(provider))
            break;
    for (size_t i = 0; i < OPEN_THINGS; i++)
        if (open_checks[i])
            failing_close_check(open_checks[i]);
    perflib_catalog_clear();
    perflib_state_watch(NULL);
}

void failing_abandon(const char *file, int line, const char *format, ...)
{
    const int used = snprintf(reason, sizeof(reason), "%s:%d: ", file, line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason + used, sizeof(reason) - (size_t)used, format, arguments);
    va_end(arguments);
    is_abandoned = true;
    failing = 0;
    clean_up(); /* before the test returns: PERFLIB may still refer to memory on its stack */
    longjmp(test_begin, 1);
}

static bool is_all_given_back(long long live_before)
{
    for (int i = 0; live_count != live_before && i < SETTLE_MS; i++)
        os_sleep_ms(1);
    return live_count == live_before;
}

/* Run a test once. Returns the number of its allocations. */
static uint64_t run_once(const struct CMUnitTest *test, uint64_t failing_one)
{
    void *volatile state = NULL;

    is_abandoned = false;
    allocation_count = 0;
    failing = failing_one;
    if (setjmp(test_begin) == 0) {
        void *given = NULL;

        if (test->setup_func)
            test->setup_func(&given);
        state = given;
        test->test_func(&given);
    }
    const uint64_t count = allocation_count;
    failing = 0;
    if (test->teardown_func && state) {
        void *given = state;
        test->teardown_func(&given);
    }
    return count;
}

static bool try_test(const struct CMUnitTest *test)
{
    run_once(test, 0); /* a first run, so that allocations that are made only once have been made */
    const long long live_before = live_count;
    const uint64_t count = run_once(test, 0);
    const uint64_t step = count > FAILURES_LIMIT ? count / FAILURES_LIMIT : 1;
    const uint64_t begin = os_time_100ns();
    uint64_t runs = 0, abandoned = 0;

    if (is_abandoned || !is_all_given_back(live_before)) {
        printf("# with all memory: %s, %lld blocks left\n", is_abandoned ? reason : "passed",
               (long long)live_count - live_before);
        return false;
    }
    for (uint64_t i = 1; i <= count && os_time_100ns() - begin < TEST_LIMIT_100NS; i += step) {
        run_once(test, i);
        runs++;
        abandoned += is_abandoned;
        if (!is_all_given_back(live_before)) {
            printf("# allocation %llu of %llu failing: %lld blocks left (%s)\n",
                   (unsigned long long)i, (unsigned long long)count,
                   (long long)live_count - live_before, is_abandoned ? reason : "passed");
            return false;
        }
    }
    run_once(test, 0);
    if (is_abandoned)
        printf("# with memory again: %s\n", reason);
    printf("# %llu of %llu allocations failed, one after the other; the test noticed %llu\n",
           (unsigned long long)runs, (unsigned long long)count, (unsigned long long)abandoned);
    return !is_abandoned;
}

int failing_run(const char *name, const struct CMUnitTest tests[], size_t count)
{
    int status = 0;

    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        const bool is_sound = try_test(&tests[i]);

        printf("%s %zu - %s: %s survives each allocation failing\n", is_sound ? "ok" : "not ok",
               i + 1, name, tests[i].name);
        fflush(stdout);
        status |= !is_sound;
    }
    return status;
}
