/* SPDX-License-Identifier: MIT
 *
 * Which heaps a reader reports as changed: every heap whose figures changed, and no other one with
 * a single shard. The publisher is this process itself; then the test, which writes a region by
 * hand and changes it between two steps.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <pthread.h>

#include "forged_region_posix.h"
#include "heap_watch.h"
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

static void a_larger_request_and_a_new_peak_are_seen(void **state)
{
    (void)state;
    for (size_t size = 1; size <= (size_t)1 << 20; size *= 2) {
        heap_tracker_allocate(heaps[20], address(30), size);
        assert_int_equal(changed(NULL), 1);
        struct heap_totals now = read_heap(20);
        assert_int_equal(now.largest_bytes, size < 20 ? 20 : size);
        assert_int_equal(now.peak_bytes, 20 + size);
        heap_tracker_free(heaps[20], address(30));
        assert_int_equal(changed(NULL), 1);
        now = read_heap(20);
        assert_int_equal(now.peak_bytes, 20 + size);
        assert_int_equal(now.in_use_bytes, 20);
    }
    heap_tracker_reallocate(heaps[20], address(31), (size_t)1 << 21, address(1));
    assert_int_equal(changed(NULL), 1);
    assert_int_equal(read_heap(20).largest_bytes, 1 << 21);
}

/* A heap without a table believes its allocator: a free of too few bytes leaves some of them in use. */
static void what_is_discarded_without_a_block_is_seen(void **state)
{
    const struct heap_tracker_options options = { .size = sizeof(options),
                                                  .flags = HEAP_TRACKER_SIZED };
    heap_tracker heap = heap_tracker_open("sized", &options);

    (void)state;
    heap_tracker_allocate(heap, address(1), 100);
    heap_tracker_free_sized(heap, address(1), 60);
    assert_int_equal(changed(NULL), HEAPS + 1); /* the region changed: it has one more heap */
    for (size_t i = 0; i <= HEAPS; i++)
        read_heap(i);
    assert_int_equal(changed(NULL), 0);
    assert_int_equal(read_heap(HEAPS).in_use_bytes, 40);
    heap_tracker_discard_all(heap);
    assert_true(changed(NULL) >= 1);
    assert_int_equal(read_heap(HEAPS).in_use_bytes, 0);
    heap_tracker_close(heap);
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

/* ---- a region that the test writes -------------------------------------------------------------- */

enum {
    FORGED_HEAPS = sizeof(struct region_header),
    FORGED_SHARDS = FORGED_HEAPS + REGION_FIRST_HEAPS * sizeof(struct region_heap),
    SHARDS_SIZE = REGION_FIRST_SHARDS * sizeof(struct region_shard),
    MORE_SHARDS = FORGED_SHARDS + SHARDS_SIZE, /* the second segment, twice as large */
    HEAP_NUMBER = 9
};

static struct {
    _Alignas(64) unsigned char memory[MORE_SHARDS + 2 * SHARDS_SIZE];
    struct cached_region region;
    struct cached_heap heap, *shown;
    struct heap_watch *watches;
    struct region_header *header;
    struct region_heap *shared;
    struct region_shard *shards;
} forged;

/* A heap with a shard, which has counted an allocation of 10 bytes. Its peak was 100 bytes. */
static int forge(void **state)
{
    (void)state;
    memset(&forged, 0, sizeof(forged));
    forged.header = (struct region_header *)(void *)forged.memory;
    forged.shared = (struct region_heap *)(void *)(forged.memory + FORGED_HEAPS);
    forged.shards = (struct region_shard *)(void *)(forged.memory + FORGED_SHARDS);
    forged.header->state = REGION_LIVE;
    forged.header->heap_segments = forged.header->shard_segments = 1;
    forged.header->change_count = 5;
    forged.shared->identity = HEAP_NUMBER;
    forged.shared->first_shard = 1;
    for (int i = 0; i < 2; i++) {
        forged.shards[i].heap = HEAP_NUMBER;
        forged.shards[i].totals[TOTAL_ALLOCATION_COUNT] = 1;
        forged.shards[i].totals[TOTAL_USABLE_BYTES] = 10;
        forged.shards[i].peak_bytes = 100;
    }
    forged.region.view = (struct region_view){
        .mapping = { .memory = forged.memory, .size = sizeof(forged.memory) },
        .heap_segments = 1,
        .shard_segments = 1,
        .heap_offsets = { FORGED_HEAPS },
        .shard_offsets = { FORGED_SHARDS },
        .shard_visits = 1000,
    };
    forged.region.change_count = 5;
    forged.heap = (struct cached_heap){ .region = &forged.region, .number = HEAP_NUMBER };
    forged.shown = &forged.heap;
    forged.watches = heap_watches_new(1);
    return forged.watches == NULL;
}

static int forget(void **state)
{
    (void)state;
    free(forged.watches);
    return 0;
}

static bool has_changed(void)
{
    size_t from = 0, index;

    return heap_watches_changed(forged.watches, &forged.shown, 1, &from, &index, 1) == 1;
}

/* Read the heap. Returns its number of allocations. */
static uint64_t allocations(void)
{
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_SUCCESS);
    return forged.heap.last.allocation_count;
}

static void count_in_shard(uint32_t shard)
{
    forged.shards[shard].totals[TOTAL_ALLOCATION_COUNT]++;
}

static void add_second_shard(void)
{
    forged.shards[1].next = 1;
    forged.shared->first_shard = 2;
    forged.header->change_count++;
}

static void a_heap_of_one_shard_is_watched(void **state)
{
    (void)state;
    assert_true(has_changed());
    assert_int_equal(allocations(), 1);
    assert_false(has_changed());
    count_in_shard(0);
    assert_true(has_changed());
    assert_int_equal(allocations(), 2);
    assert_false(has_changed());
    forged.region.view.mapping.is_cut = 1; /* zeros may have been read */
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_NOT_FOUND);
}

static void each_of_the_three_counts_shows_a_change(void **state)
{
    (void)state;
    for (int i = 0; i < TOTAL_COUNT; i++) {
        const bool is_count =
            i == TOTAL_ALLOCATION_COUNT || i == TOTAL_FREE_COUNT || i == TOTAL_REALLOCATION_COUNT;
        allocations();
        assert_false(has_changed());
        forged.shards[0].totals[i]++;
        assert_int_equal(has_changed(), is_count);
    }
}

static void a_heap_that_gets_a_second_shard_is_watched_no_longer(void **state)
{
    (void)state;
    assert_int_equal(allocations(), 1);
    add_second_shard();
    assert_int_equal(allocations(), 2);
    forged.region.change_count = forged.header->change_count; /* as after a refresh */
    assert_true(has_changed());
    assert_int_equal(allocations(), 2);
    count_in_shard(1);
    assert_true(has_changed());
    assert_int_equal(allocations(), 3);
}

static void a_heap_with_a_base_shard_is_not_watched(void **state)
{
    (void)state;
    forged.shared->has_base_shard = 1;
    assert_int_equal(allocations(), 1);
    assert_true(has_changed());
    forged.shared->base.totals[TOTAL_ALLOCATION_COUNT] = 1;
    assert_int_equal(allocations(), 2);
    forged.shared->first_shard = 0;
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_SUCCESS);
    assert_true(has_changed());
}

/* Only a refresh reads the records of a region again. Until then, every heap is read in full. */
static void no_watch_begins_while_the_region_changes(void **state)
{
    (void)state;
    forged.header->change_count++;
    assert_int_equal(allocations(), 1);
    assert_true(has_changed());
}

static void a_heap_that_cannot_be_read_is_not_watched(void **state)
{
    (void)state;
    forged.shared->identity++;
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_NOT_FOUND);
    assert_true(has_changed());
    forged.header->state = REGION_CLOSED;
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_NOT_FOUND);
    forged.header->state = REGION_LIVE;
    forged.shared->identity--;
    assert_int_equal(allocations(), 1);
    forged.header->change_count++; /* so that it is read in full */
    forged.region.view.mapping.is_cut = 1;
    count_in_shard(0);
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_NOT_FOUND);
    assert_int_equal(forged.heap.last.allocation_count, 1);
}

static void a_shard_in_a_segment_that_was_added_is_found(void **state)
{
    struct region_shard *shard = (struct region_shard *)(void *)(forged.memory + MORE_SHARDS);

    (void)state;
    shard->heap = HEAP_NUMBER;
    shard->totals[TOTAL_ALLOCATION_COUNT] = 7;
    shard->next = 1;
    forged.shared->first_shard = REGION_FIRST_SHARDS + 1;
    assert_int_equal(heap_watch_read(&forged.heap, forged.watches), ERROR_NOT_FOUND);
    forged.header->shard_offsets[1] = MORE_SHARDS;
    forged.header->shard_segments = 2;
    assert_int_equal(allocations(), 8);
}

static void marks_and_totals_never_fall(void **state)
{
    (void)state;
    for (int is_watched = 0; is_watched < 2; is_watched++) {
        forged.header->change_count = forged.region.change_count + !is_watched;
        forged.shards[0].peak_bytes = 100;
        forged.shards[0].totals[TOTAL_ALLOCATION_COUNT] = 3;
        assert_int_equal(allocations(), 3);
        assert_int_equal(forged.heap.last.peak_bytes, 100);
        forged.shards[0].peak_bytes = 50;
        forged.shards[0].totals[TOTAL_ALLOCATION_COUNT] = 2;
        assert_int_equal(allocations(), 3);
        assert_int_equal(forged.heap.last.peak_bytes, 100);
    }
}

/* Watches have addresses inside the mapping. */
static void when_a_region_moves_its_watches_end(void **state)
{
    const struct forged_region small = { .process_id = 1000, .start = 1, .heap_count = 1 };
    struct forged_file file = forged_region_make(region_folder, &small);
    struct cached_heap *known[2] = { &forged.heap, NULL };
    const char *name = strrchr(file.path, '/') + 1;
    bool was_reaped;

    (void)state;
    forged.region.view = (struct region_view){ 0 };
    assert_int_equal(region_view_open(&forged.region.view, region_folder, name, &was_reaped),
                     ERROR_SUCCESS);
    forged.region.directory = region_folder;
    forged.region.name = (char *)(uintptr_t)name;
    forged.region.heaps = known;
    forged.region.heap_capacity = UNIT_COUNT(known);
    for (int is_shown = 0; is_shown < 2; is_shown++) {
        forged.heap.is_shown = is_shown;
        forged.watches[0].events = 77;
        forged.watches[0].totals = forged.shards[0].totals;
        assert_int_equal(heap_watch_follow(&forged.region, forged.watches), ERROR_SUCCESS);
        assert_int_equal(forged.watches[0].events, 77); /* it has not moved */
        const uint32_t added = 1 + (uint32_t)is_shown;
        file.header->heap_offsets[added] = forged_heap_offset(added);
        file.header->heap_segments = added + 1;
        assert_int_equal(truncate(file.path, (off_t)forged_heap_offset(added + 1)), 0);
        assert_int_equal(heap_watch_follow(&forged.region, forged.watches), ERROR_SUCCESS);
        assert_int_equal(forged.watches[0].events == 77, !is_shown);
    }
    region_view_close(&forged.region.view);
    forged_region_remove(&file);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define FORGED(function) cmocka_unit_test_setup_teardown(function, forge, forget)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_heap_changes_with_each_event_and_no_other_one_does),
        TEST(rare_figures_change_a_heap_too),
        TEST(a_larger_request_and_a_new_peak_are_seen),
        TEST(what_is_discarded_without_a_block_is_seen),
        TEST(a_second_thread_s_events_are_seen),
        TEST(heaps_keep_their_place_in_mind_while_others_come_and_go),
        TEST(totals_wrap_around_and_what_is_in_use_does_not),
        TEST(few_at_a_time_are_all_that_changed),
        FORGED(a_heap_of_one_shard_is_watched),
        FORGED(each_of_the_three_counts_shows_a_change),
        FORGED(a_heap_that_gets_a_second_shard_is_watched_no_longer),
        FORGED(a_heap_with_a_base_shard_is_not_watched),
        FORGED(no_watch_begins_while_the_region_changes),
        FORGED(a_heap_that_cannot_be_read_is_not_watched),
        FORGED(a_shard_in_a_segment_that_was_added_is_found),
        FORGED(marks_and_totals_never_fall),
        FORGED(when_a_region_moves_its_watches_end),
    };

    return cmocka_run_group_tests_name("heap reading", tests, NULL, NULL);
}
