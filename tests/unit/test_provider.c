/* SPDX-License-Identifier: MIT
 *
 * Open, Collect and Close with a fake region reader, whose heaps the tests choose, and a fake event log.
 * tests/provider tests with the real reader what region files do to the provider.
 */
#include "unit.h"

#include "counter_table.h"
#include "event_log.h"
#include "fake_region_reader.h"
#include "object_clock.h"
#include "os.h"
#include "provider.h"
#include "span.h"

/* ---- the event log, instead of the system's ----------------------------------------------- */

static unsigned long long reported[EVENT_COUNT]; /* the number of the newest event of each kind */

void event_log_report(enum event_id id, const char *detail)
{
    (void)id, (void)detail;
}

void event_log_report_number(enum event_id id, unsigned long long number)
{
    reported[id] = number;
}

/* ---- a small reader of the answer -------------------------------------------------------- */

#define CAPACITY 65536
static unsigned char buffer[CAPACITY];
static DWORD used, object_count;

static DWORD ask(const WCHAR *query)
{
    void *data = buffer;
    DWORD error;

    used = CAPACITY;
    object_count = 0xCCCCCCCC;
    memset(buffer, 0xCC, sizeof(buffer));
    error = provider_collect(query, &data, &used, &object_count);
    assert_ptr_equal(data, buffer + used);
    return error;
}

/* The offsets below are those of winperf.h. PERF_OBJECT_TYPE has 64 bytes: DefinitionLength is at 4,
   the index of the name at 12 and of the help at 20, NumInstances at 40, PerfTime at 48, and
   PerfFreq at 56. PERF_COUNTER_DEFINITION has 40 bytes: CounterSize is at 32, CounterOffset at 36. */

/* The offset of the object in the answer; SIZE_MAX if it is missing. */
static size_t find_object(uint32_t index)
{
    size_t at = 0;

    for (DWORD i = 0; i < object_count; i++) {
        if (read_u32(buffer + at + 12) == index)
            return at;
        at += read_u32(buffer + at);
    }
    assert_int_equal(at, used);
    return SIZE_MAX;
}

static int32_t instance_count(size_t object)
{
    return (int32_t)read_u32(buffer + object + 40);
}

/* A raw value. Instance 0 of an object without instances is its block. */
static uint64_t value(size_t object, size_t instance, size_t counter)
{
    size_t at = object + read_u32(buffer + object + 4);
    size_t offset = read_u32(buffer + object + 64 + 40 * counter + 36);

    if (instance_count(object) > 0) {
        for (; instance > 0; instance--) {
            at += read_u32(buffer + at);
            at += read_u32(buffer + at);
        }
        at += read_u32(buffer + at);
    }
    return read_u32(buffer + object + 64 + 40 * counter + 32) == 8 ? read_u64(buffer + at + offset)
                                                                   : read_u32(buffer + at + offset);
}

/* The first indices are 1848 and 1849 if nothing is registered. The provider's object has the offset 42. */
#define HEAP_VALUE(instance, id)                                                                   \
    value(find_object(1848), instance, COUNTER_POSITION(custom_heap, id))
#define OWN_VALUE(id) value(find_object(1890), 0, COUNTER_POSITION(custom_heap_provider, id))

/* ---- tests --------------------------------------------------------------------------- */

static int start(void **state)
{
    (void)state;
    os_environment_set("PERFLIB_FIRST_COUNTER", NULL);
    os_environment_set("PERFLIB_FIRST_HELP", NULL);
    memset(statistics, 0, sizeof(statistics));
    memset(&region_counts, 0, sizeof(region_counts));
    view_count = 0;
    vanished = SIZE_MAX;
    open_error = refresh_error = 0;
    reads = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        provider_close();
    return readers_open || holds;
}

static void without_heaps_there_is_exactly_a_total_of_zeros(void **state)
{
    (void)state;
    provider_open(NULL);
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(object_count, 2);
    assert_int_equal(instance_count(find_object(1848)), 1);
    for (size_t i = 0; i < counter_table_counter_count(&counter_table_objects[OBJECT_custom_heap]);
         i++)
        if (i != COUNTER_POSITION(custom_heap, elapsed_time) &&
            i != COUNTER_POSITION(custom_heap, allocator_age))
            assert_true(value(find_object(1848), 0, i) == 0);
    /* They begin now, so that nothing has elapsed. */
    assert_true(HEAP_VALUE(0, elapsed_time) == read_u64(buffer + find_object(1848) + 48));
    assert_true(HEAP_VALUE(0, allocator_age) == read_u64(buffer + find_object(1848) + 48));
    assert_int_equal(instance_count(find_object(1890)), PERF_NO_INSTANCES);
}

static void the_total_is_the_sum_of_what_is_shown_except_peaks_times_and_process(void **state)
{
    size_t object;

    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    add_heap(TEXT16("b:2:y"), 5, 2, 500);
    add_heap(TEXT16("c:3:z"), 5, 3, 70000000000u);
    statistics[1].open_time = statistics[0].open_time / 2; /* the oldest */
    statistics[2].open_time = 0;                           /* not known, so it does not count */
    add_figures(1, 1u << FIGURE_HELD | 1u << FIGURE_FREE | 1u << FIGURE_ARENAS);
    add_figures(2, 1u << FIGURE_HELD | 1u << FIGURE_FREE | 1u << FIGURE_CACHED);
    provider_open(NULL);
    ask(TEXT16("Global"));
    object = find_object(1848);
    assert_int_equal(instance_count(object), 4);
    for (size_t i = 0; i < counter_table_counter_count(&counter_table_objects[OBJECT_custom_heap]);
         i++) {
        uint64_t sum = 0;

        if (i == COUNTER_POSITION(custom_heap, bytes_in_use_peak) ||
            i == COUNTER_POSITION(custom_heap, blocks_in_use_peak) ||
            i == COUNTER_POSITION(custom_heap, largest_allocation) ||
            i == COUNTER_POSITION(custom_heap, elapsed_time) ||
            i == COUNTER_POSITION(custom_heap, allocator_known) ||
            i == COUNTER_POSITION(custom_heap, allocator_age) ||
            i == COUNTER_POSITION(custom_heap, process_id))
            continue;
        for (size_t j = 1; j <= 3; j++)
            sum += value(object, j, i);
        if (counter_table_counter_size(&counter_table_counters[FIRST_custom_heap + i]) == 4)
            sum = (uint32_t)sum;
        assert_true(value(object, 0, i) == sum);
    }
    assert_true(HEAP_VALUE(0, bytes_in_use_peak) == HEAP_VALUE(0, bytes_in_use));
    assert_true(HEAP_VALUE(0, blocks_in_use_peak) == HEAP_VALUE(0, blocks_in_use));
    assert_true(HEAP_VALUE(0, largest_allocation) == HEAP_VALUE(3, largest_allocation));
    assert_true(HEAP_VALUE(0, elapsed_time) == object_clock_at(statistics[1].open_time));
    assert_true(HEAP_VALUE(0, process_id) == 0);
    assert_true(HEAP_VALUE(0, allocator_known) == (1u << FIGURE_HELD | 1u << FIGURE_FREE |
                                                   1u << FIGURE_ARENAS | 1u << FIGURE_CACHED));
    assert_int_equal(reads, 3);
}

static void each_counter_shows_its_own_total(void **state)
{
    const struct heap_totals *heap = &statistics[0];
    const struct heap_figures *figures = &heap->figures;

    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 77, 0x123456789Au);
    add_figures(0, (1u << FIGURE_COUNT) - 1);
    provider_open(NULL);
    ask(TEXT16("1848"));
    assert_int_equal(object_count, 1);
    assert_true(HEAP_VALUE(1, bytes_in_use) == heap->in_use_bytes);
    assert_true(HEAP_VALUE(1, bytes_in_use_peak) == heap->peak_bytes);
    assert_true(HEAP_VALUE(1, blocks_in_use) == heap->allocation_count - heap->free_count);
    assert_true(HEAP_VALUE(1, allocations) == heap->allocation_count);
    assert_true(HEAP_VALUE(1, frees) == heap->free_count);
    assert_true(HEAP_VALUE(1, reallocations) == heap->reallocation_count);
    assert_true(HEAP_VALUE(1, bytes_allocated) == heap->allocated_bytes);
    assert_true(HEAP_VALUE(1, bytes_freed) == heap->freed_bytes);
    assert_true(HEAP_VALUE(1, average_allocation_size) == heap->requested_bytes);
    assert_true(HEAP_VALUE(1, average_allocation_size_base) == (uint32_t)heap->allocation_count);
    assert_true(HEAP_VALUE(1, allocation_failures) == heap->failure_count);
    assert_true(HEAP_VALUE(1, allocation_failure_rate) == heap->failure_count);
    assert_true(HEAP_VALUE(1, bytes_reserved) == heap->reserved_bytes);
    assert_true(HEAP_VALUE(1, bytes_committed) == heap->committed_bytes);
    assert_true(HEAP_VALUE(1, committed_in_use) == heap->in_use_bytes);
    assert_true(HEAP_VALUE(1, committed_in_use_base) == heap->committed_bytes);
    assert_true(HEAP_VALUE(1, blocks_in_use_peak) == heap->peak_blocks);
    assert_true(HEAP_VALUE(1, largest_allocation) == heap->largest_bytes);
    assert_true(HEAP_VALUE(1, unmatched_frees) == heap->unmatched_count + heap->excess_free_count);
    assert_true(HEAP_VALUE(1, events_lost) == heap->lost_count);
    assert_true(HEAP_VALUE(1, elapsed_time) == object_clock_at(heap->open_time));
    assert_true(HEAP_VALUE(1, process_id) == 77);
    assert_true(HEAP_VALUE(1, allocator_known) == 127); /* a bit for each of FIGURE_COUNT */
    assert_true(HEAP_VALUE(1, allocator_held) == figures->values[FIGURE_HELD]);
    assert_true(HEAP_VALUE(1, allocator_free) == figures->values[FIGURE_FREE]);
    assert_true(HEAP_VALUE(1, allocator_cached) == figures->values[FIGURE_CACHED]);
    assert_true(HEAP_VALUE(1, allocator_releasable) == figures->values[FIGURE_RELEASABLE]);
    assert_true(HEAP_VALUE(1, allocator_elsewhere) == figures->values[FIGURE_ELSEWHERE]);
    assert_true(HEAP_VALUE(1, allocator_arenas) == figures->values[FIGURE_ARENAS]);
    assert_true(HEAP_VALUE(1, allocator_overhead) == figures->values[FIGURE_OVERHEAD]);
    assert_true(HEAP_VALUE(1, allocator_age) == object_clock_at(figures->time));
    /* PerfTime and PerfFreq of the object */
    assert_true(read_u64(buffer + 48) >= heap->open_time);
    assert_true(read_u64(buffer + 56) == OBJECT_CLOCK_FREQUENCY);
}

static void a_heap_that_reports_nothing_committed_counts_in_no_half_of_the_share(void **state)
{
    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    add_heap(TEXT16("b:2:y"), 5, 2, 4000);
    statistics[1].committed_bytes = 0;
    provider_open(NULL);
    ask(TEXT16("Global"));
    assert_true(HEAP_VALUE(2, bytes_in_use) > 0 && HEAP_VALUE(2, committed_in_use) == 0);
    assert_true(HEAP_VALUE(0, committed_in_use) == HEAP_VALUE(1, bytes_in_use));
    assert_true(HEAP_VALUE(0, committed_in_use_base) == HEAP_VALUE(1, bytes_committed));
}

static void the_peak_of_the_total_is_the_largest_sum_seen_since_open(void **state)
{
    uint64_t high;

    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    provider_open(NULL);
    ask(TEXT16("Global"));
    high = HEAP_VALUE(0, bytes_in_use);
    statistics[0].in_use_bytes = 0;
    statistics[0].free_count = statistics[0].allocation_count;
    has_changed[0] = true;
    ask(TEXT16("Global"));
    assert_true(HEAP_VALUE(0, bytes_in_use) == 0 && HEAP_VALUE(0, blocks_in_use) == 0);
    assert_true(HEAP_VALUE(0, bytes_in_use_peak) == high);
    assert_true(HEAP_VALUE(0, blocks_in_use_peak) == 500); /* add_heap: half of 1,000 are free */
    provider_close();
    provider_open(NULL);
    ask(TEXT16("Global"));
    assert_true(HEAP_VALUE(0, bytes_in_use_peak) == 0);
}

static void a_heap_that_vanished_is_left_out_and_the_rest_is_whole(void **state)
{
    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    add_heap(TEXT16("b:2:y"), 5, 2, 500);
    vanished = 0;
    provider_open(NULL);
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(instance_count(find_object(1848)), 2);
    assert_true(HEAP_VALUE(1, process_id) == 2);
    assert_true(HEAP_VALUE(0, allocations) == HEAP_VALUE(1, allocations));
}

static void heaps_that_did_not_change_are_not_read_again(void **state)
{
    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    add_heap(TEXT16("b:2:y"), 5, 2, 500);
    provider_open(NULL);
    ask(TEXT16("Global"));
    ask(TEXT16("Global"));
    reads = 0;
    ask(TEXT16("Global"));
    assert_int_equal(reads, 0);
    set_figures(1, 700);
    ask(TEXT16("Global"));
    assert_int_equal(reads, 1);
    assert_true(HEAP_VALUE(1, allocations) == 1000 && HEAP_VALUE(2, allocations) == 700);
    assert_true(HEAP_VALUE(0, allocations) == 1700);
}

static void every_buffer_size_gives_the_whole_answer_or_more_data_with_outputs_reset(void **state)
{
    static const WCHAR *const queries[] = { TEXT16("Global"), TEXT16("1848"), TEXT16("1890"),
                                            TEXT16("MetadataGlobal") };

    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    add_heap(TEXT16("b:2:yyyyyy"), 10, 2, 500);
    provider_open(NULL);
    for (size_t i = 0; i < UNIT_COUNT(queries); i++) {
        DWORD whole;

        ask(queries[i]);
        whole = used;
        for (DWORD size = 0; size < whole + 24; size++) {
            unsigned char *space = malloc(size + 1);
            void *data = space;
            DWORD bytes = size, count = 0xCCCCCCCC, error;

            space[size] = 0xA5;
            error = provider_collect(queries[i], &data, &bytes, &count);
            assert_int_equal(error, size < whole ? ERROR_MORE_DATA : ERROR_SUCCESS);
            assert_int_equal(bytes, size < whole ? 0 : whole);
            assert_int_equal(count, size < whole ? 0 : object_count);
            assert_ptr_equal(data, space + bytes);
            assert_int_equal(space[size], 0xA5);
            free(space);
        }
    }
}

static void queries_that_are_not_ours_get_success_and_nothing(void **state)
{
    static const WCHAR *const queries[] = {
        NULL,
        TEXT16(""),
        TEXT16("Foreign"),
        TEXT16("238"),
        TEXT16("18480"),
        TEXT16("184"),
        TEXT16("Foreign X 1848"),
        TEXT16("1850"),
        TEXT16("nothing"),
    };

    (void)state;
    provider_open(NULL);
    for (size_t i = 0; i < UNIT_COUNT(queries); i++) {
        assert_int_equal(ask(queries[i]), ERROR_SUCCESS);
        assert_int_equal(used, 0);
        assert_int_equal(object_count, 0);
    }
}

static void an_index_of_ours_gets_that_object_only(void **state)
{
    (void)state;
    provider_open(NULL);
    ask(TEXT16("238 1890 2"));
    assert_int_equal(object_count, 1);
    assert_int_equal(find_object(1890), 0);
    ask(TEXT16("1890 1848"));
    assert_int_equal(object_count, 2);
}

static void metadata_has_definitions_and_no_instances(void **state)
{
    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    provider_open(NULL);
    assert_int_equal(ask(TEXT16("MetadataGlobal")), ERROR_SUCCESS);
    assert_int_equal(object_count, 2);
    /* PERF_METADATA_MULTIPLE_INSTANCES and PERF_METADATA_NO_INSTANCES */
    assert_int_equal(instance_count(find_object(1848)), -2);
    assert_int_equal(instance_count(find_object(1890)), -3);
    /* Two PERF_OBJECT_TYPE, and a PERF_COUNTER_DEFINITION for each counter of both objects. */
    assert_int_equal(used, 2 * 64 + 40 * FIRST_custom_heap_process);
    assert_int_equal(reads, 0);
}

static void a_provider_that_is_not_open_has_no_data(void **state)
{
    (void)state;
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(used, 0);
    provider_open(NULL);
    provider_close();
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(used, 0);
    assert_int_equal(readers_open, 0);
}

static void opens_and_closes_are_counted_and_a_close_too_many_is_harmless(void **state)
{
    (void)state;
    provider_close();
    provider_open(NULL);
    provider_open(NULL);
    assert_int_equal(readers_open, 1);
    provider_close();
    ask(TEXT16("Global"));
    assert_int_equal(object_count, 2);
    provider_close();
    assert_int_equal(readers_open, 0);
    provider_close();
    provider_open(NULL);
    ask(TEXT16("Global"));
    assert_int_equal(object_count, 2);
}

static void null_pointers_get_success_and_nothing(void **state)
{
    void *data = buffer, *nowhere = NULL;
    DWORD size = CAPACITY, count = 7;

    (void)state;
    provider_open(NULL);
    assert_int_equal(provider_collect(TEXT16("Global"), NULL, &size, &count), ERROR_SUCCESS);
    assert_true(size == 0 && count == 0);
    size = CAPACITY;
    assert_int_equal(provider_collect(TEXT16("Global"), &data, NULL, &count), ERROR_SUCCESS);
    assert_int_equal(provider_collect(TEXT16("Global"), &data, &size, NULL), ERROR_SUCCESS);
    assert_int_equal(size, 0);
    assert_ptr_equal(data, buffer);
    assert_int_equal(provider_collect(NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    size = CAPACITY;
    assert_int_equal(provider_collect(TEXT16("Global"), &nowhere, &size, &count), ERROR_MORE_DATA);
    assert_true(size == 0 && count == 0 && nowhere == NULL);
}

static void a_reader_that_cannot_be_opened_at_open_is_opened_by_a_later_collect(void **state)
{
    (void)state;
    open_error = ERROR_NOT_ENOUGH_MEMORY;
    provider_open(NULL);
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(used, 0);
    assert_int_equal(ask(TEXT16("MetadataGlobal")), ERROR_SUCCESS);
    assert_int_equal(object_count, 2);
    open_error = 0;
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(object_count, 2);
}

static void a_refresh_that_fails_leaves_the_earlier_heaps(void **state)
{
    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    refresh_error = ERROR_NOT_ENOUGH_MEMORY;
    provider_open(NULL);
    assert_int_equal(ask(TEXT16("Global")), ERROR_SUCCESS);
    assert_int_equal(instance_count(find_object(1848)), 2);
}

/* What grows since the last Collect is an event, with the present number. */
static void what_is_not_read_or_published_is_reported_to_the_event_log(void **state)
{
    struct region_counts none = { .seen = 0 };
    static const struct {
        enum event_id event;
        size_t count; /* offset in struct region_counts */
    } cases[] = {
        { EVENT_region_rejected, offsetof(struct region_counts, rejected) },
        { EVENT_directory_refused, offsetof(struct region_counts, refused_directories) },
        { EVENT_regions_left_out, offsetof(struct region_counts, left_out_regions) },
        { EVENT_heaps_left_out, offsetof(struct region_counts, left_out_heaps) },
        { EVENT_heaps_unpublished, offsetof(struct region_counts, unpublished) },
    };

    (void)state;
    provider_open(NULL);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        uint64_t *count = (uint64_t *)(void *)((char *)&region_counts + cases[i].count);

        region_counts = none;
        ask(TEXT16("Global"));
        memset(reported, 0, sizeof(reported));
        *count = 3;
        ask(TEXT16("Global"));
        assert_int_equal(reported[cases[i].event], 3);
        reported[cases[i].event] = 0;
        ask(TEXT16("Global")); /* nothing has changed */
        for (int event = 0; event < EVENT_COUNT; event++)
            assert_int_equal(reported[event], 0);
        *count = 4;
        ask(TEXT16("Global"));
        assert_int_equal(reported[cases[i].event], 4);
    }
    refresh_error = ERROR_NOT_ENOUGH_MEMORY;
    ask(TEXT16("Global"));
    assert_int_equal(reported[EVENT_refresh_failed], ERROR_NOT_ENOUGH_MEMORY);
    refresh_error = 0;
    region_counts = none;
}

static void the_provider_counts_itself(void **state)
{
    uint64_t time;

    (void)state;
    add_heap(TEXT16("a:1:x"), 5, 1, 1000);
    region_counts = (struct region_counts){ .seen = 3, .rejected = 4, .reaped = 5, .lost = 6 };
    region_counts.refused_directories = 7;
    region_counts.left_out_regions = 8;
    region_counts.left_out_heaps = 9;
    region_counts.unpublished = 10;
    provider_open(NULL);
    ask(TEXT16("1890"));
    assert_true(OWN_VALUE(collects) == 0 && OWN_VALUE(collect_time) == 0);
    ask(TEXT16("not ours"));
    ask(TEXT16("1890"));
    for (size_t i = 0;
         i < counter_table_counter_count(&counter_table_objects[OBJECT_custom_heap_provider]); i++)
        assert_false(value(find_object(1890), 0, i) == 0xCCCCCCCCCCCCCCCCu);
    assert_true(OWN_VALUE(collects) == 1 && OWN_VALUE(average_collect_time_base) == 1);
    assert_true(OWN_VALUE(regions) == 3 && OWN_VALUE(regions_rejected) == 4);
    assert_true(OWN_VALUE(regions_reaped) == 5 && OWN_VALUE(events_lost) == 6);
    assert_true(OWN_VALUE(heaps) == 1);
    assert_true(OWN_VALUE(directories_refused) == 7 && OWN_VALUE(regions_left_out) == 8);
    assert_true(OWN_VALUE(heaps_left_out) == 9 && OWN_VALUE(heaps_unpublished) == 10);
    time = OWN_VALUE(collect_time);
    for (int i = 0; i < 1000; i++)
        ask(TEXT16("Global"));
    assert_true(OWN_VALUE(collect_time) > time);
    assert_true(OWN_VALUE(average_collect_time) > 0);
    /* An answer does not count its own call: two calls are before the loop, and 999 in it. */
    assert_true(OWN_VALUE(collects) == 1001);
}

static void title_indices_come_from_the_environment_where_no_service_is_registered(void **state)
{
    static const struct {
        const char *counter, *help;
        uint32_t index; /* of the first object */
    } cases[] = {
        { "5000", "7001", 5000 },       { "5000", NULL, 1848 },
        { "50x0", "7001", 1848 },       { "-2", "7001", 1848 },
        { "0", "7001", 1848 },          { "4294967296", "7001", 1848 },
        { "4294967290", "7001", 1848 }, { "99999999999999999999", "7001", 1848 },
    }; /* from 4294967290 on, the last title would be above 32 bits */

    (void)state;
    if (os_registry_dword(TEXT16("SYSTEM\\CurrentControlSet\\Services\\heapctrs\\Performance"),
                          TEXT16("First Counter"), &(uint32_t){ 0 }) == ERROR_SUCCESS)
        skip();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        os_environment_set("PERFLIB_FIRST_COUNTER", cases[i].counter);
        os_environment_set("PERFLIB_FIRST_HELP", cases[i].help);
        provider_open(TEXT16("no such service"));
        ask(TEXT16("Global"));
        assert_int_equal(read_u32(buffer + 12), cases[i].index);
        assert_int_equal(read_u32(buffer + 20), i ? 1849 : 7001);
        provider_close();
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(without_heaps_there_is_exactly_a_total_of_zeros),
        TEST(the_total_is_the_sum_of_what_is_shown_except_peaks_times_and_process),
        TEST(each_counter_shows_its_own_total),
        TEST(a_heap_that_reports_nothing_committed_counts_in_no_half_of_the_share),
        TEST(the_peak_of_the_total_is_the_largest_sum_seen_since_open),
        TEST(heaps_that_did_not_change_are_not_read_again),
        TEST(a_heap_that_vanished_is_left_out_and_the_rest_is_whole),
        TEST(every_buffer_size_gives_the_whole_answer_or_more_data_with_outputs_reset),
        TEST(queries_that_are_not_ours_get_success_and_nothing),
        TEST(an_index_of_ours_gets_that_object_only),
        TEST(metadata_has_definitions_and_no_instances),
        TEST(a_provider_that_is_not_open_has_no_data),
        TEST(opens_and_closes_are_counted_and_a_close_too_many_is_harmless),
        TEST(null_pointers_get_success_and_nothing),
        TEST(a_reader_that_cannot_be_opened_at_open_is_opened_by_a_later_collect),
        TEST(a_refresh_that_fails_leaves_the_earlier_heaps),
        TEST(what_is_not_read_or_published_is_reported_to_the_event_log),
        TEST(the_provider_counts_itself),
        TEST(title_indices_come_from_the_environment_where_no_service_is_registered),
    };

    return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
