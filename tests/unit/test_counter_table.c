/* SPDX-License-Identifier: MIT
 *
 * The counter table obeys the rules of V1 counters, and is the one that the reference describes.
 */
#include "unit.h"

#include "counter_table.h"

/* Rule: a fraction, an average or a precision counter is followed by its base, and by this one. */
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

static bool is_base(const struct counter *counter)
{
    return (counter->type & 0x70000) == PERF_COUNTER_BASE;
}

static void each_fraction_is_followed_by_its_base_and_no_base_stands_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        uint32_t wanted = base_type_for(counters[i].type);

        if (wanted) {
            assert_true(i + 1 < COUNTER_COUNT);
            assert_int_equal(counters[i + 1].type, wanted);
            assert_int_equal(counters[i + 1].object, counters[i].object);
            assert_int_equal(counters[i + 1].detail, counters[i].detail);
        }
        if (is_base(&counters[i])) {
            assert_true(i > 0);
            assert_int_equal(base_type_for(counters[i - 1].type), counters[i].type);
        }
    }
}

static void
titles_count_up_by_two_from_zero_object_before_counters_and_bases_have_none(void **state)
{
    uint32_t next = 0;

    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        assert_int_equal(objects[i].title, next);
        next += 2;
        for (size_t j = 0; j < object_counter_count(&objects[i]); j++) {
            const struct counter *counter = &counters[objects[i].first_counter + j];

            assert_int_equal(counter->object, i);
            if (is_base(counter)) {
                assert_int_equal(counter->title, TITLE_NONE);
                assert_null(counter->name);
            } else {
                assert_int_equal(counter->title, next);
                next += 2;
            }
        }
    }
    assert_int_equal(counter_table_last_title(), next - 2);
}

static void the_objects_share_out_all_counters(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        assert_int_equal(objects[i].first_counter, count);
        count += object_counter_count(&objects[i]);
        assert_true(objects[i].default_counter < object_counter_count(&objects[i]));
    }
    assert_int_equal(count, COUNTER_COUNT);
}

/* lodctr takes no tabs or other control characters, and the .ini is ASCII. */
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
        assert_true(is_plain(objects[i].name) && is_plain(objects[i].help));
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (is_base(&counters[i]))
            continue;
        assert_true(is_plain(counters[i].name) && is_plain(counters[i].help));
        assert_true(strlen(counters[i].name) > 3 && strlen(counters[i].help) > 20);
    }
}

static void a_size_is_that_of_the_type_and_scales_and_levels_are_in_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        bool is_large = (counters[i].type & 0x300) == 0x100;

        assert_int_equal(counter_size(&counters[i]), is_large ? 8 : 4);
        assert_true(counters[i].scale >= -7 && counters[i].scale <= 7);
        assert_true(counters[i].detail == PERF_DETAIL_NOVICE ||
                    counters[i].detail == PERF_DETAIL_ADVANCED ||
                    counters[i].detail == PERF_DETAIL_EXPERT);
    }
}

static void the_level_of_an_object_is_the_lowest_of_its_counters(void **state)
{
    (void)state;
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        assert_int_equal(object_detail(&objects[i]), PERF_DETAIL_NOVICE);
}

/* heap-tracker's table, as numbers: names, types, levels, scales, in its order. */
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

static void custom_heap_has_the_counters_of_the_reference_in_its_order(void **state)
{
    const struct object *heap = &objects[OBJECT_custom_heap];

    (void)state;
    assert_string_equal(heap->name, "Custom Heap");
    assert_true(heap->has_instances);
    assert_int_equal(object_counter_count(heap), UNIT_COUNT(heap_counters));
    for (size_t i = 0; i < UNIT_COUNT(heap_counters); i++) {
        const struct counter *counter = &counters[heap->first_counter + i];

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
        cmocka_unit_test(each_fraction_is_followed_by_its_base_and_no_base_stands_alone),
        cmocka_unit_test(
            titles_count_up_by_two_from_zero_object_before_counters_and_bases_have_none),
        cmocka_unit_test(the_objects_share_out_all_counters),
        cmocka_unit_test(every_name_and_help_text_is_there_and_plain),
        cmocka_unit_test(a_size_is_that_of_the_type_and_scales_and_levels_are_in_range),
        cmocka_unit_test(the_level_of_an_object_is_the_lowest_of_its_counters),
        cmocka_unit_test(custom_heap_has_the_counters_of_the_reference_in_its_order),
    };

    return cmocka_run_group_tests_name("counter_table", tests, NULL, NULL);
}
