/* SPDX-License-Identifier: MIT
 *
 * Events, with a clock and an event log that the test controls.
 */
#include "unit.h"

#include "event_log.h"
#include "os.h"

static uint64_t now;
static size_t report_count;
static char last_text[1024];
static enum os_event_level last_level;
static uint32_t last_id;

uint64_t os_clock_ticks(void)
{
    return now;
}

uint64_t os_clock_frequency(void)
{
    return 1000; /* a tick is a millisecond */
}

void os_lock_acquire(struct os_lock *lock)
{
    assert_null(lock->state);
    lock->state = lock;
}

void os_lock_release(struct os_lock *lock)
{
    lock->state = NULL;
}

void os_event_report(const char *source, enum os_event_level level, uint32_t event_id,
                     const char *const strings[], size_t string_count)
{
    assert_string_equal(source, "heapctrs");
    assert_int_equal(string_count, 1);
    snprintf(last_text, sizeof(last_text), "%s", strings[0]);
    last_level = level;
    last_id = event_id;
    report_count++;
}

static int start(void **state)
{
    (void)state;
    now += 1000000; /* ms: more than the minute in which a kind of event is reported once */
    report_count = 0;
    return 0;
}

static void an_event_names_its_detail(void **state)
{
    (void)state;
    event_log_report(EVENT_not_registered, "my heaps");
    assert_int_equal(report_count, 1);
    assert_int_equal(last_id, 1); /* its number in the table of events */
    assert_int_equal(last_level, OS_EVENT_ERROR);
    assert_ptr_equal(strstr(last_text, "The service my heaps names"), last_text);
    assert_non_null(strstr(last_text, "lodctr heapctrs.ini"));
    event_log_report_number(EVENT_refresh_failed, 8);
    assert_non_null(strstr(last_text, "(error 8)"));
    assert_int_equal(last_level, OS_EVENT_WARNING);
}

static void a_kind_is_reported_once_a_minute(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        event_log_report_number(EVENT_regions_unreadable, 8);
    assert_int_equal(report_count, 1);
    now += 59999;
    event_log_report_number(EVENT_regions_unreadable, 8);
    assert_int_equal(report_count, 1);
    now += 1;
    event_log_report_number(EVENT_regions_unreadable, 8);
    assert_int_equal(report_count, 2);
}

static void kinds_do_not_wait_for_each_other(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT; i++)
        event_log_report_number((enum event_id)i, 8);
    assert_int_equal(report_count, EVENT_COUNT);
}

static void a_detail_of_any_length_and_content_is_safe(void **state)
{
    char detail[5000];

    (void)state;
    memset(detail, '%', sizeof(detail));
    detail[sizeof(detail) - 1] = 0;
    event_log_report(EVENT_not_registered, detail);
    assert_int_equal(report_count, 1);
}

static void every_event_has_a_detail_and_fits_the_log(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT; i++) {
        event_log_report(i, "@");
        assert_non_null(strchr(last_text, '@'));
        assert_null(strchr(last_text, '%'));
        /* about half of event_log.c's 512 bytes is for the detail */
        assert_true(strlen(last_text) < 250);
        assert_true(last_id >= 1 && last_id <= 999); /* see events.def */
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(an_event_names_its_detail),
        TEST(a_kind_is_reported_once_a_minute),
        TEST(kinds_do_not_wait_for_each_other),
        TEST(a_detail_of_any_length_and_content_is_safe),
        TEST(every_event_has_a_detail_and_fits_the_log),
    };

    return cmocka_run_group_tests_name("event_log", tests, NULL, NULL);
}
