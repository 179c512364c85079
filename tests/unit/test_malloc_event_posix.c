/* SPDX-License-Identifier: MIT
 *
 * malloc_event.h does with pairs of numbers what shard_count.h does with single ones.
 */
#include "unit.h"

#include "malloc_event.h"
#include "sized_heap.h"

/* What is in use, around the limits: in, and outside by one or by much. */
static const int64_t levels[] = { INT64_MIN / 2, -1001, -1000, -999, 0,
                                  999,           1000,  1001,  7,    INT64_MAX / 2 };

static void limits_are_the_same_for_pairs(void **state)
{
    struct shard shard = { .bytes_low = -1000, .bytes_span = 2000 };

    (void)state;
    /* Totals wrap: the same levels, from three places. */
    for (uint64_t freed = 0; freed < 3; freed++) {
        shard.totals[TOTAL_FREED_BYTES] = shard.totals[TOTAL_FREE_COUNT] = freed * (UINT64_MAX / 2);
        for (size_t bytes = 0; bytes < UNIT_COUNT(levels); bytes++)
            for (size_t blocks = 0; blocks < UNIT_COUNT(levels); blocks++)
                for (uint64_t span = 0; span < 10; span += 3) {
                    shard.totals[TOTAL_USABLE_BYTES] =
                        shard.totals[TOTAL_FREED_BYTES] + (uint64_t)levels[bytes];
                    shard.totals[TOTAL_ALLOCATION_COUNT] =
                        shard.totals[TOTAL_FREE_COUNT] + (uint64_t)levels[blocks];
                    shard.blocks_low = span == 0 ? -1000 : 0;
                    shard.blocks_span = span == 0 ? 2000 : span;
                    assert_int_equal(malloc_event_is_outside(&shard), shard_is_outside(&shard));
                }
    }
}

static void an_event_adds_to_its_own_totals(void **state)
{
    (void)state;
    for (int total = TOTAL_USABLE_BYTES; total <= TOTAL_FREED_BYTES;
         total += TOTAL_FREED_BYTES - TOTAL_USABLE_BYTES) {
        static struct region_shard shared;
        struct shard shard = { .shared = &shared };
        memset(&shared, 0, sizeof(shared));
        for (int i = 0; i < TOTAL_COUNT; i++)
            shard.totals[i] = UINT64_MAX - (uint64_t)i;
        malloc_event_count(&shard, &shared, (enum region_total)total, 100);
        for (int i = 0; i < TOTAL_COUNT; i++) {
            const uint64_t change = i == total ? 100 : i == total + 1 ? 1 : 0;
            assert_true(shard.totals[i] == UINT64_MAX - (uint64_t)i + change);
            assert_true(shared.totals[i] == (change ? shard.totals[i] : 0));
        }
    }
}

/* Whether malloc counts here, by the header and by asking: 1 and 2. */
static int ways(uint32_t semaphore)
{
    struct thread *usual = malloc_event_begin_usual(semaphore);

    if (usual)
        malloc_event_leave(usual);
    struct thread *asked = malloc_event_begin_asked(semaphore);
    if (asked)
        malloc_event_leave(asked);
    return (usual ? 1 : 0) | (asked ? 2 : 0);
}

static void an_event_is_counted_in_the_way_that_is_set_if_nothing_hinders(void **state)
{
    const struct heap_tracker_options options = { .size = sizeof(options),
                                                  .flags =
                                                      HEAP_TRACKER_SIZED | HEAP_TRACKER_IS_MALLOC };
    static const struct {
        enum heap_slot_malloc way;
        int expected;
    } rows[] = {
        { HEAP_SLOT_MALLOC_USUAL, 1 },
        { HEAP_SLOT_MALLOC_ASKED, 2 },
        { HEAP_SLOT_MALLOC_SLOW, 0 },
    };
    heap_tracker heap = heap_tracker_open("malloc", &options);

    (void)state;
    heap_slot_set_malloc(HEAP_SLOT_MALLOC_USUAL);
    assert_int_equal(ways(0), 0); /* the thread has no shard yet */
    sized_heap_allocate(heap, 64, 10, 16, 0);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        heap_slot_set_malloc(rows[i].way);
        assert_int_equal(ways(0), rows[i].expected);
        assert_int_equal(ways(1), 0);
        assert_int_equal(ways(UINT16_MAX), 0);
        atomic_store(&thread_of_malloc->flags, THREAD_IS_ALLOCATING);
        assert_int_equal(ways(0), 0);
        assert_int_equal(atomic_load(&thread_of_malloc->flags), THREAD_IS_ALLOCATING);
        atomic_store(&thread_of_malloc->flags, 0);
        assert_int_equal(ways(0), rows[i].expected);
        assert_int_equal(atomic_load(&thread_of_malloc->flags), 0);
    }
    heap_tracker_close(heap);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_the_same_for_pairs),
        cmocka_unit_test(an_event_adds_to_its_own_totals),
        cmocka_unit_test(an_event_is_counted_in_the_way_that_is_set_if_nothing_hinders),
    };

    return cmocka_run_group_tests_name("events of malloc", tests, NULL, NULL);
}
