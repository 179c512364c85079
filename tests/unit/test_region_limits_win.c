/* SPDX-License-Identifier: MIT
 *
 * The limits of one owner on Windows: heaps and mapped bytes. test_region_crowd.c has that of regions, and
 * test_region_limits_posix.c all of them on Linux.
 */
#include "unit.h"

#include "forged_region.h"
#include "region_limits.h"
#include "region_reader.h"
#include "region_refusal.h"

/* Heaps that the layout allows in one region. */
#define MOST_HEAPS ((uint32_t)region_segment_begin(REGION_FIRST_HEAPS, REGION_HEAP_SEGMENTS))

enum { FORGED = 6 };

static struct region_reader *reader;
static struct forged forged[FORGED];
static struct region_refusals refusals;

static size_t refresh(struct region_counts *counts)
{
    size_t count;

    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    region_reader_heaps(reader, &count);
    region_reader_counts(reader, counts);
    region_reader_refusals(reader, &refusals);
    return count;
}

static int set_up(void **state)
{
    (void)state;
    return region_reader_open(&reader) != ERROR_SUCCESS;
}

static int tear_down(void **state)
{
    (void)state;
    region_reader_close(reader);
    return 0;
}

static void assert_left_out(enum region_refusal_reason reason, uint64_t count)
{
    struct os_region_place place = { .path = "" };

    snprintf(place.path, sizeof(place.path), "%s", region_folder);
    assert_int_equal(os_region_place_check(&place), ERROR_SUCCESS);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(refusals.refusals[0].reason, reason);
    assert_int_equal(refusals.refusals[0].count, count);
    assert_true(refusals.refusals[0].owner == place.owner);
}

/* The oldest heaps stay, also while further regions come and go. */
static void an_owner_s_oldest_heaps_are_shown(void **state)
{
    struct region_counts counts;
    char name[64];

    (void)state;
    snprintf(name, sizeof(name), "x:%lu:same", (unsigned long)os_process_id());
    forge(&forged[0], 1, name);
    forge(&forged[1], MOST_HEAPS, name);
    assert_int_equal(refresh(&counts), 1 + MOST_HEAPS);
    forge(&forged[2], MOST_HEAPS, name);
    const size_t shown = refresh(&counts);
    assert_true(shown <= LIMIT_HEAPS && counts.left_out_heaps == 0);
    forge(&forged[3], (uint32_t)(LIMIT_HEAPS - shown), name);
    assert_int_equal(refresh(&counts), LIMIT_HEAPS); /* at the limit */
    assert_int_equal(counts.left_out_heaps, 0);
    forge(&forged[4], 3, name);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(refresh(&counts), LIMIT_HEAPS);
        assert_int_equal(counts.left_out_heaps, 3);
        assert_left_out(REFUSAL_heap_limit, 3);
    }
    withdraw(&forged[0]); /* one that was left out is shown, at the latest at the second refresh */
    refresh(&counts);
    assert_int_equal(refresh(&counts), LIMIT_HEAPS);
    assert_int_equal(counts.left_out_heaps, 2);
    for (int i = 1; i < 5; i++)
        withdraw(&forged[i]);
    assert_int_equal(refresh(&counts), 0);
    assert_int_equal(counts.left_out_heaps, 0);
}

/* Five regions of 60 MiB: the fifth is beyond 256 MiB. */
static void an_owner_s_oldest_regions_are_mapped(void **state)
{
    const size_t size = (size_t)60 << 20, fits = (size_t)(LIMIT_MAPPED / size);
    struct region_counts counts;
    char name[64];

    (void)state;
    for (size_t i = 0; i <= fits; i++) {
        snprintf(name, sizeof(name), "x:%lu:%zu", (unsigned long)os_process_id(), i);
        forge_long(&forged[i], 1, name, size);
        assert_int_equal(refresh(&counts), i < fits ? i + 1 : fits);
        assert_int_equal(counts.left_out_regions, i == fits);
    }
    assert_left_out(REFUSAL_region_limit, 1);
    withdraw(
        &forged
            [0]); /* the one that was left out has its place, at the latest at the second refresh */
    refresh(&counts);
    assert_int_equal(refresh(&counts), fits);
    assert_int_equal(counts.left_out_regions, 0);
    for (size_t i = 1; i <= fits; i++)
        withdraw(&forged[i]);
    assert_int_equal(refresh(&counts), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_owner_s_oldest_heaps_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_owner_s_oldest_regions_are_mapped, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("region limits", tests, NULL, NULL);
}
