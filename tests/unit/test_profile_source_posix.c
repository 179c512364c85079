/* SPDX-License-Identifier: MIT
 *
 * profile_source.c: this process asks itself for a profile. While the reader sleeps, the test does what the process
 * would do meanwhile, and removes the private file.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heaptracker.h"
#include "os_region.h"
#include "profile_file.h"
#include "profile_source.h"
#include "region_folder.h"
#include "settable_clock.h"

#define BLOCK_SIZE 1000
#define BLOCKS_PER_SLEEP 10

void __wrap_os_sleep_ms(uint32_t milliseconds);

static heap_tracker heap;
static uintptr_t next_address = 1 << 20;
static unsigned sleep_count, removed_at; /* the number of a sleep, from 1 */
static bool is_always;                   /* at each sleep */
static unsigned removed_count;

static const void *new_address(void)
{
    next_address += 1 << 12;
    return (const void *)next_address;
}

static void remove_private_file(void)
{
    struct os_directory directory;
    char name[OS_NAME_SIZE], path[OS_PATH_SIZE + OS_NAME_SIZE];

    assert_int_equal(os_directory_open(&directory, region_folder), ERROR_SUCCESS);
    while (!os_directory_next(&directory, name, sizeof(name))) {
        if (!strstr(name, OS_REGION_PRIVATE_SUFFIX))
            continue;
        snprintf(path, sizeof(path), "%s/%s", region_folder, name);
        assert_int_equal(unlink(path), 0);
        removed_count++;
    }
    os_directory_close(&directory);
}

/* Use up each countdown, after which the process looks at its file and for requests. */
static void pass_pieces(void)
{
    for (unsigned i = 0; i < 4; i++) {
        const void *address = new_address();

        heap_tracker_allocate(heap, address, 65536);
        heap_tracker_free(heap, address);
    }
}

void __wrap_os_sleep_ms(uint32_t milliseconds)
{
    assert_true(milliseconds > 0);
    sleep_count++;
    if (is_always || sleep_count == removed_at)
        remove_private_file();
    pass_time_ms(1001); /* the process looks for its file once a second */
    pass_pieces();
    for (unsigned i = 0; i < BLOCKS_PER_SLEEP; i++)
        heap_tracker_allocate(heap, new_address(), BLOCK_SIZE);
}

static int set_up(void **state)
{
    (void)state;
    heap = heap_tracker_open("profiled", NULL);
    pass_pieces();
    sleep_count = removed_at = removed_count = 0;
    is_always = false;
    return heap == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return heap_tracker_close(heap) != 0;
}

/* Take a profile of every block for ten sleeps. Returns an exit status. */
static int take(struct leak_snapshot *snapshot)
{
    uint32_t process_id;
    char name[16];
    const struct profile_source source = {
        .name = name, .rate = PROFILE_RATE_ALL, .milliseconds = 500, .no_symbols = true
    };

    snprintf(name, sizeof(name), "%u", (unsigned)os_process_id());
    const int status = profile_source_obtain(&source, snapshot, &process_id);
    assert_int_equal(process_id, status ? 0 : os_process_id());
    return status;
}

/* The number of live blocks in such a profile. */
static uint64_t count_blocks(void)
{
    struct leak_snapshot snapshot;
    uint64_t count = 0;

    assert_int_equal(take(&snapshot), 0);
    for (size_t i = 0; i < snapshot.site_count; i++)
        count += snapshot.sites[i].count;
    leak_snapshot_release(&snapshot);
    return count;
}

static void all_blocks_since_the_request_are_in_a_profile(void **state)
{
    (void)state;
    assert_int_equal(count_blocks(), 10 * BLOCKS_PER_SLEEP);
    assert_int_equal(sleep_count, 10);
}

/* The process copies the profile to its new file. If it looks for the request there before the reader has repeated it,
   the profile begins again. */
static void a_profile_goes_on_in_a_new_file(void **state)
{
    (void)state;
    for (removed_at = 1; removed_at <= 10; removed_at++) {
        sleep_count = removed_count = 0;
        heap_tracker_discard_all(heap);
        const uint64_t count = count_blocks();
        assert_int_equal(removed_count, 1);
        assert_int_equal(sleep_count, removed_at == 10 ? 11 : 10);
        if (count < (sleep_count - removed_at) * BLOCKS_PER_SLEEP ||
            count > sleep_count * BLOCKS_PER_SLEEP)
            fail_msg("removed at %u: %u blocks", removed_at, (unsigned)count);
    }
}

static void a_file_that_is_replaced_again_and_again_costs_a_bounded_time(void **state)
{
    struct leak_snapshot snapshot;

    (void)state;
    is_always = true;
    const int status = take(&snapshot);
    leak_snapshot_release(&snapshot);
    assert_true(status == 0 || status == 3); /* 3: the last request was not seen in its file */
    assert_true(sleep_count >= 10 && sleep_count <= 10 + 40);
    assert_true(removed_count > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_blocks_since_the_request_are_in_a_profile),
        TEST(a_profile_goes_on_in_a_new_file),
        TEST(a_file_that_is_replaced_again_and_again_costs_a_bounded_time),
    };

    return cmocka_run_group_tests_name("profile source", tests, NULL, NULL);
}
