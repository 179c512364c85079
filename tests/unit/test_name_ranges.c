/* SPDX-License-Identifier: MIT
 *
 * name_ranges.c: which names have no owner, in which runs, and which range has an index.
 */
#include "unit.h"

#include "failing_memory.h"
#include "name_ranges.h"

static struct machine_service services[8];
static struct name_ranges ranges;
static struct machine_name names[40];
static struct machine_table table = { .names = names };
static long blocks; /* that were there before the test */

/* Pairs of first and last index, in the order of the services; ended by 0. */
static void set_ranges(const uint32_t *pairs)
{
    name_ranges_release(&ranges);
    while (pairs[2 * ranges.range_count])
        ranges.range_count++;
    if (!ranges.range_count)
        return;
    ranges.ranges = malloc(ranges.range_count * sizeof(*ranges.ranges));
    assert_non_null(ranges.ranges);
    for (size_t i = 0; i < ranges.range_count; i++)
        ranges.ranges[i] = (struct name_range){ .first = pairs[2 * i],
                                                .last = pairs[2 * i + 1],
                                                .service = &services[i] };
}

static void set_names(const uint32_t *indices)
{
    for (table.count = 0; indices[table.count]; table.count++)
        names[table.count].index = indices[table.count];
}

static void sort_of(const uint32_t *pairs, const uint32_t *indices)
{
    set_ranges(pairs);
    set_names(indices);
    assert_int_equal(name_ranges_sort(&ranges, &table), ERROR_SUCCESS);
}

/* Runs as "first-last:count", one blank after each. */
static const char *shown(const struct name_run *runs, size_t count)
{
    static char text[500];
    size_t length = 0;

    *text = 0;
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%u-%u:%zu ",
                                   (unsigned)runs[i].first, (unsigned)runs[i].last, runs[i].count);
    return text;
}

static int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    name_ranges_release(&ranges);
    return failing_memory_blocks == blocks ? 0 : -1;
}

#define LIST(...) ((const uint32_t[]){ __VA_ARGS__, 0 })
#define NONE ((const uint32_t[]){ 0 })

static void names_outside_of_all_ranges_form_runs(void **state)
{
    static const struct {
        uint32_t ranges[9], names[9];
        const char *runs, *parts;
    } cases[] = {
        { { 0 }, { 0 }, "", "" },
        /* up to 1847 they are those of Windows */
        { { 0 }, { 2, 1846, 1847 }, "", "" },
        { { 0 }, { 1846, 1848 }, "1848-1848:1 ", "1848-1848:1 " },
        /* odd indices are no names */
        { { 0 }, { 1848, 1849, 1850 }, "1848-1850:2 ", "1848-1850:2 " },
        { { 0 }, { 1849 }, "", "" },
        /* a gap ends a part, not a run */
        { { 0 }, { 1848, 1850, 1854 }, "1848-1854:3 ", "1848-1850:2 1854-1854:1 " },
        /* a range ends a run, also one that ends before the next name */
        { { 1850, 1852 },
          { 1848, 1850, 1852, 1854 },
          "1848-1848:1 1854-1854:1 ",
          "1848-1848:1 1854-1854:1 " },
        { { 1850, 1850 }, { 1848, 1852 }, "1848-1848:1 1852-1852:1 ", "1848-1848:1 1852-1852:1 " },
        /* a range that begins and ends within another does not shorten it */
        { { 1848, 1860, 1850, 1852 }, { 1848, 1854, 1860, 1862 }, "1862-1862:1 ", "1862-1862:1 " },
        { { 1848, 1848, 1850, 1852 }, { 1848, 1852, 1854 }, "1854-1854:1 ", "1854-1854:1 " },
        /* a range that begins at an odd index has the name after it */
        { { 1851, 1851 },
          { 1848, 1850, 1852 },
          "1848-1850:2 1852-1852:1 ",
          "1848-1850:2 1852-1852:1 " },
        { { 1854, 1856 }, { 1848, 1850 }, "1848-1850:2 ", "1848-1850:2 " },
        { { 0 },
          { 4294967292u, 4294967294u },
          "4294967292-4294967294:2 ",
          "4294967292-4294967294:2 " },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        sort_of(cases[i].ranges, cases[i].names);
        if (strcmp(shown(ranges.runs, ranges.run_count), cases[i].runs) != 0)
            fail_msg("case %zu: runs %s", i, shown(ranges.runs, ranges.run_count));
        if (strcmp(shown(ranges.parts, ranges.part_count), cases[i].parts) != 0)
            fail_msg("case %zu: parts %s", i, shown(ranges.parts, ranges.part_count));
    }
}

static void without_names_no_run_is_found(void **state)
{
    (void)state;
    set_ranges(LIST(1848, 1850));
    assert_int_equal(name_ranges_sort(&ranges, NULL), ERROR_SUCCESS);
    assert_int_equal(ranges.run_count, 0);
    assert_int_equal(ranges.block_count, 0);
    assert_int_equal(ranges.ranges[0].reach, 1850);
    assert_null(name_ranges_run_at(&ranges, 1848));
}

static void ranges_are_in_order_of_first_last_and_service(void **state)
{
    static const size_t order[] = { 3, 4, 5, 1, 0, 6, 2 };
    static const uint32_t reach[] = { 1850, 1850, 1850, 1870, 1880, 1890, 1890 };
    static const size_t farthest[] = { 0, 0, 0, 3, 4, 5, 5 };

    (void)state;
    set_ranges(
        LIST(1860, 1880, 1860, 1870, 1862, 1864, 1848, 1850, 1848, 1850, 1848, 1850, 1860, 1890));
    ranges.ranges[3].service = &services[4];
    ranges.ranges[4].service = &services[3];
    assert_int_equal(name_ranges_sort(&ranges, NULL), ERROR_SUCCESS);
    for (size_t i = 0; i < UNIT_COUNT(order); i++) {
        assert_ptr_equal(ranges.ranges[i].service, &services[order[i]]);
        assert_int_equal(ranges.ranges[i].reach, reach[i]);
        assert_int_equal(ranges.ranges[i].farthest, farthest[i]);
    }
}

/* The service of an overlap, as its position; -1: none. */
static int overlap(uint32_t first, uint32_t last, int except)
{
    const struct name_range *found =
        name_ranges_overlap(&ranges, first, last, except < 0 ? NULL : &services[except]);

    return found ? (int)(found->service - services) : -1;
}

static void an_overlap_has_one_index_at_least(void **state)
{
    (void)state;
    sort_of(NONE, NONE);
    assert_int_equal(overlap(1848, 1850, -1), -1);
    sort_of(LIST(1850, 1854, 1860, 1862), NONE);
    assert_int_equal(overlap(1848, 1849, -1), -1);
    assert_int_equal(overlap(1848, 1850, -1), 0);
    assert_int_equal(overlap(1852, 1852, -1), 0);
    assert_int_equal(overlap(1854, 1856, -1), 0);
    assert_int_equal(overlap(1855, 1859, -1), -1);
    assert_int_equal(overlap(1855, 1860, -1), 1);
    assert_int_equal(overlap(1862, 1870, -1), 1);
    assert_int_equal(overlap(1863, 1870, -1), -1);
    assert_int_equal(overlap(1848, 1854, 0), -1);
    assert_int_equal(overlap(1848, 1860, 1), 0);
    assert_int_equal(overlap(1848, 1860, 0), 1);
    assert_int_equal(overlap(0, UINT32_MAX, 1), 0);
}

static void an_overlap_is_found_below_the_range_that_is_left_out(void **state)
{
    (void)state;
    /* 0 contains 1 and 2, which begins where 1 ends */
    sort_of(LIST(1848, 1880, 1850, 1854, 1854, 1860), NONE);
    assert_int_equal(overlap(1870, 1870, -1), 0);
    assert_int_equal(overlap(1852, 1852, -1), 0);
    assert_int_equal(overlap(1870, 1870, 0), -1);
    assert_int_equal(overlap(1860, 1864, 0), 2);
    assert_int_equal(overlap(1861, 1864, 0), -1);
    assert_int_equal(overlap(1850, 1853, 0), 1);
    assert_int_equal(overlap(1848, 1849, 0), -1);
    assert_int_equal(overlap(1854, 1854, 0), 2);
    /* two ranges of one service: both are left out */
    ranges.ranges[1].service = &services[0];
    assert_int_equal(overlap(1850, 1852, 0), -1);
}

static void a_run_is_found_by_each_of_its_indices(void **state)
{
    (void)state;
    sort_of(LIST(1860, 1860), LIST(1848, 1850, 1854, 1862, 1864));
    assert_string_equal(shown(ranges.runs, ranges.run_count), "1848-1854:3 1862-1864:2 ");
    assert_null(name_ranges_run_at(&ranges, 1847));
    assert_ptr_equal(name_ranges_run_at(&ranges, 1848), &ranges.runs[0]);
    assert_ptr_equal(name_ranges_run_at(&ranges, 1852), &ranges.runs[0]);
    assert_ptr_equal(name_ranges_run_at(&ranges, 1854), &ranges.runs[0]);
    assert_null(name_ranges_run_at(&ranges, 1855));
    assert_null(name_ranges_run_at(&ranges, 1861));
    assert_ptr_equal(name_ranges_run_at(&ranges, 1862), &ranges.runs[1]);
    assert_ptr_equal(name_ranges_run_at(&ranges, 1864), &ranges.runs[1]);
    assert_null(name_ranges_run_at(&ranges, 1865));
    assert_null(name_ranges_part_at(&ranges, 1852));
    assert_ptr_equal(name_ranges_part_at(&ranges, 1850), &ranges.parts[0]);
    assert_ptr_equal(name_ranges_part_at(&ranges, 1854), &ranges.parts[1]);
}

/* The runs and parts of one span, each as its first index. */
static const char *of_span(uint32_t span)
{
    static char text[200];
    size_t length = 0, at = 0;

    *text = 0;
    for (const struct name_run *run = name_ranges_run_of_span(&ranges, span, &at); run;
         run = name_ranges_run_of_span(&ranges, span, &at))
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%u ", (unsigned)run->first);
    return text;
}

static void runs_and_parts_are_found_by_their_span(void **state)
{
    (void)state;
    sort_of(NONE, NONE);
    assert_string_equal(of_span(0), "");
    sort_of(LIST(1860, 1860, 1870, 1870),
            LIST(1848, 1850, 1854, 1862, 1864, 1872, 1874, 1876, 1878));
    assert_string_equal(shown(ranges.parts, ranges.part_count),
                        "1848-1850:2 1854-1854:1 1862-1864:2 1872-1878:4 ");
    /* The first run has a gap, so it is a block beside its parts. */
    assert_string_equal(shown(ranges.blocks, ranges.block_count),
                        "1854-1854:1 1848-1850:2 1862-1864:2 1848-1854:3 1872-1878:4 ");
    assert_string_equal(of_span(0), "1854 ");
    assert_string_equal(of_span(1), "");
    assert_string_equal(of_span(2), "1848 1862 ");
    assert_string_equal(of_span(4), "");
    assert_string_equal(of_span(6), "1848 1872 ");
    assert_string_equal(of_span(8), "");
}

/* With each number of parts, because memory grows in steps. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t parts = 1; parts < UNIT_COUNT(names); parts++) {
        DWORD error = ERROR_NOT_ENOUGH_MEMORY;
        for (unsigned step = 1; error; step++) {
            set_ranges(LIST(1848, 1850));
            for (table.count = 0; table.count < parts; table.count++)
                names[table.count].index = 1852 + 4 * (uint32_t)table.count;
            failing_memory_countdown = step;
            error = name_ranges_sort(&ranges, &table);
            const bool has_failed = !failing_memory_countdown;
            failing_memory_countdown = 0;
            assert_int_equal(error, has_failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
            name_ranges_release(&ranges);
            assert_int_equal(failing_memory_blocks, blocks);
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_outside_of_all_ranges_form_runs),
        TEST(without_names_no_run_is_found),
        TEST(ranges_are_in_order_of_first_last_and_service),
        TEST(an_overlap_has_one_index_at_least),
        TEST(an_overlap_is_found_below_the_range_that_is_left_out),
        TEST(a_run_is_found_by_each_of_its_indices),
        TEST(runs_and_parts_are_found_by_their_span),
        TEST(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("name_ranges", tests, NULL, NULL);
}
