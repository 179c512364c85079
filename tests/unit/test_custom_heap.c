/* SPDX-License-Identifier: MIT
 *
 * What the object "Custom Heap" keeps from one answer to the next, compared with answers that start
 * from nothing.
 */
#include "unit.h"

#include "custom_heap.h"
#include "fake_region_reader.h"

#define CAPACITY 65536

/* Write the answer from what was kept and from nothing, and compare the bytes. */
static void compare_with_a_first_answer(struct custom_heap_answer *kept)
{
    static unsigned char first[CAPACITY], buffer[CAPACITY];
    static struct object_definition definition;
    static struct region_reader *reader;
    struct custom_heap_answer nothing = { .peak_bytes = kept->peak_bytes,
                                          .peak_blocks = kept->peak_blocks };
    struct buffer_writer writer;
    bool changed[HEAP_LIMIT];

    object_definition_init(&definition, &counter_table_objects[OBJECT_custom_heap], 1848, 1849);
    memcpy(changed, has_changed, sizeof(changed));
    memset(first, 0xCC, sizeof(first)); /* not that of `buffer`: a byte not written differs */
    buffer_writer_init(&writer, first, sizeof(first));
    assert_int_equal(custom_heap_write(&writer, &definition, 1, reader, &nothing), ERROR_SUCCESS);
    size_t size = writer.used;

    memcpy(has_changed, changed, sizeof(changed));
    memset(buffer, 0x33, sizeof(buffer));
    buffer_writer_init(&writer, buffer, sizeof(buffer));
    assert_int_equal(custom_heap_write(&writer, &definition, 1, reader, kept), ERROR_SUCCESS);
    assert_int_equal(writer.used, size);
    assert_memory_equal(buffer, first, size);
}

static void what_is_kept_gives_the_answer_that_reading_everything_gives(void **state)
{
    static const WCHAR *const names[] = { TEXT16("a:1:x"), TEXT16("a:1:longer"),
                                          TEXT16("quite:1:long") };
    static const uint16_t lengths[] = { 5, 10, 12 };
    struct custom_heap_answer kept = { 0 };
    uint32_t seed = 1;

    (void)state;
    for (unsigned step = 0; step < 2000; step++) {
        seed = seed * 1103515245u + 12345u; /* the example of rand in the C standard */
        unsigned kind = seed >> 16 & 7, name = (seed >> 20) % 3;
        size_t index = view_count ? (seed >> 24) % view_count : 0;
        if (kind == 0 && view_count < HEAP_LIMIT)
            add_heap(names[name], lengths[name], step, step);
        else if (kind == 1 && view_count > 0)
            remove_heap(index);
        else if (kind == 2)
            vanished = vanished == SIZE_MAX ? index : SIZE_MAX;
        else if (kind == 3 && view_count > 0)
            /* all sets of the seven figures */
            add_figures(index, step & 127), has_changed[index] = true;
        else if (view_count > 0)
            set_figures(index, step * 1000003u);
        if (vanished < view_count)
            has_changed[vanished] = true;
        else if (kind == 2)
            memset(has_changed, 1, sizeof(has_changed));
        compare_with_a_first_answer(&kept);
    }
    custom_heap_answer_release(&kept);
}

static void no_heap_makes_the_sum_negative(void **state)
{
    static unsigned char buffer[CAPACITY];
    static struct object_definition definition;
    static struct region_reader *reader;
    struct custom_heap_answer answer = { 0 };
    struct buffer_writer writer;

    (void)state;
    view_count = 0;
    /* Each figure is in range, but the sum of two is 2^63, which is negative as int64_t. */
    for (int i = 0; i < 3; i++) {
        add_heap(TEXT16("a:1:x"), 5, 1, 1);
        statistics[i].in_use_bytes = UINT64_C(1) << 62;
        statistics[i].allocation_count = UINT64_C(1) << 62;
        statistics[i].free_count = 0;
        statistics[i].reserved_bytes = statistics[i].committed_bytes = UINT64_C(1) << 62;
    }
    object_definition_init(&definition, &counter_table_objects[OBJECT_custom_heap], 1848, 1849);
    buffer_writer_init(&writer, buffer, sizeof(buffer));
    assert_int_equal(custom_heap_write(&writer, &definition, 1, reader, &answer), ERROR_SUCCESS);
    assert_true((int64_t)answer.sums[COUNTER_SLOT(custom_heap, bytes_in_use)] > 0);
    assert_true((int64_t)answer.sums[COUNTER_SLOT(custom_heap, blocks_in_use)] > 0);
    assert_true((int64_t)answer.sums[COUNTER_SLOT(custom_heap, bytes_reserved)] > 0);
    assert_true((int64_t)answer.sums[COUNTER_SLOT(custom_heap, bytes_committed)] > 0);
    assert_true((int64_t)answer.sums[COUNTER_SLOT(custom_heap, committed_in_use_base)] > 0);
    custom_heap_answer_release(&answer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_gives_the_answer_that_reading_everything_gives),
        cmocka_unit_test(no_heap_makes_the_sum_negative),
    };

    return cmocka_run_group_tests_name("custom heap", tests, NULL, NULL);
}
