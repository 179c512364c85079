/* SPDX-License-Identifier: MIT
 *
 * Each limit of region_limits.h, at the limit and one beyond it. The oldest stay, the same ones at
 * each refresh. What is left out is counted for its owner, and is shown when there is space again.
 */
#define _GNU_SOURCE
#include "unit.h"

#include "forged_region_posix.h"
#include "provider.h"
#include "region_limits.h"
#include "region_reader_fixture.h"
#include "winperf.h"

/* 131064 below is the most heaps of a region: REGION_HEAP_SEGMENTS segments, the first one of 8, each
   twice as long as the one before. */
#define FIRST_PROCESS 1000u
#define OTHER_USER 65534u /* the usual identifier of no user at all */

/* Wait until a directory that does not change is not listed: longer than the 50 ms of os_region_posix.c, which the
   system's coarse clock of file times needs to advance. */
static void let_directory_rest(void)
{
    usleep(70000);
}

/* Check that one thing was left out, and for which owner. */
static void assert_left_out(enum region_refusal_reason reason, uint64_t owner, uint64_t count)
{
    static struct region_refusals refusals;

    region_reader_refusals(reader, &refusals);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(refusals.refusals[0].reason, reason);
    assert_int_equal(refusals.refusals[0].owner, owner);
    assert_int_equal(refusals.refusals[0].count, count);
}

static bool is_shown(uint32_t process_id)
{
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < count; i++)
        if (heaps[i].process_id == process_id)
            return true;
    return false;
}

static void an_owner_s_oldest_regions_are_shown(void **state)
{
    static struct forged_file made[LIMIT_REGIONS + 2];
    struct forged_region region = { .heap_count = 1 };
    size_t count;

    (void)state;
    for (uint32_t i = 1; i <= LIMIT_REGIONS; i++) {
        region.process_id = FIRST_PROCESS + i;
        region.start = i;
        made[i] = forged_region_make(region_folder, &region);
    }
    refresh(&count);
    assert_int_equal(count, LIMIT_REGIONS);
    assert_int_equal(counts().left_out_regions, 0);
    /* One that claims to be older does not displace one that is known, so no name comes and goes. */
    uint64_t generation = region_reader_generation(reader);
    region.process_id = FIRST_PROCESS;
    region.start = 0;
    made[0] = forged_region_make(region_folder, &region);
    for (int i = 0; i < 3; i++) {
        refresh(&count);
        assert_int_equal(count, LIMIT_REGIONS);
        assert_int_equal(region_reader_generation(reader), generation);
        assert_int_equal(counts().left_out_regions, 1);
        assert_left_out(REFUSAL_region_limit, getuid(), 1);
        let_directory_rest();
    }
    /* A reader that begins now shows the oldest ones. */
    region_reader_close(reader);
    assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
    refresh(&count);
    assert_int_equal(count, LIMIT_REGIONS);
    assert_true(is_shown(FIRST_PROCESS));
    assert_false(is_shown(FIRST_PROCESS + LIMIT_REGIONS));
    /* When one ends, the one that was left out takes its place. */
    let_directory_rest();
    refresh(&count);
    forged_region_remove(&made[7]);
    let_directory_rest();
    refresh(&count);
    refresh(&count);
    assert_int_equal(count, LIMIT_REGIONS);
    assert_false(is_shown(FIRST_PROCESS + 7));
    assert_true(is_shown(FIRST_PROCESS + LIMIT_REGIONS));
    assert_int_equal(counts().left_out_regions, 0);
    for (uint32_t i = 0; i <= LIMIT_REGIONS; i++)
        if (i != 7)
            forged_region_remove(&made[i]);
    refresh(&count);
    assert_int_equal(count, 0);
}

static void an_owner_s_regions_have_a_size_together(void **state)
{
    static const struct {
        uint64_t size;
        bool has_all;
    } cases[] = { { LIMIT_MAPPED - 8192, true }, { LIMIT_MAPPED - 8191, false } };
    size_t count;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct forged_region large = {
            .process_id = FIRST_PROCESS, .start = 1, .heap_count = 1, .size = cases[i].size
        };
        const struct forged_region small = {
            .process_id = FIRST_PROCESS + 1, .start = 2, .heap_count = 1, .size = 8192
        };
        struct forged_file first = forged_region_make(region_folder, &large);
        struct forged_file second = forged_region_make(region_folder, &small);
        assert_true(second.size <= 8192 && sizeof(struct region_header) < 8192);
        for (int k = 0; k < 2; k++) {
            refresh(&count);
            assert_int_equal(count, cases[i].has_all ? 2 : 1);
            assert_true(is_shown(FIRST_PROCESS));
            assert_int_equal(counts().left_out_regions, cases[i].has_all ? 0 : 1);
        }
        if (!cases[i].has_all)
            assert_left_out(REFUSAL_region_limit, getuid(), 1);
        forged_region_remove(&first);
        let_directory_rest();
        refresh(&count);
        refresh(&count);
        assert_true(is_shown(FIRST_PROCESS + 1)); /* it fits now */
        forged_region_remove(&second);
        refresh(&count);
    }
}

static void a_region_that_grows_beyond_the_size_is_shown_as_far_as_it_was(void **state)
{
    struct forged_region region = { .process_id = FIRST_PROCESS, .heap_count = 1 };
    struct forged_file file = forged_region_make(region_folder, &region);
    size_t count;

    (void)state;
    refresh(&count);
    assert_int_equal(count, 1);
    /* A second segment of heaps, just inside the file and beyond the limit. */
    const uint64_t offset = (LIMIT_MAPPED + 63) / 64 * 64;
    assert_int_equal(truncate(file.path, (off_t)(offset + 16 * sizeof(struct region_heap))), 0);
    file.header->heap_offsets[file.header->heap_segments] = offset;
    file.header->heap_segments++;
    file.header->heap_count = 100;
    file.header->change_count++;
    for (int i = 0; i < 2; i++) {
        refresh(&count);
        assert_int_equal(count, 1);
        assert_int_equal(counts().left_out_heaps, 100 - 8);
        assert_left_out(REFUSAL_heap_limit, getuid(), 100 - 8);
    }
    file.header->heap_count = UINT32_MAX;
    refresh(&count);
    assert_int_equal(counts().left_out_heaps, 131064 - 8);
    forged_region_remove(&file);
    refresh(&count);
}

static void an_owner_s_heaps_have_a_number(void **state)
{
    struct forged_region regions[3] = { { FIRST_PROCESS, 1, 131064, 0, 0, NULL },
                                        { FIRST_PROCESS + 1, 2, 131064, 0, 0, NULL },
                                        { FIRST_PROCESS + 2, 3, LIMIT_HEAPS - 2 * 131064, 0, 0,
                                          NULL } };
    struct forged_file files[3];
    size_t count;

    (void)state;
    for (int i = 0; i < 3; i++)
        files[i] = forged_region_make(region_folder, &regions[i]);
    refresh(&count);
    assert_int_equal(count, LIMIT_HEAPS);
    assert_int_equal(counts().left_out_heaps, 0);
    uint64_t generation = region_reader_generation(reader);
    for (int i = 0; i < 2; i++) {
        forged_region_add_heap(&files[2], &regions[2]);
        refresh(&count);
        assert_int_equal(count, LIMIT_HEAPS);
        assert_int_equal(region_reader_generation(reader), generation);
        assert_int_equal(counts().left_out_heaps, i + 1);
        assert_left_out(REFUSAL_heap_limit, getuid(), (uint64_t)i + 1);
    }
    /* One of the oldest closes: one that was left out is shown. */
    forged_heap(&files[0], 5)->identity = 0;
    files[0].header->change_count++;
    refresh(&count);
    refresh(&count);
    assert_int_equal(count, LIMIT_HEAPS);
    assert_int_equal(counts().left_out_heaps, 1);
    for (int i = 0; i < 3; i++)
        forged_region_remove(&files[i]);
    refresh(&count);
    assert_int_equal(count, 0);
}

/* Heaps of one owner that fit into an answer if each takes `instance_size` bytes. */
static size_t shown_of(uint32_t heap_count, size_t fixed_size, size_t instance_size)
{
    struct forged_region region = { FIRST_PROCESS, 1, heap_count, 0, HEAP_NAME_LENGTH, NULL };
    struct forged_file file = forged_region_make(region_folder, &region);
    size_t count;

    region_reader_close(reader);
    assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
    region_reader_limit_answer(reader, fixed_size, instance_size);
    refresh(&count);
    assert_int_equal(counts().left_out_heaps, heap_count - count);
    if (count < heap_count)
        assert_left_out(REFUSAL_heap_limit, getuid(), heap_count - count);
    forged_region_remove(&file);
    return count;
}

static void an_answer_has_a_size(void **state)
{
    const size_t name = (HEAP_NAME_LENGTH + 1) * sizeof(WCHAR), unit = 1 << 20;

    (void)state;
    assert_int_equal(shown_of(64, 0, unit - name), 64);
    assert_int_equal(shown_of(65, 0, unit - name), 64);
    assert_int_equal(shown_of(64, 1, unit - name), 63);
    /* An owner of many heaps does not get the last 4 MiB: 1,024 heaps of 60 KiB are 60 MiB. */
    assert_int_equal(shown_of(1024, 0, (60 << 10) - name), 1024);
    assert_int_equal(shown_of(1025, 0, (60 << 10) - name), 1024);
}

static void no_owner_takes_the_whole_answer(void **state)
{
    struct forged_region many = { FIRST_PROCESS, 1, 3000, 0, HEAP_NAME_LENGTH, NULL };
    struct forged_region few = { FIRST_PROCESS + 1, 2, 10, 0, 0, NULL };
    size_t count;

    (void)state;
    if (geteuid() != 0)
        skip(); /* a file of another user */
    assert_int_equal(chmod(region_folder, 01777), 0);
    struct forged_file of_one = forged_region_make(region_folder, &many);
    struct forged_file of_other = forged_region_make(region_folder, &few);
    assert_int_equal(chown(of_other.path, OTHER_USER, OTHER_USER), 0);
    region_reader_limit_answer(reader, 0, 60 << 10);
    refresh(&count);
    assert_true(count > 1000 && count < 1100); /* 64 MiB hold 1,092 of 60 KiB */
    assert_true(is_shown(FIRST_PROCESS + 1));
    assert_left_out(REFUSAL_heap_limit, getuid(), 3010 - count);
    forged_region_remove(&of_one);
    forged_region_remove(&of_other);
    refresh(&count);
    assert_int_equal(chmod(region_folder, 0755), 0);
}

/* The provider's own answer, of as many heaps as a region can have, with the longest names. */
static void the_provider_s_answer_stays_within_64_mib(void **state)
{
    struct forged_region region = { FIRST_PROCESS, 1, 131064, 0, HEAP_NAME_LENGTH, NULL };
    struct forged_file file = forged_region_make(region_folder, &region);
    const size_t capacity = (size_t)80 << 20;
    unsigned char *buffer = malloc(capacity);
    void *data = buffer;
    DWORD size = (DWORD)capacity, count;

    (void)state;
    assert_non_null(buffer);
    provider_open(NULL);
    assert_int_equal(provider_collect(TEXT16("Global"), &data, &size, &count), ERROR_SUCCESS);
    provider_close();
    assert_true(size <= LIMIT_ANSWER);
    assert_true(size > LIMIT_ANSWER - LIMIT_KEPT_ANSWER - (128 << 10)); /* and uses it */
    free(buffer);
    forged_region_remove(&file);
}

/* Regions are large: they are kept in memory if there is a folder for that. */
__attribute__((constructor(150))) static void choose_folder(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_owner_s_oldest_regions_are_shown),
        TEST(an_owner_s_regions_have_a_size_together),
        TEST(a_region_that_grows_beyond_the_size_is_shown_as_far_as_it_was),
        TEST(an_owner_s_heaps_have_a_number),
        TEST(an_answer_has_a_size),
        TEST(no_owner_takes_the_whole_answer),
        TEST(the_provider_s_answer_stays_within_64_mib),
    };

    return cmocka_run_group_tests_name("region limits", tests, NULL, NULL);
}
