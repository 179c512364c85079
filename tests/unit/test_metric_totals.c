/* SPDX-License-Identifier: MIT
 *
 * Sums without process ids: no total falls when a process ends, is started again, or takes the
 * process id of another one. Gauges only count live processes.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric_totals.h"

static const struct known_labels labels = { "Custom Heap", "Process ID", "process", "heap" };

/* A total, a gauge that is summed, and a gauge of which the largest value counts. */
static const struct metric_rule rules[] = {
    { .is_total = true, .sum = KNOWN_SUM },
    { .sum = KNOWN_SUM },
    { .sum = KNOWN_MAX },
};

struct heap {
    const char *process;
    uint32_t process_id;
    uint64_t values[3];
};

static struct metric_totals totals;

static int setup(void **state)
{
    (void)state;
    totals = (struct metric_totals){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    metric_totals_release(&totals);
    return 0;
}

static void answer(const struct heap heaps[], size_t count)
{
    assert_true(metric_totals_begin(&totals, &labels, 3));
    for (size_t i = 0; i < count; i++) {
        const struct metric_identity identity = {
            .process = heaps[i].process,
            .process_size = strlen(heaps[i].process),
            .heap = "malloc",
            .heap_size = 6,
            .suffix = "",
            .process_id = heaps[i].process_id,
        };
        struct metric_value values[3];

        for (size_t k = 0; k < 3; k++)
            values[k] = (struct metric_value){ .is_there = true, .whole = heaps[i].values[k] };
        assert_true(metric_totals_add(&totals, &identity, 0, rules, values));
    }
    assert_true(metric_totals_end(&totals, rules));
}

static uint64_t sum(size_t group, size_t counter)
{
    assert_true(group < totals.group_count);
    return totals.groups[group]->now[counter].whole;
}

#define ANSWER(...)                                                                                \
    answer((const struct heap[]){ __VA_ARGS__ },                                                   \
           sizeof((const struct heap[]){ __VA_ARGS__ }) / sizeof(struct heap))

static void the_processes_of_one_name_are_one_sum(void **state)
{
    (void)state;
    ANSWER({ "a", 1, { 10, 5, 7 } }, { "a", 2, { 20, 6, 9 } }, { "b", 3, { 1, 1, 1 } });
    assert_int_equal(totals.group_count, 2);
    assert_int_equal(sum(0, 0), 30);
    assert_int_equal(sum(0, 1), 11);
    assert_int_equal(sum(0, 2), 9);
    assert_int_equal(totals.groups[0]->live_count, 2);
    assert_int_equal(sum(1, 0), 1);
}

static void the_totals_of_an_ended_process_stay(void **state)
{
    (void)state;
    ANSWER({ "a", 1, { 10, 5, 7 } }, { "a", 2, { 20, 6, 9 } });
    for (int i = 0; i < 5; i++) {
        ANSWER({ "a", 1, { 11, 4, 7 } });
        assert_int_equal(sum(0, 0), 31);
        assert_int_equal(sum(0, 1), 4);
        assert_int_equal(sum(0, 2), 7);
    }
    answer(NULL, 0);
    answer(NULL, 0);
    assert_int_equal(sum(0, 0), 31);
    assert_int_equal(totals.groups[0]->live_count, 0);
    assert_int_equal(totals.process_count, 0);
    ANSWER({ "a", 7, { 2, 1, 1 } });
    assert_int_equal(sum(0, 0), 33);
}

static void a_heap_that_one_answer_lacks_is_not_counted_twice(void **state)
{
    (void)state;
    ANSWER({ "a", 1, { 10, 5, 7 } });
    answer(NULL, 0);
    assert_int_equal(sum(0, 0), 10);
    ANSWER({ "a", 1, { 12, 5, 7 } });
    assert_int_equal(sum(0, 0), 12);
}

static void a_process_id_that_is_used_again_is_a_new_process(void **state)
{
    (void)state;
    ANSWER({ "a", 1, { 10, 5, 7 } });
    ANSWER({ "a", 1, { 3, 5, 7 } });
    assert_int_equal(sum(0, 0), 13);
    ANSWER({ "a", 1, { 4, 5, 7 } });
    assert_int_equal(sum(0, 0), 14);
}

static void a_name_too_many_is_added_to_other(void **state)
{
    struct heap *heaps = calloc(METRIC_TOTALS_LIMIT + 3, sizeof(*heaps));
    char(*names)[16] = calloc(METRIC_TOTALS_LIMIT + 3, sizeof(*names));

    (void)state;
    assert_non_null(heaps);
    assert_non_null(names);
    for (uint32_t i = 0; i < METRIC_TOTALS_LIMIT + 3; i++) {
        snprintf(names[i], sizeof(names[i]), "p%u", (unsigned)i);
        heaps[i] = (struct heap){ names[i], i + 1, { 1, 1, 1 } };
    }
    answer(heaps, METRIC_TOTALS_LIMIT);
    assert_int_equal(totals.group_count, METRIC_TOTALS_LIMIT);
    answer(heaps, METRIC_TOTALS_LIMIT + 3);
    assert_int_equal(totals.group_count, METRIC_TOTALS_LIMIT + 1);
    assert_int_equal(sum(METRIC_TOTALS_LIMIT, 0), 3);
    assert_memory_equal(totals.groups[METRIC_TOTALS_LIMIT]->identity.process, "other", 5);
    free(heaps);
    free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_processes_of_one_name_are_one_sum),
        TEST(the_totals_of_an_ended_process_stay),
        TEST(a_heap_that_one_answer_lacks_is_not_counted_twice),
        TEST(a_process_id_that_is_used_again_is_a_new_process),
        TEST(a_name_too_many_is_added_to_other),
    };

    return cmocka_run_group_tests_name("metric_totals", tests, NULL, NULL);
}
