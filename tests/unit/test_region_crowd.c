/* SPDX-License-Identifier: MIT
 *
 * What one hostile user can put into a region directory, on every system: many equal names, stray
 * files, more regions than a process may have, and totals that jump. This process publishes and
 * reads. test_region_set_posix.c has the tests with several processes and users.
 */
#include "unit.h"

#include <stdlib.h>

#include "forged_region.h"
#include "region_folder.h"
#include "region_limits.h"
#include "region_reader.h"
#include "text.h"

/* The first two are chosen. */
enum { EQUAL_HEAPS = 20000, STRAY_FILES = 3000, FORGED = LIMIT_PROCESS_REGIONS + 1 };

static struct region_reader *reader;
static struct forged forged[FORGED];

static const struct heap_view *refresh(size_t *count)
{
    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    return region_reader_heaps(reader, count);
}

static struct region_counts counts(void)
{
    struct region_counts now;

    region_reader_counts(reader, &now);
    return now;
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

static int compare_names(const void *a, const void *b)
{
    const struct heap_view *first = a, *second = b;

    if (first->name_length != second->name_length)
        return first->name_length < second->name_length ? -1 : 1;
    return memcmp(first->name, second->name, first->name_length * sizeof(*first->name));
}

static void equal_names_all_become_different(void **state)
{
    char name[64];
    size_t count;

    (void)state;
    snprintf(name, sizeof(name), "x:%lu:same", (unsigned long)os_process_id());
    forge(&forged[0], EQUAL_HEAPS, name);
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, EQUAL_HEAPS);
    struct heap_view *sorted = malloc(count * sizeof(*sorted));
    memcpy(sorted, heaps, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_names);
    for (size_t i = 1; i < count; i++)
        assert_true(compare_names(&sorted[i - 1], &sorted[i]) < 0);
    free(sorted);
    withdraw(&forged[0]);
    refresh(&count);
    assert_int_equal(count, 0);
}

static void a_process_s_oldest_regions_are_shown_and_the_rest_is_attributed(void **state)
{
    static struct region_refusals refusals;
    struct os_region_place place = { .path = "" };
    char name[64], expected[256], owner[256];
    size_t count;

    (void)state;
    for (int i = 0; i < FORGED; i++) {
        snprintf(name, sizeof(name), "x:%lu:%d", (unsigned long)os_process_id(), i);
        forge(&forged[i], 1, name);
    }
    for (int round = 0; round < 3; round++) {
        const struct heap_view *heaps = refresh(&count);
        assert_int_equal(count, LIMIT_PROCESS_REGIONS);
        assert_int_equal(counts().left_out_regions, 1);
        region_reader_refusals(reader, &refusals);
        assert_int_equal(refusals.count, 1);
        assert_int_equal(refusals.refusals[0].reason, REFUSAL_region_limit);
        assert_int_equal(refusals.refusals[0].count, 1);
        assert_string_equal(refusals.refusals[0].path, region_folder);
        for (size_t i = 0; i < count; i++) {
            text_to_utf8(heaps[i].name, heaps[i].name_length, name, sizeof(name));
            snprintf(expected, sizeof(expected), "x:%lu:%zu", (unsigned long)os_process_id(), i);
            assert_string_equal(name, expected);
        }
    }
    /* It is attributed to the owner of the directory, whom the system can name. */
    snprintf(place.path, sizeof(place.path), "%s", region_folder);
    assert_int_equal(os_region_place_check(&place), ERROR_SUCCESS);
    assert_true(refusals.refusals[0].owner == place.owner);
    assert_true(os_region_owner_text(place.owner, owner, sizeof(owner)));
    for (int i = 0; i < FORGED; i++)
        withdraw(&forged[i]);
    refresh(&count);
    assert_int_equal(count, 0);
    assert_int_equal(counts().left_out_regions, 0);
}

/* What is live is shown, and each stray file is examined once. */
static void stray_files_hide_nothing_and_are_examined_once(void **state)
{
    static const char *const forms[] = { "%s/.new-%d-1.region", "%s/%d-1.region", "%s/%d.txt",
                                         "%s/%d-1.private" };
    char path[OS_PATH_SIZE + 64], name[64];
    size_t count;

    (void)state;
    /* No process has such an identifier: Linux has none above 4,194,304. */
    for (int i = 0; i < STRAY_FILES; i++) {
        snprintf(path, sizeof(path), forms[i % 4], region_folder, 2000000000 + i);
        assert_int_equal(os_file_write_all(path, "x", 1), ERROR_SUCCESS);
    }
    snprintf(name, sizeof(name), "x:%lu:heap", (unsigned long)os_process_id());
    forge(&forged[0], 1, name);
    refresh(&count);
    assert_int_equal(count, 1);
    struct region_counts before = counts();
    for (int i = 0; i < 3; i++) {
        refresh(&count);
        assert_int_equal(count, 1);
    }
    assert_int_equal(counts().rejected, before.rejected);
    assert_int_equal(counts().reaped, before.reaped);
    assert_int_equal(counts().unasked, 0);
    for (int i = 0; i < STRAY_FILES; i++) {
        snprintf(path, sizeof(path), forms[i % 4], region_folder, 2000000000 + i);
        os_file_remove(path);
    }
    withdraw(&forged[0]);
}

/* A directory's mark is that of its contents, or 0, with which it is listed each time. */
static void the_mark_of_a_directory_changes_with_its_contents(void **state)
{
    char path[OS_PATH_SIZE + 64];
    uint64_t mark = 0;

    (void)state;
    for (int i = 0; i < 1000 && mark == 0; i++) {
        os_sleep_ms(10); /* the clock of file times is coarse */
        mark = os_region_directory_mark(region_folder);
    }
    if (mark == 0)
        skip(); /* no file system that promises it */
    assert_true(os_region_directory_mark(region_folder) == mark);
    snprintf(path, sizeof(path), "%s/file", region_folder);
    assert_int_equal(os_file_write_all(path, "x", 1), ERROR_SUCCESS);
    assert_true(os_region_directory_mark(region_folder) != mark);
    for (int i = 0; i < 1000 && (i == 0 || mark == 0); i++) {
        os_sleep_ms(10);
        mark = os_region_directory_mark(region_folder);
    }
    os_file_remove(path);
    assert_true(os_region_directory_mark(region_folder) != mark);
}

static void totals_that_jump_are_never_negative(void **state)
{
    static const uint64_t steps[][2] = {
        /* bytes allocated and freed */
        { 100, 0 },
        { UINT64_C(100) + (UINT64_C(1) << 63) + 5, UINT64_C(1) << 62 },
        { 100, 0 },
        { 0, UINT64_MAX },
        { UINT64_MAX, 0 }
    };
    struct heap_totals totals;
    char name[64];
    size_t count;

    (void)state;
    snprintf(name, sizeof(name), "x:%lu:heap", (unsigned long)os_process_id());
    forge(&forged[0], 1, name);
    struct region_heap *heap = heap_of(&forged[0], 0);
    heap->has_base_shard = 1;
    heap->base.heap = 1;
    for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
        heap->base.totals[TOTAL_USABLE_BYTES] = steps[i][0];
        heap->base.totals[TOTAL_FREED_BYTES] = steps[i][1];
        ((struct region_header *)(void *)forged[0].memory)->change_count++;
        refresh(&count);
        assert_int_equal(region_reader_read(reader, 0, &totals), ERROR_SUCCESS);
        assert_true(totals.in_use_bytes <= INT64_MAX);
    }
    withdraw(&forged[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_names_all_become_different, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_process_s_oldest_regions_are_shown_and_the_rest_is_attributed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stray_files_hide_nothing_and_are_examined_once, set_up,
                                        tear_down),
        cmocka_unit_test(the_mark_of_a_directory_changes_with_its_contents),
        cmocka_unit_test_setup_teardown(totals_that_jump_are_never_negative, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("region crowd", tests, NULL, NULL);
}
