/* SPDX-License-Identifier: MIT
 *
 * The reader with real publishers in other processes: what it shows, that this stays stable, and
 * how it treats publishers that die, stop, or cannot publish.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <sys/resource.h>

#include "heap_name.h"
#include "region_reader_fixture.h"
#include "settable_clock.h"

/* ---- what is shown ------------------------------------------------------------------- */

static void another_process_s_heap_is_seen_with_its_figures(void **state)
{
    struct child child = child_start(publish_some, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    uint64_t before = os_clock_ticks();
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, 1);
    assert_int_equal(heaps[0].process_id, child.id);
    assert_int_equal(heaps[0].heap_number, 1);
    assert_int_equal(text_length(heaps[0].name), heaps[0].name_length);
    struct heap_totals now = read_heap(0);
    assert_int_equal(now.allocation_count, 10);
    assert_int_equal(now.free_count, 1);
    assert_int_equal(now.reallocation_count, 1);
    assert_int_equal(now.allocated_bytes, 1050); /* see publish_some: 10 of 100, one grows to 150 */
    assert_int_equal(now.freed_bytes, 100);
    assert_int_equal(now.requested_bytes, 1000);
    assert_int_equal(now.reallocated_bytes, 150);
    assert_int_equal(now.peak_bytes, 1000);
    assert_int_equal(now.peak_blocks, 10);
    assert_int_equal(now.largest_bytes, 150);
    assert_int_equal(now.failure_count, 1);
    assert_int_equal(now.unmatched_count, 1);
    assert_int_equal(now.lost_count, 0);
    assert_int_equal(now.reserved_bytes, 8192);
    assert_int_equal(now.committed_bytes, 4096);
    assert_true(now.open_time <= before && before - now.open_time < 60 * os_clock_frequency());
    assert_int_equal(counts().seen, 1);
    assert_int_equal(counts().rejected + counts().reaped + counts().lost, 0);

    assert_int_equal(files(), 1);
    assert_int_equal(child_wait(&child), 0);
    assert_int_equal(files(), 0);
    refresh(&count);
    assert_int_equal(count, 0);
    assert_int_equal(counts().seen, 0);
    assert_int_equal(counts().reaped, 0);
}

static const char *const odd_names[] = {
    "pool",
    "pool",
    "",
    "堆内存",
    "\xF0\x9F\x98\x80 emoji",
    "a/b\\c(d)#1*",
    "bad \xFF\xC3( utf8",
    " blanks ",
    "line\nbreak\x1b[31m\xC2\x85",
    "Zn::WindowsMemory",
    "right\xE2\x80\xAEleft",
    "long",
    "long again, so that the cut name is that of the one before",
    "ghost",
};

static int publish_names(struct parent parent, const void *argument)
{
    static char endless[1001];

    (void)argument;
    memset(endless, 'x', 1000);
    for (size_t i = 0; i < UNIT_COUNT(odd_names); i++) {
        if (strncmp(odd_names[i], "long", 4) == 0)
            heap_tracker_open(endless, NULL);
        else if (strcmp(odd_names[i], "ghost") == 0)
            heap_tracker_open(NULL, NULL);
        else
            heap_tracker_open(odd_names[i], NULL);
    }
    child_say(parent.to);
    child_hear(parent.from);
    return 0;
}

static void names_are_made_harmless_and_unique(void **state)
{
    static const char *const shown[] = {
        "pool",
        "pool:2",
        "unnamed",
        "堆内存",
        "\xF0\x9F\x98\x80 emoji",
        "a_b_c_d__1_",
        "bad \xEF\xBF\xBD\xEF\xBF\xBD_ utf8",
        "_blanks_",
        "line_break_[31m_",
        "Zn::WindowsMemory",
        "right_left",
    };
    struct child child = child_start(publish_names, NULL);
    char expected[256], got[1024];
    size_t count;

    (void)state;
    child_hear(child.from);
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, UNIT_COUNT(odd_names));
    for (size_t i = 0; i < count; i++) {
        assert_true(heaps[i].name_length <= HEAP_NAME_LENGTH);
        assert_true(heap_name_is_clean(heaps[i].name, heaps[i].name_length));
        for (size_t j = 0; j < i; j++)
            assert_false(
                heaps[i].name_length == heaps[j].name_length &&
                memcmp(heaps[i].name, heaps[j].name, heaps[i].name_length * sizeof(WCHAR)) == 0);
        text_to_utf8(heaps[i].name, heaps[i].name_length, got, sizeof(got));
        if (i < UNIT_COUNT(shown)) {
            snprintf(expected, sizeof(expected), "test_region_reader_posix:%d:%s", (int)child.id,
                     shown[i]);
            assert_string_equal(got, expected);
        }
    }
    assert_int_equal(heaps[11].name_length, HEAP_NAME_LENGTH);
    assert_int_equal(heaps[12].name_length, HEAP_NAME_LENGTH);
    text_to_utf8(heaps[12].name, heaps[12].name_length, got, sizeof(got));
    assert_string_equal(got + strlen(got) - 4, "x:13"); /* the 13th heap, whose name was cut */
    assert_int_equal(child_wait(&child), 0);
}

static int publish_in_turns(struct parent parent, const void *argument)
{
    heap_tracker first = heap_tracker_open("first", NULL);
    heap_tracker second = heap_tracker_open("second", NULL);
    heap_tracker third = heap_tracker_open("third", NULL);

    (void)argument, (void)first, (void)third;
    child_say(parent.to);
    child_hear(parent.from);
    heap_tracker_close(second);
    child_say(parent.to);
    child_hear(parent.from);
    heap_tracker_open("second", NULL); /* it uses the slot of the old heap */
    child_say(parent.to);
    child_hear(parent.from);
    return 0;
}

static void the_order_stays_and_a_reopened_heap_is_a_new_one_at_the_end(void **state)
{
    struct child child = child_start(publish_in_turns, NULL);
    struct heap_totals unchanged = { .allocation_count = 99 };
    uint64_t identities[3];
    size_t count;

    (void)state;
    child_hear(child.from);
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        identities[i] = heaps[i].identity;
    child_say(child.to);
    child_hear(child.from);
    assert_int_equal(region_reader_read(reader, 1, &unchanged), ERROR_NOT_FOUND);
    assert_int_equal(unchanged.allocation_count, 99);
    heaps = refresh(&count);
    assert_int_equal(count, 2);
    assert_true(heaps[0].identity == identities[0] && heaps[1].identity == identities[2]);
    child_say(child.to);
    child_hear(child.from);
    heaps = refresh(&count);
    assert_int_equal(count, 3);
    assert_true(heaps[0].identity == identities[0] && heaps[1].identity == identities[2]);
    assert_true(heaps[2].identity != identities[1]);
    assert_int_equal(heaps[2].heap_number, 4);

    /* Another reader shows the same. */
    struct region_reader *other;
    size_t other_count;
    assert_int_equal(region_reader_open(&other), ERROR_SUCCESS);
    region_reader_refresh(other);
    const struct heap_view *others = region_reader_heaps(other, &other_count);
    assert_int_equal(other_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(others[i].identity == heaps[i].identity);
    region_reader_close(other);
    assert_int_equal(child_wait(&child), 0);
}

static int publish_many(struct parent parent, const void *argument)
{
    size_t count = *(const size_t *)argument;

    for (size_t i = 0; i < count; i++) {
        heap_tracker heap = heap_tracker_open("many", NULL);
        heap_tracker_allocate(heap, at(i), i + 1);
    }
    child_say(parent.to);
    child_hear(parent.from);
    return 0;
}

static void five_thousand_heaps_are_seen(void **state)
{
    const size_t wanted = 5000;
    struct child child = child_start(publish_many, &wanted);
    size_t count;

    (void)state;
    child_hear(child.from);
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        struct heap_totals now = read_heap(i);
        assert_int_equal(heaps[i].heap_number, i + 1);
        assert_int_equal(now.allocated_bytes, i + 1);
    }
    assert_int_equal(child_wait(&child), 0);
}

static int publish_later(struct parent parent, const void *argument)
{
    size_t one = 1;

    (void)argument;
    heap_tracker_open("early", NULL);
    child_say(parent.to);
    child_hear(parent.from);
    for (size_t i = 0; i < 1000; i++)
        heap_tracker_allocate(heap_tracker_open("late", NULL), at(i), 1);
    return publish_many(parent, &one);
}

static void heaps_that_come_while_the_file_grows_are_seen(void **state)
{
    struct child child = child_start(publish_later, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 1);
    child_say(child.to);
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 1002); /* the early one, 1,000 late ones, and one of publish_many */
    for (size_t i = 0; i < count; i++)
        read_heap(i);
    assert_int_equal(child_wait(&child), 0);
}

/* ---- publishers that die or stop ----------------------------------------------------- */

#define CHURN_SIZE 64

static int churn(struct parent parent, const void *argument)
{
    heap_tracker heap = heap_tracker_open("churn", NULL);

    (void)argument;
    child_say(parent.to);
    for (uintptr_t i = 0; i < UINTPTR_MAX; i++) {
        heap_tracker_allocate(heap, at(i % 4096), CHURN_SIZE);
        if (i % 3 == 2)
            heap_tracker_reallocate(heap, at(5000), CHURN_SIZE, at(i % 4096)),
                heap_tracker_reallocate(heap, at(i % 4096), CHURN_SIZE, at(5000));
        if (i >= 1000)
            heap_tracker_free(heap, at((i - 1000) % 4096));
    }
    return 0;
}

/* There is one size only. For the newest event, the bytes may be visible without the count. */
static bool is_of_count(uint64_t bytes, uint64_t count)
{
    return bytes == count * CHURN_SIZE || bytes == (count + 1) * CHURN_SIZE;
}

static void check_churn(const struct heap_totals *now)
{
    assert_int_equal(now->unmatched_count, 0);
    assert_int_equal(now->excess_free_count, 0);
    assert_true(now->free_count <= now->allocation_count);
    assert_true(is_of_count(now->allocated_bytes, now->allocation_count));
    assert_true(is_of_count(now->requested_bytes, now->allocation_count));
    assert_true(is_of_count(now->usable_bytes, now->allocation_count));
    assert_true(is_of_count(now->freed_bytes, now->free_count));
    assert_true(is_of_count(now->reallocated_bytes, now->reallocation_count));
    /* From the 1,001st block on, churn frees one block after it allocated another. */
    assert_true(now->allocation_count - now->free_count <= 1001);
    assert_true(now->peak_bytes >= now->in_use_bytes);
    /* One more: between the two reads the peak may count the next block. */
    assert_true(now->peak_bytes <= 1002 * CHURN_SIZE);
}

static void a_busy_publisher_is_seen_to_the_event(void **state)
{
    struct child child = child_start(churn, NULL);
    uint64_t last = 0;
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_int_equal(count, 1);
    for (int i = 0; i < 20000; i++) {
        struct heap_totals now = read_heap(0);
        check_churn(&now);
        assert_true(now.allocation_count >= last);
        last = now.allocation_count;
    }
    assert_int_equal(child_kill(&child), -SIGKILL);
    pass_time_ms(300); /* more than a fourth of a second: owners are checked again */
    refresh(&count);
    assert_int_equal(count, 0);
    assert_int_equal(counts().reaped, 1);
}

static void a_stopped_publisher_is_seen_to_the_event(void **state)
{
    struct child child = child_start(churn, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    for (int i = 0; i < 100; i++) {
        int status;
        kill(child.id, SIGSTOP);
        waitpid(child.id, &status, WUNTRACED);
        struct heap_totals now = read_heap(0), again = read_heap(0);
        check_churn(&now);
        assert_memory_equal(&now, &again, sizeof(now));
        kill(child.id, SIGCONT);
        usleep(100);
    }
    child_kill(&child);
    pass_time_ms(300);
    refresh(&count);
}

static void a_killed_publisher_disappears_with_its_file(void **state)
{
    size_t count;

    (void)state;
    for (int i = 0; i < 30; i++) {
        struct child child = child_start(churn, NULL);
        child_hear(child.from);
        refresh(&count);
        assert_int_equal(count, 1);
        usleep((useconds_t)(i * 37));
        child_kill(&child);
        struct heap_totals now;
        if (region_reader_read(reader, 0, &now) == ERROR_SUCCESS)
            check_churn(&now);
        region_reader_close(reader); /* a new reader reads at once */
        assert_int_equal(region_reader_open(&reader), ERROR_SUCCESS);
        refresh(&count);
        assert_int_equal(count, 0);
        assert_int_equal(counts().reaped, 1);
        assert_int_equal(files(), 0);
    }
}

static void a_new_publisher_removes_what_the_dead_left(void **state)
{
    struct child dead = child_start(churn, NULL), child;
    size_t count;

    (void)state;
    child_hear(dead.from);
    child_kill(&dead);
    assert_int_equal(files(), 1);
    child = child_start(publish_some, NULL);
    child_hear(child.from);
    assert_int_equal(files(), 1);
    refresh(&count);
    assert_int_equal(count, 1);
    child_wait(&child);
}

/* ---- publishers that cannot publish -------------------------------------------------- */

static int publish_nowhere(struct parent parent, const void *argument)
{
    struct heap_tracker_statistics now = { .size = sizeof(now) };

    (void)parent;
    setenv("HEAPCTRS_DIR", argument, 1);
    heap_tracker heap = heap_tracker_open("private", NULL);
    if (heap == HEAP_TRACKER_INVALID)
        return 10;
    for (uintptr_t i = 0; i < 100; i++)
        if (heap_tracker_allocate(heap, at(i), 10))
            return 11;
    if (heap_tracker_read(heap, &now) || now.allocated_bytes != 1000 || now.is_published)
        return 12;
    return heap_tracker_close(heap) ? 13 : 0;
}

static void where_nothing_can_be_published_the_figures_are_still_right(void **state)
{
    static const char *const directories[] = { "/nowhere/at/all", "/dev/null", "/proc/1/fd" };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(directories); i++) {
        struct child child = child_start(publish_nowhere, directories[i]);
        int status = child_wait(&child);
        if (status)
            fail_msg("%s: %d", directories[i], status);
    }
}

static int publish_until_full(struct parent parent, const void *argument)
{
    struct rlimit limit = { 65536, 65536 }; /* bytes: some of the 500 heaps fit */
    struct heap_tracker_statistics now = { .size = sizeof(now) };
    size_t published = 0;

    (void)argument;
    /* A write beyond the limit would raise SIGXFSZ, which kills this process. */
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uintptr_t i = 0; i < 500; i++) {
        heap_tracker heap = heap_tracker_open("full", NULL);
        if (heap == HEAP_TRACKER_INVALID || heap_tracker_allocate(heap, at(i), 10) ||
            heap_tracker_read(heap, &now) || now.allocated_bytes != 10)
            return 20;
        published += now.is_published;
    }
    child_say(parent.to);
    child_hear(parent.from);
    return published == 0 || published == 500 ? 21 : 0;
}

static void when_the_disk_is_full_events_are_counted_or_said_to_be_lost(void **state)
{
    struct child child = child_start(publish_until_full, NULL);
    size_t count;

    (void)state;
    child_hear(child.from);
    refresh(&count);
    assert_true(count > 0 && count < 500);
    for (size_t i = 0; i < count; i++) {
        struct heap_totals now = read_heap(i);
        assert_int_equal(now.allocated_bytes, 10);
    }
    assert_int_equal(counts().lost, 500 - count);
    assert_int_equal(child_wait(&child), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(another_process_s_heap_is_seen_with_its_figures),
        TEST(names_are_made_harmless_and_unique),
        TEST(the_order_stays_and_a_reopened_heap_is_a_new_one_at_the_end),
        TEST(five_thousand_heaps_are_seen),
        TEST(heaps_that_come_while_the_file_grows_are_seen),
        TEST(a_busy_publisher_is_seen_to_the_event),
        TEST(a_stopped_publisher_is_seen_to_the_event),
        TEST(a_killed_publisher_disappears_with_its_file),
        TEST(a_new_publisher_removes_what_the_dead_left),
        TEST(where_nothing_can_be_published_the_figures_are_still_right),
        TEST(when_the_disk_is_full_events_are_counted_or_said_to_be_lost),
    };

    return cmocka_run_group_tests_name("region reader", tests, NULL, NULL);
}
