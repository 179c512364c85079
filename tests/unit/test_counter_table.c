/* SPDX-License-Identifier: MIT
 *
 * The counter table follows the rules of V1 counters, and agrees with the reference.
 */
#include "unit.h"

#include "counter_table.h"

/* Rule: a fraction, an average or a precision counter is followed by its base, which has this
   type. */
static uint32_t base_type_for(uint32_t type)
{
    switch (type) {
    case PERF_AVERAGE_TIMER:
    case PERF_AVERAGE_BULK:
        return PERF_AVERAGE_BASE;
    case PERF_LARGE_RAW_FRACTION:
        return PERF_LARGE_RAW_BASE;
    case PERF_RAW_FRACTION:
        return PERF_RAW_BASE;
    case PERF_SAMPLE_FRACTION:
        return PERF_SAMPLE_BASE;
    default:
        return 0;
    }
}

/* The bits of the kind of calculation: those of PERF_COUNTER_PRECISION, the highest one. */
static bool is_base(const struct counter *counter)
{
    return (counter->type & 0x70000) == PERF_COUNTER_BASE;
}

static void each_fraction_is_followed_by_its_base_and_no_base_is_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        uint32_t wanted = base_type_for(counter_table_counters[i].type);

        if (wanted) {
            assert_true(i + 1 < COUNTER_COUNT);
            assert_int_equal(counter_table_counters[i + 1].type, wanted);
            assert_int_equal(counter_table_counters[i + 1].object,
                             counter_table_counters[i].object);
            assert_int_equal(counter_table_counters[i + 1].detail,
                             counter_table_counters[i].detail);
        }
        if (is_base(&counter_table_counters[i])) {
            assert_true(i > 0);
            assert_int_equal(base_type_for(counter_table_counters[i - 1].type),
                             counter_table_counters[i].type);
        }
    }
}

/* Rule: name titles are even numbers and help titles odd ones. */
static void every_symbol_offset_is_even_and_given_once_and_bases_have_none(void **state)
{
    bool is_given[1024] = { false };
    uint32_t last = 0;

    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT + COUNTER_COUNT; i++) {
        const struct counter *counter =
            i < OBJECT_COUNT ? NULL : &counter_table_counters[i - OBJECT_COUNT];
        uint32_t title = counter ? counter->title : counter_table_objects[i].title;

        if (counter && is_base(counter)) {
            assert_int_equal(title, TITLE_NONE);
            assert_null(counter->name);
            continue;
        }
        assert_true(title % 2 == 0 && title < UNIT_COUNT(is_given));
        assert_false(is_given[title]);
        is_given[title] = true;
        last = title > last ? title : last;
    }
    assert_int_equal(counter_table_last_title(), last);
}

static void every_slot_of_an_object_is_given_once_and_the_count_is_the_highest_plus_1(void **state)
{
    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        bool is_given[256] = { false };
        uint32_t end = 0;

        for (size_t j = 0; j < counter_table_counter_count(&counter_table_objects[i]); j++) {
            const struct counter *counter =
                &counter_table_counters[counter_table_objects[i].first_counter + j];

            assert_int_equal(counter->object, i);
            assert_true(counter->slot < UNIT_COUNT(is_given));
            assert_false(is_given[counter->slot]);
            is_given[counter->slot] = true;
            end = counter->slot + 1 > end ? counter->slot + 1 : end;
        }
        assert_int_equal(counter_table_objects[i].slot_count, end);
    }
}

/* The saved settings of consumers depend on these numbers. A new counter adds a line; existing
   lines never change. */
static const struct {
    enum object_id object;
    const char *name;
    uint32_t title, slot;
} identities[] = {
    { OBJECT_custom_heap, "Bytes in Use", 2, 0 },
    { OBJECT_custom_heap, "Bytes in Use Peak", 4, 1 },
    { OBJECT_custom_heap, "Blocks in Use", 6, 2 },
    { OBJECT_custom_heap, "Allocations/sec", 8, 3 },
    { OBJECT_custom_heap, "Frees/sec", 10, 4 },
    { OBJECT_custom_heap, "Reallocations/sec", 12, 5 },
    { OBJECT_custom_heap, "Bytes Allocated/sec", 14, 6 },
    { OBJECT_custom_heap, "Bytes Freed/sec", 16, 7 },
    { OBJECT_custom_heap, "Average Allocation Size", 18, 8 },
    { OBJECT_custom_heap, "Allocation Failures", 20, 10 },
    { OBJECT_custom_heap, "Allocation Failures/sec", 22, 11 },
    { OBJECT_custom_heap, "Bytes Reserved", 24, 12 },
    { OBJECT_custom_heap, "Bytes Committed", 26, 13 },
    { OBJECT_custom_heap, "% Committed in Use", 28, 14 },
    { OBJECT_custom_heap, "Blocks in Use Peak", 30, 16 },
    { OBJECT_custom_heap, "Largest Allocation", 32, 17 },
    { OBJECT_custom_heap, "Unmatched Frees", 34, 18 },
    { OBJECT_custom_heap, "Events Lost", 36, 19 },
    { OBJECT_custom_heap, "Elapsed Time", 38, 20 },
    { OBJECT_custom_heap, "Process ID", 40, 21 },
    { OBJECT_custom_heap_provider, "Collects/sec", 44, 0 },
    { OBJECT_custom_heap_provider, "% Collect Time", 46, 1 },
    { OBJECT_custom_heap_provider, "Average Collect Time", 48, 2 },
    { OBJECT_custom_heap_provider, "Regions", 50, 4 },
    { OBJECT_custom_heap_provider, "Regions Rejected", 52, 5 },
    { OBJECT_custom_heap_provider, "Regions Reaped", 54, 6 },
    { OBJECT_custom_heap_provider, "Heaps", 56, 7 },
    { OBJECT_custom_heap_provider, "Events Lost", 58, 8 },
    { OBJECT_custom_heap_process, "Private Bytes Committed", 62, 0 },
    { OBJECT_custom_heap_process, "Mapped Bytes Committed", 64, 1 },
    { OBJECT_custom_heap_process, "Image Bytes Committed", 66, 2 },
    { OBJECT_custom_heap_process, "Bytes Reserved", 68, 3 },
    { OBJECT_custom_heap_process, "Largest Private Region", 70, 4 },
    { OBJECT_custom_heap_process, "Largest Free Region", 72, 5 },
    { OBJECT_custom_heap_process, "Regions", 74, 6 },
    { OBJECT_custom_heap_process, "Handles", 76, 7 },
    { OBJECT_custom_heap_process, "File Handles", 78, 8 },
    { OBJECT_custom_heap_process, "Section Handles", 80, 9 },
    { OBJECT_custom_heap_process, "Synchronization Handles", 82, 10 },
    { OBJECT_custom_heap_process, "Other Handles", 84, 11 },
    { OBJECT_custom_heap_process, "Threads", 86, 12 },
    { OBJECT_custom_heap_process, "Snapshot Microseconds", 88, 13 },
    { OBJECT_custom_heap_process, "Snapshot Age", 90, 14 },
    { OBJECT_custom_heap_process, "Stale Snapshots", 92, 15 },
    { OBJECT_custom_heap_process, "Process ID", 94, 16 },
};

static void no_counter_has_another_symbol_offset_or_slot_than_ever(void **state)
{
    (void)state;
    assert_true(counter_table_objects[OBJECT_custom_heap].title == 0 &&
                counter_table_objects[OBJECT_custom_heap_provider].title == 42 &&
                counter_table_objects[OBJECT_custom_heap_process].title == 60);
    for (size_t i = 0; i < UNIT_COUNT(identities); i++) {
        const struct counter *found = NULL;

        for (size_t j = 0; j < COUNTER_COUNT; j++)
            if (counter_table_counters[j].title == identities[i].title)
                found = &counter_table_counters[j];
        if (!found || found->slot != identities[i].slot || found->object != identities[i].object)
            fail_msg("%s has moved", identities[i].name);
        assert_string_equal(found->name, identities[i].name);
    }
}

static void the_objects_share_out_all_counters(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        assert_int_equal(counter_table_objects[i].first_counter, count);
        count += counter_table_counter_count(&counter_table_objects[i]);
        assert_true(counter_table_objects[i].default_counter <
                    counter_table_counter_count(&counter_table_objects[i]));
    }
    assert_int_equal(count, COUNTER_COUNT);
}

/* lodctr does not accept tabs or other control characters, and the .ini is ASCII. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void every_name_and_help_text_is_there_and_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        assert_true(is_plain(counter_table_objects[i].name) &&
                    is_plain(counter_table_objects[i].help));
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (is_base(&counter_table_counters[i]))
            continue;
        assert_true(is_plain(counter_table_counters[i].name) &&
                    is_plain(counter_table_counters[i].help));
        assert_true(strlen(counter_table_counters[i].name) > 3 &&
                    strlen(counter_table_counters[i].help) > 20);
    }
}

static void a_size_is_that_of_the_type_and_scales_and_levels_are_in_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        /* The bits of the size in winperf.h: 0x100 is PERF_SIZE_LARGE. */
        bool is_large = (counter_table_counters[i].type & 0x300) == 0x100;

        assert_int_equal(counter_table_counter_size(&counter_table_counters[i]), is_large ? 8 : 4);
        assert_true(counter_table_counters[i].scale >= -7 && counter_table_counters[i].scale <= 7);
        assert_true(counter_table_counters[i].detail == PERF_DETAIL_NOVICE ||
                    counter_table_counters[i].detail == PERF_DETAIL_ADVANCED ||
                    counter_table_counters[i].detail == PERF_DETAIL_EXPERT);
    }
}

static void the_level_of_an_object_is_the_lowest_of_its_counters(void **state)
{
    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        assert_int_equal(counter_table_object_detail(&counter_table_objects[i]),
                         PERF_DETAIL_NOVICE);
}

/* The table of heap-tracker as numbers: names, types, levels, scales, by slot. */
static const struct {
    const char *name;
    uint32_t type, detail;
    int32_t scale;
} heap_counters[] = {
    { "Bytes in Use", 0x00010100, 100, -6 },
    { "Bytes in Use Peak", 0x00010100, 100, -6 },
    { "Blocks in Use", 0x00010100, 100, 0 },
    { "Allocations/sec", 0x10410500, 100, -3 },
    { "Frees/sec", 0x10410500, 100, -3 },
    { "Reallocations/sec", 0x10410500, 100, -3 },
    { "Bytes Allocated/sec", 0x10410500, 100, -6 },
    { "Bytes Freed/sec", 0x10410500, 200, -6 },
    { "Average Allocation Size", 0x40020500, 100, 0 },
    { NULL, 0x40030402, 100, 0 },
    { "Allocation Failures", 0x00010100, 100, 0 },
    { "Allocation Failures/sec", 0x10410500, 200, 0 },
    { "Bytes Reserved", 0x00010100, 200, -6 },
    { "Bytes Committed", 0x00010100, 200, -6 },
    { "% Committed in Use", 0x20020500, 200, 0 },
    { NULL, 0x40030500, 200, 0 },
    { "Blocks in Use Peak", 0x00010100, 200, 0 },
    { "Largest Allocation", 0x00010100, 300, -6 },
    { "Unmatched Frees", 0x00010100, 300, 0 },
    { "Events Lost", 0x00010100, 200, 0 },
    { "Elapsed Time", 0x30240500, 200, 0 },
    { "Process ID", 0x00010000, 100, 0 },
};

static const struct counter *counter_of_slot(const struct object *object, uint32_t slot)
{
    for (size_t i = 0; i < counter_table_counter_count(object); i++)
        if (counter_table_counters[object->first_counter + i].slot == slot)
            return &counter_table_counters[object->first_counter + i];
    fail_msg("no counter has slot %u", (unsigned)slot);
    return NULL;
}

static void custom_heap_has_the_counters_of_the_reference(void **state)
{
    const struct object *heap = &counter_table_objects[OBJECT_custom_heap];

    (void)state;
    assert_string_equal(heap->name, "Custom Heap");
    assert_true(heap->has_instances);
    for (uint32_t i = 0; i < UNIT_COUNT(heap_counters); i++) {
        const struct counter *counter = counter_of_slot(heap, i);

        if (heap_counters[i].name)
            assert_string_equal(counter->name, heap_counters[i].name);
        assert_int_equal(counter->type, heap_counters[i].type);
        assert_int_equal(counter->detail, heap_counters[i].detail);
        assert_int_equal(counter->scale, heap_counters[i].scale);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fraction_is_followed_by_its_base_and_no_base_is_alone),
        cmocka_unit_test(every_symbol_offset_is_even_and_given_once_and_bases_have_none),
        cmocka_unit_test(every_slot_of_an_object_is_given_once_and_the_count_is_the_highest_plus_1),
        cmocka_unit_test(no_counter_has_another_symbol_offset_or_slot_than_ever),
        cmocka_unit_test(the_objects_share_out_all_counters),
        cmocka_unit_test(every_name_and_help_text_is_there_and_plain),
        cmocka_unit_test(a_size_is_that_of_the_type_and_scales_and_levels_are_in_range),
        cmocka_unit_test(the_level_of_an_object_is_the_lowest_of_its_counters),
        cmocka_unit_test(custom_heap_has_the_counters_of_the_reference),
    };

    return cmocka_run_group_tests_name("counter_table", tests, NULL, NULL);
}
