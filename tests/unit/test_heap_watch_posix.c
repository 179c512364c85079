/* SPDX-License-Identifier: MIT
 *
 * Which heaps a reader reports as changed: every heap whose figures changed, and no other one with
 * a single shard. The publisher is this process itself.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <pthread.h>

#include "heaptracker.h"
#include "os.h"
#include "region_folder.h"
#include "region_reader.h"

#define HEAPS 100

static heap_tracker heaps[HEAPS];
static struct region_reader *reader;

static const void *address(uintptr_t number)
{
    return (const void *)(number * 64);
}

/* Refresh. Returns how many heaps have changed since they were read, and the first of them. */
static size_t changed(size_t *first)
{
    size_t indexes[HEAPS + 1], from = 0;

    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    region_reader_hold(reader);
    size_t found = region_reader_changed(reader, &from, indexes, HEAPS + 1);
    region_reader_release(reader);
    if (first && found)
        *first = indexes[0];
    return found;
}

static struct heap_totals read_heap(size_t index)
{
    struct heap_totals now;

    assert_int_equal(region_reader_read(reader, index, &now), ERROR_SUCCESS);
    return now;
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAPS; i++) {
        heaps[i] = heap_tracker_open("pool", NULL);
        heap_tracker_allocate(heaps[i], address(1), i);
    }
    if (region_reader_open(&reader))
        return 1;
    if (changed(NULL) != HEAPS) /* no heap was read yet */
        return 1;
    for (size_t i = 0; i < HEAPS; i++)
        read_heap(i);
    return changed(NULL) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    region_reader_close(reader);
    for (size_t i = 0; i < HEAPS; i++)
        heap_tracker_close(heaps[i]);
    return 0;
}

static void a_heap_changes_with_each_event_and_no_other_one_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAPS; i++) {
        size_t index = HEAPS;
        if (i % 3 == 0)
            heap_tracker_allocate(heaps[i], address(2), 10);
        else if (i % 3 == 1)
            heap_tracker_reallocate(heaps[i], address(3), 5, address(1));
        else
            heap_tracker_free(heaps[i], address(1));
        assert_int_equal(changed(&index), 1);
        assert_int_equal(index, i);
        struct heap_totals now = read_heap(i);
        assert_int_equal(now.allocation_count, i % 3 == 0 ? 2 : 1);
        assert_int_equal(now.free_count, i % 3 == 2 ? 1 : 0);
        assert_int_equal(now.reallocation_count, i % 3 == 1 ? 1 : 0);
        assert_int_equal(changed(NULL), 0);
    }
}

static void rare_figures_change_a_heap_too(void **state)
{
    (void)state;
    heap_tracker_allocation_failed(heaps[7], 10);
    assert_true(changed(NULL) >= 1);
    assert_int_equal(read_heap(7).failure_count, 1);
    heap_tracker_free(heaps[8], address(99));
    assert_true(changed(NULL) >= 1);
    assert_int_equal(read_heap(8).unmatched_count, 1);
    heap_tracker_set_reserved(heaps[9], 4096, 1024);
    assert_true(changed(NULL) >= 1);
    assert_int_equal(read_heap(9).committed_bytes, 1024);
    for (size_t i = 0; i < HEAPS; i++)
        read_heap(i);
    assert_int_equal(changed(NULL), 0);
}

static void *allocate_twice(void *context)
{
    heap_tracker_allocate(*(heap_tracker *)context, address(5), 500);
    heap_tracker_allocate(*(heap_tracker *)context, address(6), 600);
    return NULL;
}

static void a_second_thread_s_events_are_seen(void **state)
{
    pthread_t thread;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread, NULL, allocate_twice, &heaps[50]), 0);
        pthread_join(thread, NULL);
        assert_true(changed(NULL) >= 1);
        /* One in set_up, and two in each thread. */
        assert_int_equal(read_heap(50).allocation_count, 3 + 2 * i);
    }
}

static void heaps_keep_their_place_in_mind_while_others_come_and_go(void **state)
{
    size_t index = HEAPS;
    uint64_t generation = region_reader_generation(reader);

    (void)state;
    assert_int_equal(changed(NULL), 0);
    assert_true(region_reader_generation(reader) == generation);
    heap_tracker_close(heaps[3]);
    changed(NULL);
    assert_false(region_reader_generation(reader) == generation);
    for (size_t i = 0; i < HEAPS - 1; i++)
        read_heap(i);
    assert_int_equal(changed(NULL), 0);
    heap_tracker_allocate(heaps[60], address(7), 70);
    assert_int_equal(changed(&index), 1);
    assert_int_equal(index, 59); /* heaps[60], since heaps[3] was closed */
    heaps[3] = heap_tracker_open("again", NULL);
    heap_tracker_allocate(heaps[3], address(1), 3);
    changed(NULL);
    assert_int_equal(read_heap(HEAPS - 1).allocated_bytes, 3);
    assert_int_equal(read_heap(59).allocation_count, 2);
}

static void few_at_a_time_are_all_that_changed(void **state)
{
    size_t indexes[7], from = 0, found, all = 0;

    (void)state;
    for (size_t i = 0; i < HEAPS; i += 2)
        heap_tracker_free(heaps[i], address(1));
    region_reader_refresh(reader);
    region_reader_hold(reader);
    while ((found = region_reader_changed(reader, &from, indexes, 7)) > 0)
        for (size_t i = 0; i < found; i++)
            assert_int_equal(indexes[i], 2 * all++);
    region_reader_release(reader);
    assert_int_equal(all, HEAPS / 2);
}

/* Four blocks of 2 to the 62 bytes add up to 0. */
static void totals_wrap_around_and_what_is_in_use_does_not(void **state)
{
    const size_t size = (size_t)1 << 62;
    struct heap_tracker_statistics own = { .size = sizeof(own) };
    uint64_t allocated = read_heap(5).allocated_bytes, freed = read_heap(5).freed_bytes;

    (void)state;
    for (int i = 0; i < 20; i++) {
        heap_tracker_allocate(heaps[5], address(100), size);
        changed(NULL);
        struct heap_totals now = read_heap(5);
        assert_true(now.allocated_bytes == (allocated += size));
        assert_true(now.allocated_bytes - now.freed_bytes == size + 5);
        heap_tracker_free(heaps[5], address(100));
        changed(NULL);
        now = read_heap(5);
        assert_true(now.freed_bytes == (freed += size));
        assert_true(now.allocated_bytes - now.freed_bytes == 5);
        assert_true(now.peak_bytes == size + 5);
        heap_tracker_read(heaps[5], &own);
        assert_true(own.allocated_bytes == allocated && own.freed_bytes == freed);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_heap_changes_with_each_event_and_no_other_one_does),
        TEST(rare_figures_change_a_heap_too),
        TEST(a_second_thread_s_events_are_seen),
        TEST(heaps_keep_their_place_in_mind_while_others_come_and_go),
        TEST(totals_wrap_around_and_what_is_in_use_does_not),
        TEST(few_at_a_time_are_all_that_changed),
    };

    return cmocka_run_group_tests_name("heap reading", tests, NULL, NULL);
}
