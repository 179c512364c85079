/* SPDX-License-Identifier: MIT
 *
 * Tests of allocator_figures.c, and of reading figures from a region that any process may have written.
 */
#include "unit.h"

#include <string.h>

#include "allocator_figures.h"

#define KNOWN(figures, figure) (((figures).known >> (figure)) & 1u)

static struct heap_figures glibc(uint64_t held, uint64_t free_bytes)
{
    return (struct heap_figures){
        .allocator = ALLOCATOR_GLIBC,
        .known = 1u << FIGURE_HELD | 1u << FIGURE_FREE,
        .values = { [FIGURE_HELD] = held, [FIGURE_FREE] = free_bytes },
    };
}

static void what_glibc_does_not_report_is_a_remainder(void **state)
{
    struct heap_figures figures = glibc(100000, 20000);

    (void)state;
    allocator_figures_complete(&figures, 60000, 100, true);
    /* glibc has a header of one word for each of the 100 blocks. 100,000 - 20,000 - 60,000 bytes are
       neither free nor in use: thread caches have those that are no headers. */
    assert_int_equal(figures.values[FIGURE_OVERHEAD], 100 * sizeof(size_t));
    assert_int_equal(figures.values[FIGURE_CACHED], 20000 - 100 * sizeof(size_t));
    assert_int_equal(figures.computed, 1u << FIGURE_OVERHEAD | 1u << FIGURE_CACHED);
}

static void no_remainder_is_negative(void **state)
{
    struct heap_figures figures = glibc(100000, 20000);

    (void)state;
    allocator_figures_complete(&figures, 80001, 100000, true); /* 100,000 - 20,000, and one more */
    assert_int_equal(figures.values[FIGURE_OVERHEAD], 0);
    assert_int_equal(figures.values[FIGURE_CACHED], 0);
    figures = glibc(100, 200);
    allocator_figures_complete(&figures, UINT64_MAX, UINT64_MAX, true);
    assert_int_equal(figures.values[FIGURE_CACHED], 0);
}

static void requested_bytes_say_nothing_about_thread_caches(void **state)
{
    struct heap_figures figures = glibc(100000, 20000);

    (void)state;
    allocator_figures_complete(&figures, 60000, 100, false);
    assert_false(KNOWN(figures, FIGURE_CACHED));
    assert_int_equal(figures.values[FIGURE_OVERHEAD], 20000);
}

static void what_mimalloc_has_free_is_a_remainder(void **state)
{
    struct heap_figures figures = { .allocator = ALLOCATOR_MIMALLOC,
                                    .known = 1u << FIGURE_HELD,
                                    .computed = 1u << FIGURE_HELD,
                                    .values = { [FIGURE_HELD] = 5000 } };

    (void)state;
    allocator_figures_complete(&figures, 1000, 1, true);
    assert_int_equal(figures.values[FIGURE_FREE], 4000);
    assert_true(figures.computed & 1u << FIGURE_FREE);
    assert_false(KNOWN(figures, FIGURE_CACHED));
}

static void an_allocator_that_reports_nothing_has_no_remainder(void **state)
{
    struct heap_figures figures = { .allocator = ALLOCATOR_JEMALLOC };

    (void)state;
    allocator_figures_complete(&figures, 1000, 1, true);
    assert_int_equal(figures.known, 0);
}

static void allocators_have_names(void **state)
{
    (void)state;
    for (uint32_t i = ALLOCATOR_UNKNOWN + 1; i < ALLOCATOR_COUNT; i++)
        assert_int_equal(allocator_figures_named(allocator_figures_name(i)), i);
    assert_int_equal(allocator_figures_named("nothing"), ALLOCATOR_UNKNOWN);
    assert_string_equal(allocator_figures_name(4711), "unknown"); /* far above ALLOCATOR_COUNT */
}

/* ---- reading ------------------------------------------------------------------------------- */

static struct region_heap heap;

static void make_heap(void)
{
    memset(&heap, 0, sizeof(heap));
    heap.figures.version = 2; /* even: complete */
    heap.figures.allocator = ALLOCATOR_TCMALLOC;
    heap.figures.known = 1u << FIGURE_HELD | 1u << FIGURE_FREE;
    heap.figures.computed = 1u << FIGURE_FREE;
    heap.figures.time = 77;
    heap.figures.values[FIGURE_HELD] = 1000;
    heap.figures.values[FIGURE_FREE] = 300;
}

static struct heap_figures read_heap(void)
{
    struct heap_figures figures = { .known = 4711 };

    heap_totals_read_figures(&heap, &figures);
    return figures;
}

static void sound_figures_are_read(void **state)
{
    (void)state;
    make_heap();
    struct heap_figures figures = read_heap();
    assert_int_equal(figures.allocator, ALLOCATOR_TCMALLOC);
    assert_int_equal(figures.known, heap.figures.known);
    assert_int_equal(figures.computed, 1u << FIGURE_FREE);
    assert_int_equal(figures.time, 77);
    assert_int_equal(figures.values[FIGURE_HELD], 1000);
}

static void figures_that_make_no_sense_are_unknown(void **state)
{
    (void)state;
    make_heap();
    heap.figures.version = 0; /* never written */
    assert_int_equal(read_heap().known, 0);
    heap.figures.version = 3; /* odd: an update that never ends */
    assert_int_equal(read_heap().known, 0);
    make_heap();
    heap.figures.allocator = ALLOCATOR_COUNT;
    assert_int_equal(read_heap().known, 0);
    heap.figures.allocator = ALLOCATOR_UNKNOWN;
    assert_int_equal(read_heap().known, 0);
    make_heap();
    heap.figures.values[FIGURE_FREE] = HEAP_FIGURE_LIMIT + 1;
    assert_int_equal(read_heap().known, 0);
    assert_int_equal(read_heap().values[FIGURE_HELD], 0);
}

static void unknown_bits_and_unknown_values_are_not_shown(void **state)
{
    (void)state;
    make_heap();
    heap.figures.known = 0xFF00 | 1u << FIGURE_HELD; /* bits from FIGURE_COUNT on mean nothing */
    heap.figures.computed = 0xFFFF;
    struct heap_figures figures = read_heap();
    assert_int_equal(figures.known, 1u << FIGURE_HELD);
    assert_int_equal(figures.computed, 1u << FIGURE_HELD);
    assert_int_equal(figures.values[FIGURE_FREE], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_glibc_does_not_report_is_a_remainder),
        cmocka_unit_test(no_remainder_is_negative),
        cmocka_unit_test(requested_bytes_say_nothing_about_thread_caches),
        cmocka_unit_test(what_mimalloc_has_free_is_a_remainder),
        cmocka_unit_test(an_allocator_that_reports_nothing_has_no_remainder),
        cmocka_unit_test(allocators_have_names),
        cmocka_unit_test(sound_figures_are_read),
        cmocka_unit_test(figures_that_make_no_sense_are_unknown),
        cmocka_unit_test(unknown_bits_and_unknown_values_are_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
