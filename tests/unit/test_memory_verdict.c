/* SPDX-License-Identifier: MIT
 *
 * Tests of memory_verdict.c: parts that add up, and verdicts on samples that are made here.
 */
#include "unit.h"

#include <string.h>

#include "memory_verdict.h"

#define MIB ((uint64_t)1 << 20)
#define COUNT 20

static struct memory_sample samples[COUNT];
static struct memory_explanation explanation;

/* jemalloc with so many MiB; all of it is resident. 2 MiB of its own are its map of pages. */
static void fill(struct memory_sample *sample, uint64_t live, uint64_t slack, uint64_t holes,
                 uint64_t cached)
{
    struct heap_figures *figures = &sample->heap.figures;

    *sample = (struct memory_sample){ .has_heap = true, .has_kinds = true, .is_answered = true };
    sample->heap.in_use_bytes = sample->heap.peak_bytes = live * MIB;
    figures->allocator = ALLOCATOR_JEMALLOC;
    figures->known = (1u << FIGURE_COUNT) - 1;
    figures->live_bytes = live * MIB;
    figures->values[FIGURE_FREE] = (slack + holes) * MIB;
    figures->values[FIGURE_RELEASABLE] = slack * MIB;
    figures->values[FIGURE_CACHED] = cached * MIB;
    figures->values[FIGURE_OVERHEAD] = 2 * MIB;
    figures->values[FIGURE_HELD] = (live + slack + holes + cached + 2) * MIB;
    figures->values[FIGURE_ARENAS] = 1;
    sample->kinds.mmap_gib = 1;
    sample->kinds.resident[MEMORY_MMAP] = (live + slack + holes + cached) * MIB;
    sample->kinds.resident[MEMORY_FILE] = 5 * MIB;
    sample->kinds.total = (live + slack + holes + cached + 5) * MIB;
}

static void fill_all(uint64_t live, uint64_t slack, uint64_t holes, uint64_t cached)
{
    for (size_t i = 0; i < COUNT; i++)
        fill(&samples[i], live, slack, holes, cached);
}

static void map_outside(struct memory_sample *sample, uint64_t size)
{
    sample->kinds.resident[MEMORY_MMAP] += size * MIB;
    sample->kinds.total += size * MIB;
}

static enum memory_verdict verdict(void)
{
    memory_verdict_explain(samples, COUNT, 4711, &explanation);
    uint64_t sum = 0;
    for (int i = 0; i < PART_COUNT; i++)
        sum += explanation.last.bytes[i];
    assert_true(sum == explanation.last.total);
    assert_true(explanation.sentence[0] != 0);
    return explanation.verdict;
}

static void parts_are_what_the_allocator_reports(void **state)
{
    struct memory_parts parts;

    (void)state;
    fill(&samples[0], 100, 20, 30, 4);
    map_outside(&samples[0], 7);
    memory_verdict_parts_of(&samples[0], &parts);
    assert_true(parts.is_split && parts.is_current);
    assert_true(parts.bytes[PART_LIVE] == 100 * MIB);
    assert_true(parts.bytes[PART_SLACK] == 20 * MIB);
    assert_true(parts.bytes[PART_FRAGMENTATION] == 30 * MIB);
    assert_true(parts.bytes[PART_CACHES] == 4 * MIB);
    assert_true(parts.bytes[PART_OVERHEAD] == 0);
    assert_true(parts.bytes[PART_OUTSIDE] == 7 * MIB);
    assert_true(parts.bytes[PART_FILES] == 5 * MIB);
}

/* Memory on both sides of a multiple of 1 GiB: two maps of 2 MiB, if jemalloc's own memory is as large as both. */
static void jemalloc_has_a_map_of_pages_for_each_gib(void **state)
{
    struct memory_parts parts;

    (void)state;
    for (uint64_t overhead = 2; overhead <= 5; overhead++) {
        fill(&samples[0], 100, 0, 0, 0);
        map_outside(&samples[0], 7);
        samples[0].kinds.mmap_gib = 2;
        samples[0].heap.figures.values[FIGURE_OVERHEAD] = overhead * MIB;
        samples[0].heap.figures.values[FIGURE_HELD] = (100 + overhead) * MIB;
        memory_verdict_parts_of(&samples[0], &parts);
        assert_true(parts.bytes[PART_OVERHEAD] == overhead % 2 * MIB);
        assert_true(parts.bytes[PART_OUTSIDE] == (7 - overhead % 2) * MIB);
    }
}

static void free_memory_that_was_given_back_is_in_no_part(void **state)
{
    struct memory_parts parts;

    (void)state;
    fill(&samples[0], 100, 40, 10, 0);
    samples[0].kinds.resident[MEMORY_MMAP] -= 30 * MIB; /* whole pages */
    samples[0].kinds.total -= 30 * MIB;
    memory_verdict_parts_of(&samples[0], &parts);
    assert_true(parts.bytes[PART_SLACK] == 10 * MIB);
    assert_true(parts.bytes[PART_FRAGMENTATION] == 10 * MIB);
    assert_true(parts.not_resident == 30 * MIB);
}

/* The heap of brk is a mapping; 20 MiB of blocks are mapped one by one. */
static void what_glibc_holds_is_address_space(void **state)
{
    struct memory_sample *sample = &samples[0];
    struct memory_parts parts;

    (void)state;
    fill(sample, 60, 0, 0, 0);
    sample->heap.figures.allocator = ALLOCATOR_GLIBC;
    sample->heap.figures.values[FIGURE_OVERHEAD] = 0;
    sample->heap.figures.values[FIGURE_HELD] = 100 * MIB;
    sample->heap.figures.values[FIGURE_FREE] = sample->heap.figures.values[FIGURE_RELEASABLE] =
        40 * MIB;
    sample->kinds.size[MEMORY_HEAP] = 80 * MIB;
    sample->kinds.resident[MEMORY_HEAP] = 50 * MIB;
    sample->kinds.resident[MEMORY_MMAP] = 35 * MIB;
    sample->kinds.total = 90 * MIB;
    memory_verdict_parts_of(sample, &parts);
    assert_true(parts.bytes[PART_LIVE] == 60 * MIB);
    assert_true(parts.bytes[PART_SLACK] == 10 * MIB); /* 30 of its 40 are in no memory */
    assert_true(parts.bytes[PART_OUTSIDE] == 15 * MIB);
}

static void figures_of_before_many_frees_are_not_current(void **state)
{
    struct memory_parts parts;

    (void)state;
    fill(&samples[0], 100, 0, 0, 0);
    samples[0].heap.in_use_bytes = 10 * MIB;
    memory_verdict_parts_of(&samples[0], &parts);
    assert_false(parts.is_current);
    assert_true(parts.bytes[PART_SLACK] == 90 * MIB);
}

static void live_blocks_that_grow_are_a_leak(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        fill(&samples[i], 20 + i, 0, 0, 0);
    assert_int_equal(verdict(), VERDICT_LEAK);
    assert_true(explanation.is_sure && explanation.live_growth == 19 * (int64_t)MIB);
    assert_non_null(strstr(explanation.next[0], "4711"));
}

static void a_heap_that_fills_again_churns_or_stops_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        fill(&samples[i], 20 + i, 0, 0, 0);
        samples[i].heap.peak_bytes = 80 * MIB;
    }
    assert_int_equal(verdict(), VERDICT_HEALTHY);
    for (size_t i = 0; i < COUNT; i++)
        fill(&samples[i], i % 4 == 0 ? 20 : 30 + i, 0, 0, 0);
    assert_int_equal(verdict(), VERDICT_HEALTHY);
    for (size_t i = 0; i < COUNT; i++)
        fill(&samples[i], i < COUNT / 2 ? 20 + i : 20 + COUNT / 2, 0, 0, 0);
    assert_int_equal(verdict(), VERDICT_HEALTHY);
}

static void few_samples_show_no_growth(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        fill(&samples[i], 20 + 10 * i, 0, 0, 0);
    memory_verdict_explain(samples, EXPLANATION_WINDOWS - 1, 1, &explanation);
    assert_int_equal(explanation.verdict, VERDICT_HEALTHY);
}

/* The limits are constants of memory_verdict.c: at least 4 MiB and a sixth of the memory are worth a
   verdict; arenas are to blame if there are 4 and three tenths of the free bytes are elsewhere. */
static void free_memory_has_a_verdict_by_its_place(void **state)
{
    (void)state;
    fill_all(20, 60, 5, 0);
    assert_int_equal(verdict(), VERDICT_SLACK);
    fill_all(20, 5, 60, 0);
    assert_int_equal(verdict(), VERDICT_FRAGMENTATION);
    fill_all(20, 5, 5, 60);
    assert_int_equal(verdict(), VERDICT_THREAD_CACHES);
    fill_all(20, 60, 5, 0);
    samples[COUNT - 1].heap.figures.values[FIGURE_ARENAS] = 16;
    samples[COUNT - 1].heap.figures.values[FIGURE_ELSEWHERE] = 65 * MIB * 3 / 10;
    assert_int_equal(verdict(), VERDICT_ARENAS);
    samples[COUNT - 1].heap.figures.values[FIGURE_ELSEWHERE] =
        18 * MIB; /* less than three tenths */
    assert_int_equal(verdict(), VERDICT_SLACK);
    samples[COUNT - 1].heap.figures.values[FIGURE_ELSEWHERE] = 60 * MIB;
    samples[COUNT - 1].heap.figures.values[FIGURE_ARENAS] = 3;
    assert_int_equal(verdict(), VERDICT_SLACK);
    fill_all(80, 5, 5, 1); /* little of much */
    assert_int_equal(verdict(), VERDICT_HEALTHY);
    fill_all(1, 1, 1, 1); /* much of little */
    assert_int_equal(verdict(), VERDICT_HEALTHY);
}

/* Without growth, less than 32 MiB outside malloc is no finding: LEAST_OUTSIDE. */
static void memory_outside_malloc_that_grows_or_is_most_is_mmap(void **state)
{
    (void)state;
    fill_all(50, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        map_outside(&samples[i], 10 + i);
    assert_int_equal(verdict(), VERDICT_MMAP);
    assert_true(explanation.is_sure);
    fill_all(50, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        map_outside(&samples[i], 100);
    assert_int_equal(verdict(), VERDICT_MMAP);
    assert_false(explanation.is_sure);
    fill_all(50, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        map_outside(&samples[i], 20);
    assert_int_equal(verdict(), VERDICT_HEALTHY);
}

static void what_is_not_known_is_said(void **state)
{
    (void)state;
    fill_all(50, 0, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        samples[i].heap.figures = (struct heap_figures){ 0 };
    assert_int_equal(verdict(), VERDICT_UNKNOWN);
    assert_false(explanation.last.is_split);
    memset(samples, 0, sizeof(samples));
    assert_int_equal(verdict(), VERDICT_UNKNOWN);
    assert_true(explanation.reason_count > 0 && explanation.next_count > 0);
}

/* Whether a reason has the text. */
static bool says(const char *text)
{
    for (size_t i = 0; i < explanation.reason_count; i++)
        if (strstr(explanation.reasons[i], text))
            return true;
    return false;
}

static void an_idle_program_that_does_not_answer_is_said_to_be_so(void **state)
{
    struct memory_sample *last = &samples[COUNT - 1];

    (void)state;
    fill_all(50, 1, 1, 0);
    assert_int_equal(verdict(), VERDICT_HEALTHY);
    assert_true(explanation.is_sure && !says("did not answer"));
    last->is_answered = false;
    last->figures_age_ms = 61500;
    last->heap.allocation_count = 7;
    last->heap.figures.event_count = 7;
    assert_int_equal(verdict(), VERDICT_HEALTHY);
    assert_true(explanation.is_sure); /* nothing has happened since */
    assert_true(says("did not answer") && says("61.5 s old") && says("nothing was allocated"));
    assert_int_equal(explanation.next_count, 0);
    last->heap.free_count = 3;
    last->heap.in_use_bytes = 46 * MIB;
    verdict();
    assert_false(explanation.is_sure);
    assert_true(says("61.5 s old") && says("before 3 events") && says("50.0 MiB then"));
    assert_int_equal(explanation.next_count, 1);
}

/* Random figures, from Knuth's linear generator of 64 bits. */
static void figures_without_sense_give_parts_that_add_up(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int step = 0; step < 20000; step++) {
        uint64_t *words = (uint64_t *)&samples[COUNT - 1];

        memset(samples, 0, sizeof(samples));
        for (size_t i = 0; i < sizeof(samples[0].heap) / sizeof(*words); i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            words[i] = seed >> (20 + seed % 44);
        }
        samples[COUNT - 1].heap.figures.allocator = (uint32_t)(seed >> 33) % ALLOCATOR_COUNT;
        samples[COUNT - 1].has_heap = samples[COUNT - 1].has_kinds = true;
        for (int i = 0; i < MEMORY_KIND_COUNT; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            samples[COUNT - 1].kinds.resident[i] = seed >> 30;
            samples[COUNT - 1].kinds.size[i] = seed >> 29;
            samples[COUNT - 1].kinds.total += seed >> 30;
        }
        verdict();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_what_the_allocator_reports),
        cmocka_unit_test(jemalloc_has_a_map_of_pages_for_each_gib),
        cmocka_unit_test(free_memory_that_was_given_back_is_in_no_part),
        cmocka_unit_test(what_glibc_holds_is_address_space),
        cmocka_unit_test(figures_of_before_many_frees_are_not_current),
        cmocka_unit_test(live_blocks_that_grow_are_a_leak),
        cmocka_unit_test(a_heap_that_fills_again_churns_or_stops_is_none),
        cmocka_unit_test(few_samples_show_no_growth),
        cmocka_unit_test(free_memory_has_a_verdict_by_its_place),
        cmocka_unit_test(memory_outside_malloc_that_grows_or_is_most_is_mmap),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(an_idle_program_that_does_not_answer_is_said_to_be_so),
        cmocka_unit_test(figures_without_sense_give_parts_that_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
