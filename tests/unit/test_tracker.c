/* SPDX-License-Identifier: MIT
 *
 * The meaning of each event, on one thread: through heaptracker.h and
 * VSCustomNativeHeapEtwProvider.h. tests/tracker/ tests threads, fork and exit.
 */
#include "unit.h"

#include "VSCustomNativeHeapEtwProvider.h"
#include "heaptracker.h"
#include "region_folder.h"
#include "wintypes.h"

static heap_tracker heap;

static int set_up(void **state)
{
    (void)state;
    heap = heap_tracker_open("test", NULL);
    return heap == HEAP_TRACKER_INVALID;
}

static int tear_down(void **state)
{
    (void)state;
    return heap_tracker_close(heap) != 0;
}

static const void *at(uintptr_t number)
{
    return (const void *)(0x10000 + number * 64);
}

static struct heap_tracker_statistics figures(void)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    assert_int_equal(heap_tracker_read(heap, &now), 0);
    assert_int_equal(now.size, sizeof(now));
    assert_int_equal(now.version, 1);
    return now;
}

static uint64_t in_use(const struct heap_tracker_statistics *now)
{
    return now->in_use_bytes;
}

static void allocations_and_frees_are_counted(void **state)
{
    struct heap_tracker_statistics now;

    (void)state;
    for (uintptr_t i = 0; i < 100; i++)
        assert_int_equal(heap_tracker_allocate(heap, at(i), i), 0);
    for (uintptr_t i = 0; i < 40; i++)
        assert_int_equal(heap_tracker_free(heap, at(i)), 0);
    now = figures();
    assert_int_equal(now.allocation_count, 100);
    assert_int_equal(now.free_count, 40);
    assert_int_equal(now.allocated_bytes, 99 * 100 / 2);
    assert_int_equal(now.freed_bytes, 39 * 40 / 2);
    assert_int_equal(now.requested_bytes, 99 * 100 / 2);
    assert_int_equal(now.peak_bytes, 99 * 100 / 2);
    assert_int_equal(now.peak_blocks, 100);
    assert_int_equal(now.largest_bytes, 99);
    assert_int_equal(
        now.reallocation_count + now.failure_count + now.unmatched_count + now.lost_count, 0);
    assert_int_equal(now.is_published, 1);
}

static void a_free_of_an_unknown_block_is_unmatched_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(heap_tracker_free(heap, at(1)), ERROR_NOT_FOUND);
    heap_tracker_allocate(heap, at(1), 10);
    assert_int_equal(heap_tracker_free(heap, at(1)), 0);
    assert_int_equal(heap_tracker_free(heap, at(1)), ERROR_NOT_FOUND);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.unmatched_count, 2);
    assert_int_equal(now.free_count, 1);
    assert_int_equal(now.freed_bytes, 10);
}

static void a_free_of_nothing_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(heap_tracker_free(heap, NULL), 0);
    assert_int_equal(figures().unmatched_count, 0);
}

static void a_free_with_another_size_frees_what_was_recorded_and_says_so(void **state)
{
    (void)state;
    heap_tracker_allocate(heap, at(1), 10);
    heap_tracker_allocate(heap, at(2), 20);
    assert_int_equal(heap_tracker_free_sized(heap, at(1), 10), 0);
    assert_int_equal(heap_tracker_free_sized(heap, at(2), 21), ERROR_BAD_LENGTH);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.freed_bytes, 30);
    assert_int_equal(now.unmatched_count, 1);
}

static void an_allocation_at_a_live_address_retires_the_old_block_first(void **state)
{
    (void)state;
    heap_tracker_allocate(heap, at(1), 10);
    assert_int_equal(heap_tracker_allocate(heap, at(1), 30), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.allocation_count, 2);
    assert_int_equal(now.free_count, 1);
    assert_int_equal(in_use(&now), 30);
    assert_int_equal(now.unmatched_count, 1);
}

static void an_allocation_of_nothing_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(heap_tracker_allocate(heap, NULL, 10), 0);
    assert_int_equal(heap_tracker_allocation_failed(heap, 10), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.failure_count, 2);
    assert_int_equal(now.allocation_count, 0);
    assert_int_equal(now.requested_bytes, 0);
}

static void a_block_of_no_bytes_is_a_block(void **state)
{
    (void)state;
    assert_int_equal(heap_tracker_allocate(heap, at(1), 0), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.allocation_count - now.free_count, 1);
    assert_int_equal(heap_tracker_free(heap, at(1)), 0);
}

static void blocks_above_4_gib_keep_their_size(void **state)
{
    const size_t size = SIZE_MAX / 4;

    (void)state;
    heap_tracker_allocate(heap, at(1), size);
    struct heap_tracker_statistics now = figures();
    assert_true(in_use(&now) == size && now.largest_bytes == size && now.peak_bytes == size);
    assert_int_equal(heap_tracker_free_sized(heap, at(1), size), 0);
    now = figures();
    assert_int_equal(in_use(&now), 0);
}

/* Steps of reallocations, and the expected use after each. */
static void a_reallocation_changes_bytes_and_not_blocks(void **state)
{
    static const struct {
        const char *name;
        unsigned from, to; /* 0: NULL */
        size_t size;
        uint32_t result;
        uint64_t blocks, bytes, allocations, reallocations, failures, unmatched;
    } steps[] = {
        { "of no block: allocates", 0, 1, 100, 0, 1, 100, 1, 0, 0, 0 },
        { "moved, larger", 1, 2, 150, 0, 1, 150, 1, 1, 0, 0 },
        { "in place, larger", 2, 2, 200, 0, 1, 200, 1, 2, 0, 0 },
        { "in place, smaller", 2, 2, 50, 0, 1, 50, 1, 3, 0, 0 },
        { "moved, smaller", 2, 3, 10, 0, 1, 10, 1, 4, 0, 0 },
        { "failed: the old block stays", 3, 0, 1000, 0, 1, 10, 1, 4, 1, 0 },
        { "to no bytes", 3, 3, 0, 0, 1, 0, 1, 5, 1, 0 },
        { "from no bytes", 3, 4, 7, 0, 1, 7, 1, 6, 1, 0 },
        { "of an unknown block: allocates", 9, 5, 20, ERROR_NOT_FOUND, 2, 27, 2, 6, 1, 1 },
        { "of an unknown block in place", 8, 8, 3, ERROR_NOT_FOUND, 3, 30, 3, 6, 1, 2 },
        { "over a live block: retires it", 5, 4, 40, 0, 2, 43, 3, 7, 1, 3 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        uint32_t result =
            heap_tracker_reallocate(heap, steps[i].to ? at(steps[i].to) : NULL, steps[i].size,
                                    steps[i].from ? at(steps[i].from) : NULL);
        struct heap_tracker_statistics now = figures();
        if (result != steps[i].result || in_use(&now) != steps[i].bytes ||
            now.allocation_count - now.free_count != steps[i].blocks ||
            now.allocation_count != steps[i].allocations ||
            now.reallocation_count != steps[i].reallocations ||
            now.failure_count != steps[i].failures || now.unmatched_count != steps[i].unmatched)
            fail_msg("%s", steps[i].name);
    }
}

static void growth_counts_as_allocated_and_shrinkage_as_freed(void **state)
{
    (void)state;
    heap_tracker_allocate(heap, at(1), 100);
    heap_tracker_reallocate(heap, at(2), 130, at(1));
    heap_tracker_reallocate(heap, at(3), 60, at(2));
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.allocated_bytes, 130);
    assert_int_equal(now.freed_bytes, 70);
    assert_int_equal(now.requested_bytes, 100);
    assert_int_equal(now.reallocated_bytes, 190);
    assert_int_equal(now.peak_bytes, 130);
    assert_int_equal(now.largest_bytes, 130);
}

static void in_two_phases_the_old_address_can_be_used_at_once(void **state)
{
    struct heap_tracker_resize resize;

    (void)state;
    heap_tracker_allocate(heap, at(1), 100);
    assert_int_equal(heap_tracker_resize_begin(heap, at(1), &resize), 0);
    assert_int_equal(resize.old_size, 100);
    assert_int_equal(figures().free_count, 0);
    assert_int_equal(heap_tracker_allocate(heap, at(1), 5), 0);
    assert_int_equal(heap_tracker_resize_end(heap, at(2), 200, &resize), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.unmatched_count, 0);
    assert_int_equal(now.allocation_count, 2);
    assert_int_equal(now.reallocation_count, 1);
    assert_int_equal(in_use(&now), 205);
    assert_int_equal(heap_tracker_free_sized(heap, at(1), 5), 0);
    assert_int_equal(heap_tracker_free_sized(heap, at(2), 200), 0);
}

static void in_two_phases_a_failure_puts_the_old_block_back(void **state)
{
    struct heap_tracker_resize resize;

    (void)state;
    heap_tracker_allocate(heap, at(1), 100);
    heap_tracker_resize_begin(heap, at(1), &resize);
    assert_int_equal(heap_tracker_resize_end(heap, NULL, 200, &resize), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.failure_count, 1);
    assert_int_equal(now.reallocation_count, 0);
    assert_int_equal(now.allocation_count, 1);
    assert_int_equal(now.free_count, 0);
    assert_int_equal(heap_tracker_free_sized(heap, at(1), 100), 0);
}

static void in_two_phases_the_block_can_be_freed_instead(void **state)
{
    struct heap_tracker_resize resize;

    (void)state;
    heap_tracker_allocate(heap, at(1), 100);
    heap_tracker_resize_begin(heap, at(1), &resize);
    assert_int_equal(heap_tracker_resize_free(heap, &resize), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.free_count, 1);
    assert_int_equal(in_use(&now), 0);
    assert_int_equal(heap_tracker_free(heap, at(1)), ERROR_NOT_FOUND);
}

static void in_two_phases_no_block_and_unknown_blocks_become_allocations(void **state)
{
    struct heap_tracker_resize resize;

    (void)state;
    assert_int_equal(heap_tracker_resize_begin(heap, NULL, &resize), 0);
    assert_int_equal(heap_tracker_resize_end(heap, at(1), 10, &resize), 0);
    assert_int_equal(heap_tracker_resize_begin(heap, at(9), &resize), ERROR_NOT_FOUND);
    assert_int_equal(heap_tracker_resize_end(heap, at(2), 20, &resize), ERROR_NOT_FOUND);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.allocation_count, 2);
    assert_int_equal(now.reallocation_count, 0);
    assert_int_equal(now.unmatched_count, 1);
    assert_int_equal(in_use(&now), 30);
}

static void discarding_all_frees_every_block(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 50000; i++)
        heap_tracker_allocate(heap, at(i), 3);
    assert_int_equal(heap_tracker_discard_all(heap), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.free_count, 50000);
    assert_int_equal(in_use(&now), 0);
    assert_int_equal(now.peak_blocks, 50000);
    assert_int_equal(heap_tracker_allocate(heap, at(1), 3), 0);
    assert_int_equal(figures().unmatched_count, 0);
}

static void reserved_and_committed_bytes_are_what_was_last_said(void **state)
{
    (void)state;
    heap_tracker_set_reserved(heap, 1000, 500);
    heap_tracker_set_reserved(heap, (uint64_t)1 << 40, 700);
    struct heap_tracker_statistics now = figures();
    assert_true(now.reserved_bytes == (uint64_t)1 << 40);
    assert_int_equal(now.committed_bytes, 700);
}

static void live_blocks_can_be_listed(void **state)
{
    struct heap_tracker_block blocks[10];
    size_t count = 0, bytes = 0;

    (void)state;
    for (uintptr_t i = 0; i < 8; i++)
        heap_tracker_allocate(heap, at(i * 100000), 10 + i);
    heap_tracker_free(heap, at(300000));
    assert_int_equal(heap_tracker_blocks(heap, NULL, 0, &count), 0);
    assert_int_equal(count, 7);
    memset(blocks, 0, sizeof(blocks));
    assert_int_equal(heap_tracker_blocks(heap, blocks, 3, &count), 0);
    assert_int_equal(count, 7);
    assert_null(blocks[3].address);
    assert_int_equal(heap_tracker_blocks(heap, blocks, 10, &count), 0);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_not_equal(blocks[i].address, at(300000));
        assert_null(blocks[i].site);
        bytes += blocks[i].size;
    }
    assert_int_equal(bytes, 8 * 10 + 28 - 13); /* 10 to 17 bytes; the freed block had 13 */
}

static void call_sites_are_remembered_when_asked_for(void **state)
{
    static const char sites[3] = { 0 };
    struct heap_tracker_options options = { .size = sizeof(options),
                                            .flags = HEAP_TRACKER_PROFILE };
    heap_tracker with_sites = heap_tracker_open("sites", &options);
    struct heap_tracker_block blocks[4];
    size_t count;

    (void)state;
    heap_tracker_allocate_from(with_sites, at(0), 1, &sites[0]);
    heap_tracker_allocate_from(with_sites, at(1), 2, &sites[1]);
    heap_tracker_allocate_from(with_sites, at(2), 3, &sites[0]);
    heap_tracker_allocate(with_sites, at(3), 4);
    assert_int_equal(heap_tracker_blocks(with_sites, blocks, 4, &count), 0);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].size == 4)
            assert_non_null(blocks[i].site); /* the site is in this function */
        else
            assert_ptr_equal(blocks[i].site, &sites[blocks[i].size == 2]);
    }
    heap_tracker_close(with_sites);
}

/* Open the test's heap again, without a table of blocks. */
static void open_sized(void)
{
    struct heap_tracker_options options = { .size = sizeof(options), .flags = HEAP_TRACKER_SIZED };

    heap_tracker_close(heap);
    heap = heap_tracker_open("sized", &options);
}

static void a_heap_without_a_table_counts_by_the_sizes_that_the_caller_passes(void **state)
{
    struct heap_tracker_statistics now;

    (void)state;
    open_sized();
    for (uintptr_t i = 0; i < 100; i++)
        assert_int_equal(heap_tracker_allocate(heap, at(i), i), 0);
    for (uintptr_t i = 0; i < 40; i++)
        assert_int_equal(heap_tracker_free_sized(heap, at(i), i), 0);
    assert_int_equal(heap_tracker_reallocate_sized(heap, at(1000), 150, at(50), 50), 0);
    assert_int_equal(heap_tracker_reallocate_sized(heap, at(1000), 30, at(1000), 150), 0);
    assert_int_equal(heap_tracker_reallocate_sized(heap, NULL, 1000, at(1000), 30), 0);
    assert_int_equal(heap_tracker_reallocate_sized(heap, at(2000), 7, NULL, 99), 0);
    now = figures();
    /* Blocks of 0 to 99 bytes, and one of 7. One grows from 50 to 150 and shrinks to 30: 100 more are
       allocated, and 120 freed. */
    assert_int_equal(now.allocation_count, 101);
    assert_int_equal(now.free_count, 40);
    assert_int_equal(now.reallocation_count, 2);
    assert_int_equal(now.failure_count, 1);
    assert_int_equal(now.requested_bytes, 99 * 100 / 2 + 7);
    assert_int_equal(now.reallocated_bytes, 180);
    assert_int_equal(now.allocated_bytes, 99 * 100 / 2 + 7 + 100);
    assert_int_equal(now.freed_bytes, 39 * 40 / 2 + 120);
    assert_int_equal(now.in_use_bytes, now.allocated_bytes - now.freed_bytes);
    assert_int_equal(now.peak_bytes, 99 * 100 / 2);
    assert_int_equal(now.peak_blocks, 100);
    assert_int_equal(now.largest_bytes, 150);
    assert_int_equal(now.unmatched_count + now.lost_count, 0);
    assert_int_equal(heap_tracker_discard_all(heap), 0);
    now = figures();
    assert_int_equal(now.in_use_bytes, 0);
    assert_int_equal(now.free_count, now.allocation_count);
}

static void what_needs_a_table_is_refused_where_there_is_none(void **state)
{
    struct heap_tracker_resize resize;
    size_t count;

    (void)state;
    open_sized();
    heap_tracker_allocate(heap, at(1), 10);
    assert_int_equal(heap_tracker_free(heap, at(1)), ERROR_NOT_SUPPORTED);
    assert_int_equal(heap_tracker_reallocate(heap, at(2), 10, at(1)), ERROR_NOT_SUPPORTED);
    assert_int_equal(heap_tracker_resize_begin(heap, at(1), &resize), ERROR_NOT_SUPPORTED);
    assert_int_equal(heap_tracker_resize_end(heap, at(1), 20, &resize), ERROR_NOT_SUPPORTED);
    assert_int_equal(heap_tracker_blocks(heap, NULL, 0, &count), ERROR_NOT_SUPPORTED);
    assert_int_equal(heap_tracker_write_snapshot(heap, "/nowhere"), ERROR_NOT_SUPPORTED);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.lost_count, 3);
    assert_int_equal(now.in_use_bytes, 10);
}

/* The allocator may free what was allocated before counting began. */
static void frees_of_blocks_that_were_never_seen_make_nothing_negative(void **state)
{
    (void)state;
    open_sized();
    heap_tracker_allocate(heap, at(1), 10);
    heap_tracker_free_sized(heap, at(1), 10);
    heap_tracker_free_sized(heap, at(2), 500);
    heap_tracker_free_sized(heap, at(3), 500);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.in_use_bytes, 0);
    assert_int_equal(now.free_count, 1);
    assert_int_equal(now.unmatched_count, 2);
}

static void a_sized_reallocation_is_compared_with_the_table(void **state)
{
    (void)state;
    heap_tracker_allocate(heap, at(1), 10);
    assert_int_equal(heap_tracker_reallocate_sized(heap, at(2), 30, at(1), 10), 0);
    assert_int_equal(heap_tracker_reallocate_sized(heap, at(3), 40, at(2), 31), ERROR_BAD_LENGTH);
    assert_int_equal(heap_tracker_reallocate_sized(heap, NULL, 50, at(3), 40), 0);
    struct heap_tracker_statistics now = figures();
    assert_int_equal(now.in_use_bytes, 40);
    assert_int_equal(now.unmatched_count, 1);
    assert_int_equal(now.failure_count, 1);
}

static void handles_that_are_none_do_nothing(void **state)
{
    heap_tracker closed = heap_tracker_open("closed", NULL);
    int foreign;
    heap_tracker others[] = {
        NULL,
        HEAP_TRACKER_INVALID,
        closed,
        &foreign,
        (heap_tracker)1,
        (heap_tracker)(uintptr_t)0xFFFFFFFFFFFFFFF1u,
        (char *)closed + 2,
        (char *)heap + 16,
        (heap_tracker)((uintptr_t)heap ^ 1),
        (heap_tracker)(UINTPTR_MAX / 2),
    };
    struct heap_tracker_resize resize;
    struct heap_tracker_block block;
    size_t count = 77;

    (void)state;
    heap_tracker_allocate(closed, at(1), 1);
    assert_int_equal(heap_tracker_close(closed), 0);
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        struct heap_tracker_statistics now = { .size = sizeof(now), .version = 99 };
        heap_tracker other = others[i];
        if (heap_tracker_allocate(other, at(1), 1) != ERROR_INVALID_HANDLE ||
            heap_tracker_free(other, at(1)) != ERROR_INVALID_HANDLE ||
            heap_tracker_free_sized(other, at(1), 1) != ERROR_INVALID_HANDLE ||
            heap_tracker_reallocate(other, at(1), 1, at(2)) != ERROR_INVALID_HANDLE ||
            heap_tracker_resize_begin(other, at(1), &resize) != ERROR_INVALID_HANDLE ||
            heap_tracker_resize_end(other, at(1), 1, &resize) != ERROR_INVALID_HANDLE ||
            heap_tracker_resize_free(other, &resize) != ERROR_INVALID_HANDLE ||
            heap_tracker_allocation_failed(other, 1) != ERROR_INVALID_HANDLE ||
            heap_tracker_discard_all(other) != ERROR_INVALID_HANDLE ||
            heap_tracker_set_reserved(other, 1, 1) != ERROR_INVALID_HANDLE ||
            heap_tracker_read(other, &now) != ERROR_INVALID_HANDLE || now.version != 99 ||
            heap_tracker_blocks(other, &block, 1, &count) != ERROR_INVALID_HANDLE || count != 77 ||
            heap_tracker_close(other) != ERROR_INVALID_HANDLE)
            fail_msg("handle %lu", (unsigned long)i);
    }
    assert_int_equal(figures().allocation_count, 0);
}

static void a_reopened_heap_starts_from_nothing(void **state)
{
    heap_tracker first = heap_tracker_open("again", NULL), second;
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    (void)state;
    heap_tracker_allocate(first, at(1), 100);
    heap_tracker_set_reserved(first, 1, 1);
    heap_tracker_free(first, at(2));
    heap_tracker_close(first);
    second = heap_tracker_open("again", NULL);
    assert_ptr_not_equal(first, second);
    assert_int_equal(heap_tracker_free(first, at(1)), ERROR_INVALID_HANDLE);
    assert_int_equal(heap_tracker_free(second, at(1)), ERROR_NOT_FOUND);
    heap_tracker_read(second, &now);
    assert_int_equal(now.allocation_count + now.allocated_bytes + now.peak_bytes +
                         now.largest_bytes + now.reserved_bytes,
                     0);
    assert_int_equal(now.unmatched_count, 1);
    heap_tracker_close(second);
}

static void the_same_address_can_live_in_two_heaps(void **state)
{
    heap_tracker other = heap_tracker_open("other", NULL);

    (void)state;
    heap_tracker_allocate(heap, at(1), 10);
    heap_tracker_allocate(other, at(1), 20);
    assert_int_equal(heap_tracker_free_sized(heap, at(1), 10), 0);
    assert_int_equal(heap_tracker_free_sized(other, at(1), 20), 0);
    heap_tracker_close(other);
}

static void statistics_of_a_shorter_version_are_filled_as_far_as_they_go(void **state)
{
    struct heap_tracker_statistics now;

    (void)state;
    heap_tracker_allocate(heap, at(1), 10);
    memset(&now, 0xEE, sizeof(now));
    now.size = offsetof(struct heap_tracker_statistics, free_count);
    assert_int_equal(heap_tracker_read(heap, &now), 0);
    assert_int_equal(now.size, offsetof(struct heap_tracker_statistics, free_count));
    assert_int_equal(now.allocation_count, 1);
    assert_true(now.free_count == 0xEEEEEEEEEEEEEEEEu);
}

static void the_visual_studio_functions_do_the_same(void **state)
{
    VSHeapTrackerHandle handle = OpenHeapTracker("vs");
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    (void)state;
    assert_ptr_not_equal(handle, INVALID_VSHEAPTRACK_HANDLE_VALUE);
    assert_non_null(handle);
    assert_int_equal(VSHeapTrackerAllocateEvent(handle, at(1), 100), 0);
    assert_int_equal(VSHeapTrackerAllocateEvent(handle, NULL, 100), 0);
    assert_int_equal(VSHeapTrackerReallocateEvent(handle, at(2), 150, at(1)), 0);
    assert_int_equal(VSHeapTrackerReallocateEvent(handle, at(3), 10, NULL), 0);
    assert_int_equal(VSHeapTrackerReallocateEvent(handle, NULL, 10, at(3)), 0);
    assert_int_equal(VSHeapTrackerDeallocateEvent(handle, at(2)), 0);
    assert_int_not_equal(VSHeapTrackerDeallocateEvent(handle, at(2)), 0);
    heap_tracker_read(handle, &now);
    assert_int_equal(now.allocation_count, 2);
    assert_int_equal(now.free_count, 1);
    assert_int_equal(now.reallocation_count, 1);
    assert_int_equal(now.failure_count, 2);
    assert_int_equal(now.unmatched_count, 1);
    assert_int_equal(CloseHeapTracker(handle), 0);
    assert_int_not_equal(CloseHeapTracker(handle), 0);
    assert_int_not_equal(CloseHeapTracker(INVALID_VSHEAPTRACK_HANDLE_VALUE), 0);
    assert_int_not_equal(CloseHeapTracker(NULL), 0);
}

static void the_peak_of_one_thread_is_exact(void **state)
{
    uint64_t random = 88172645463325252u, now = 0, peak = 0;
    static size_t sizes[2000];

    (void)state;
    memset(sizes, 0, sizeof(sizes));
    for (int i = 0; i < 50000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uintptr_t slot = (uintptr_t)(random >> 20) % 2000;
        if (sizes[slot]) {
            heap_tracker_free(heap, at(slot));
            now -= sizes[slot];
            sizes[slot] = 0;
        } else {
            sizes[slot] = 1 + (size_t)(random >> 40) % 5000;
            heap_tracker_allocate(heap, at(slot), sizes[slot]);
            now += sizes[slot];
        }
        peak = now > peak ? now : peak;
        if (i % 1000 == 0)
            assert_int_equal(figures().peak_bytes, peak);
    }
    assert_int_equal(figures().peak_bytes, peak);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(allocations_and_frees_are_counted),
        TEST(a_free_of_an_unknown_block_is_unmatched_and_nothing_else),
        TEST(a_free_of_nothing_does_nothing),
        TEST(a_free_with_another_size_frees_what_was_recorded_and_says_so),
        TEST(an_allocation_at_a_live_address_retires_the_old_block_first),
        TEST(an_allocation_of_nothing_is_a_failure),
        TEST(a_block_of_no_bytes_is_a_block),
        TEST(blocks_above_4_gib_keep_their_size),
        TEST(a_reallocation_changes_bytes_and_not_blocks),
        TEST(growth_counts_as_allocated_and_shrinkage_as_freed),
        TEST(in_two_phases_the_old_address_can_be_used_at_once),
        TEST(in_two_phases_a_failure_puts_the_old_block_back),
        TEST(in_two_phases_the_block_can_be_freed_instead),
        TEST(in_two_phases_no_block_and_unknown_blocks_become_allocations),
        TEST(discarding_all_frees_every_block),
        TEST(reserved_and_committed_bytes_are_what_was_last_said),
        TEST(live_blocks_can_be_listed),
        TEST(call_sites_are_remembered_when_asked_for),
        TEST(a_heap_without_a_table_counts_by_the_sizes_that_the_caller_passes),
        TEST(what_needs_a_table_is_refused_where_there_is_none),
        TEST(frees_of_blocks_that_were_never_seen_make_nothing_negative),
        TEST(a_sized_reallocation_is_compared_with_the_table),
        TEST(handles_that_are_none_do_nothing),
        TEST(a_reopened_heap_starts_from_nothing),
        TEST(the_same_address_can_live_in_two_heaps),
        TEST(statistics_of_a_shorter_version_are_filled_as_far_as_they_go),
        TEST(the_visual_studio_functions_do_the_same),
        TEST(the_peak_of_one_thread_is_exact),
    };

    return cmocka_run_group_tests_name("tracker", tests, NULL, NULL);
}
