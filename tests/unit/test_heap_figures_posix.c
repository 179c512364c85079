/* SPDX-License-Identifier: MIT
 *
 * Tests of heap_figures.c: a program that names its allocator when it opens a heap has its figures in the
 * heap's record.
 */
#include "unit.h"

#include <malloc.h>
#include <stdlib.h>

#include "heap_slot.h"
#include "heap_totals.h"
#include "heaptracker.h"

static struct heap_figures figures_of(heap_tracker heap)
{
    struct heap_figures figures;
    uint32_t number;

    heap_totals_read_figures(heap_slot_find(heap, &number)->shared, &figures);
    return figures;
}

/* 100 KiB: a thread looks after each 64 KiB. */
static void use(heap_tracker heap)
{
    for (int i = 0; i < 100; i++) {
        void *block = malloc(1024);
        assert_non_null(block);
        heap_tracker_allocate(heap, block, 1024);
        heap_tracker_free(heap, block);
        free(block);
    }
}

static heap_tracker open_heap(const char *allocator, uint32_t size)
{
    struct heap_tracker_options options = { .size = size, .allocator = allocator };

    return heap_tracker_open("named", &options);
}

static void a_named_allocator_is_asked(void **state)
{
    const struct mallinfo2 info = mallinfo2();
    heap_tracker heap = open_heap("glibc", sizeof(struct heap_tracker_options));

    (void)state;
    assert_int_equal(figures_of(heap).known, 0);
    use(heap);
    struct heap_figures figures = figures_of(heap);
    assert_int_equal(figures.allocator, ALLOCATOR_GLIBC);
    assert_true(figures.known & 1u << FIGURE_HELD && figures.known & 1u << FIGURE_FREE);
    assert_true(figures.values[FIGURE_HELD] >= info.arena + info.hblkhd);
    assert_true(figures.values[FIGURE_HELD] >= figures.values[FIGURE_FREE]);
    assert_true(figures.time > 0 && figures.event_count > 0);
    /* The heap keeps a table of requested bytes: what thread caches have is not known. */
    assert_false(figures.known & 1u << FIGURE_CACHED);
    heap_tracker_close(heap);
}

static void the_next_heap_in_the_record_begins_without_figures(void **state)
{
    heap_tracker heap = open_heap(NULL, sizeof(struct heap_tracker_options));

    (void)state;
    use(heap);
    assert_int_equal(figures_of(heap).known, 0);
    heap_tracker_close(heap);
}

static void unknown_and_absent_allocators_have_no_effect(void **state)
{
    static const char *const names[] = { "", "malloc", "jemalloc", "mimalloc", "tcmalloc" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        heap_tracker heap = open_heap(names[i], sizeof(struct heap_tracker_options));
        use(heap);
        assert_int_equal(figures_of(heap).known, 0);
        heap_tracker_close(heap);
    }
}

static void options_of_an_older_program_name_none(void **state)
{
    heap_tracker heap =
        open_heap("glibc", (uint32_t)offsetof(struct heap_tracker_options, allocator));

    (void)state;
    use(heap);
    assert_int_equal(figures_of(heap).known, 0);
    heap_tracker_close(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_and_absent_allocators_have_no_effect),
        cmocka_unit_test(options_of_an_older_program_name_none),
        cmocka_unit_test(a_named_allocator_is_asked),
        cmocka_unit_test(the_next_heap_in_the_record_begins_without_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
