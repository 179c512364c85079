/* SPDX-License-Identifier: MIT
 *
 * The layout of what buffer_writer writes, read by code in this file that knows only byte offsets.
 * It must write nothing else.
 */
#include "unit.h"

#include "buffer_writer.h"
#include "span.h"

#define FIRST_COUNTER 2000
#define FIRST_HELP 3001
#define GUARD 64

/* A buffer with patterned guards, at a chosen distance from an aligned address. */
struct space {
    unsigned char *block;
    unsigned char *data;
    size_t size;
};

static struct space space_make(size_t size, size_t shift, unsigned char poison)
{
    struct space space;

    space.block = malloc(size + shift + 2 * GUARD);
    assert_non_null(space.block);
    space.data = space.block + GUARD + shift;
    space.size = size;
    memset(space.block, 0xA5, size + shift + 2 * GUARD);
    memset(space.data, poison, size);
    return space;
}

static void space_check_guards(const struct space *space)
{
    for (const unsigned char *at = space->block; at < space->data; at++)
        assert_int_equal(*at, 0xA5);
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(space->data[space->size + i], 0xA5);
}

static const WCHAR *const names[] = { TEXT16("_Total"), TEXT16("a:1:heap"), TEXT16(""),
                                      TEXT16("\u0444\u0443:22:\U0001F9E0") };
static const size_t name_lengths[] = { 6, 8, 0, 8 };

static struct object_definition heap_definition, provider_definition;

static int definitions_init(void **state)
{
    (void)state;
    object_definition_init(&heap_definition, &counter_table_objects[OBJECT_custom_heap],
                           FIRST_COUNTER, FIRST_HELP);
    object_definition_init(&provider_definition,
                           &counter_table_objects[OBJECT_custom_heap_provider], FIRST_COUNTER,
                           FIRST_HELP);
    return 0;
}

static uint64_t value_of(const struct object *object, size_t instance, size_t counter)
{
    uint64_t value = 0x1122334455660000u + 0x100 * instance + counter;

    return counter_table_counter_size(&counter_table_counters[object->first_counter + counter]) == 4
               ? (uint32_t)value
               : value;
}

static void set_all(unsigned char *slots, const struct object *object, size_t instance)
{
    for (size_t i = 0; i < counter_table_counter_count(object); i++)
        slot_set(slots, counter_table_counters[object->first_counter + i].slot,
                 value_of(object, instance, i));
}

/* Two objects: four instances, then one without instances. */
static DWORD write_all(struct buffer_writer *writer)
{
    unsigned char *slots[UNIT_COUNT(names) + 1];
    DWORD error = buffer_writer_begin_object(writer, &heap_definition, 111, 222);

    for (size_t i = 0; i < UNIT_COUNT(names) && !error; i++)
        error = buffer_writer_add_instance(writer, names[i], name_lengths[i], &slots[i]);
    if (error)
        return error;
    for (size_t i = UNIT_COUNT(names); i-- > 0;) /* the values may be set in any order */
        set_all(slots[i], heap_definition.object, i);
    buffer_writer_end_object(writer);
    error = buffer_writer_begin_object(writer, &provider_definition, 333, 444);
    if (!error)
        error = buffer_writer_add_block(writer, &slots[UNIT_COUNT(names)]);
    if (error)
        return error;
    set_all(slots[UNIT_COUNT(names)], provider_definition.object, UNIT_COUNT(names));
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}

static size_t whole_size(void)
{
    static unsigned char buffer[16384];
    struct buffer_writer writer;

    buffer_writer_init(&writer, buffer, sizeof(buffer));
    assert_int_equal(write_all(&writer), ERROR_SUCCESS);
    return writer.used;
}

/* ---- a reader by offsets, which trusts nothing ---------------------------------------- */

static uint32_t u32_at(struct span span, size_t offset)
{
    const void *at = span_at(span, offset, 4);

    assert_non_null(at);
    return read_u32(at);
}

static uint64_t u64_at(struct span span, size_t offset)
{
    const void *at = span_at(span, offset, 8);

    assert_non_null(at);
    return read_u64(at);
}

/* The offsets are those of PERF_OBJECT_TYPE (64 bytes) and PERF_COUNTER_DEFINITION (40 bytes), in
   check_heap_object those of PERF_INSTANCE_DEFINITION (24 bytes). layouts.def has their names. */
static void check_definitions(struct span object, const struct object *table)
{
    size_t count = counter_table_counter_count(table);

    assert_int_equal(u32_at(object, 4), 64 + 40 * count);
    assert_int_equal(u32_at(object, 8), 64);
    assert_int_equal(u32_at(object, 12), FIRST_COUNTER + table->title);
    assert_int_equal(u32_at(object, 16), 0);
    assert_int_equal(u32_at(object, 20), FIRST_HELP + table->title);
    assert_int_equal(u32_at(object, 24), 0);
    assert_int_equal(u32_at(object, 28), PERF_DETAIL_NOVICE);
    assert_int_equal(u32_at(object, 32), count);
    assert_int_equal(u32_at(object, 36), 0);
    assert_int_equal(u32_at(object, 44), 0);
    for (size_t i = 0; i < count; i++) {
        const struct counter *counter = &counter_table_counters[table->first_counter + i];
        size_t at = 64 + 40 * i;
        bool has_title = counter->name != NULL;

        assert_int_equal(u32_at(object, at), 40);
        assert_int_equal(u32_at(object, at + 4), has_title ? FIRST_COUNTER + counter->title : 0);
        assert_int_equal(u32_at(object, at + 8), 0);
        assert_int_equal(u32_at(object, at + 12), has_title ? FIRST_HELP + counter->title : 0);
        assert_int_equal(u32_at(object, at + 16), 0);
        assert_int_equal((int32_t)u32_at(object, at + 20), counter->scale);
        assert_int_equal(u32_at(object, at + 24), counter->detail);
        assert_int_equal(u32_at(object, at + 28), counter->type);
        /* The bits of the size in winperf.h: 0x100 is PERF_SIZE_LARGE. */
        assert_int_equal(u32_at(object, at + 32), (counter->type & 0x300) == 0x100 ? 8 : 4);
        assert_int_equal(u32_at(object, at + 36), 8 + 8 * counter->slot);
    }
}

/* PERF_COUNTER_BLOCK has 4 bytes and 4 of padding; each slot has 8. */
static void check_block(struct span block, const struct object *table, size_t instance)
{
    size_t count = counter_table_counter_count(table);

    assert_int_equal(u32_at(block, 0), 8 + 8 * table->slot_count);
    assert_int_equal(u32_at(block, 4), 0);
    for (size_t i = 0; i < count; i++)
        assert_true(u64_at(block, 8 + 8 * counter_table_counters[table->first_counter + i].slot) ==
                    value_of(table, instance, i));
}

static size_t check_heap_object(struct span data)
{
    const struct object *table = &counter_table_objects[OBJECT_custom_heap];
    struct span object = span_part(data, 0, u32_at(data, 0));
    size_t at;

    assert_int_equal(object.size % 8, 0);
    check_definitions(object, table);
    assert_int_equal(u32_at(object, 40), UNIT_COUNT(names));
    assert_true(u64_at(object, 48) == 111 && u64_at(object, 56) == 222);
    at = u32_at(object, 4);
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        size_t record = u32_at(object, at), named = 24 + 2 * (name_lengths[i] + 1);

        assert_int_equal(record, (named + 7) / 8 * 8);
        assert_int_equal(u32_at(object, at + 4), 0);
        assert_int_equal(u32_at(object, at + 8), 0);
        assert_int_equal((int32_t)u32_at(object, at + 12), PERF_NO_UNIQUE_ID);
        assert_int_equal(u32_at(object, at + 16), 24);
        assert_int_equal(u32_at(object, at + 20), named - 24);
        assert_memory_equal(span_at(object, at + 24, named - 24), names[i], named - 24);
        for (size_t j = named; j < record; j++)
            assert_int_equal(object.data[at + j], 0);
        at += record;
        check_block(span_part(object, at, object.size - at), table, i);
        at += u32_at(object, at);
    }
    assert_int_equal(at, object.size);
    return at;
}

static size_t check_provider_object(struct span data)
{
    const struct object *table = &counter_table_objects[OBJECT_custom_heap_provider];
    struct span object = span_part(data, 0, u32_at(data, 0));
    size_t at = 64 + 40 * counter_table_counter_count(table);

    check_definitions(object, table);
    assert_int_equal((int32_t)u32_at(object, 40), PERF_NO_INSTANCES);
    assert_true(u64_at(object, 48) == 333 && u64_at(object, 56) == 444);
    check_block(span_part(object, at, object.size - at), table, UNIT_COUNT(names));
    assert_int_equal(at + u32_at(object, at), object.size);
    return object.size;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void every_field_of_the_layout_is_right_at_any_alignment(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        struct space space = space_make(whole_size(), shift, 0xCC);
        struct span data = { space.data, space.size };
        struct buffer_writer writer;
        size_t at;

        buffer_writer_init(&writer, space.data, space.size);
        assert_int_equal(write_all(&writer), ERROR_SUCCESS);
        assert_int_equal(writer.object_count, 2);
        assert_int_equal(writer.used % 8, 0);
        at = check_heap_object(data);
        at += check_provider_object(span_part(data, at, data.size - at));
        assert_int_equal(at, space.size);
        assert_int_equal(writer.used, at);
        assert_ptr_equal(writer.at, space.data + at);
        space_check_guards(&space);
        free(space.block);
    }
}

static void every_buffer_size_gives_all_or_more_data_and_guards_stay(void **state)
{
    size_t whole = whole_size();

    (void)state;
    for (size_t size = 0; size < whole + 40; size++) {
        struct space space = space_make(size, size % 8, 0xCC);
        struct buffer_writer writer;
        DWORD error;

        buffer_writer_init(&writer, space.data, size);
        error = write_all(&writer);
        assert_int_equal(error, size < whole ? ERROR_MORE_DATA : ERROR_SUCCESS);
        assert_true(writer.used <= size);
        space_check_guards(&space);
        free(space.block);
    }
}

static void no_byte_depends_on_what_was_in_the_buffer(void **state)
{
    size_t whole = whole_size();
    struct space one = space_make(whole, 0, 0x00), other = space_make(whole, 0, 0xFF);
    struct buffer_writer writer;

    (void)state;
    buffer_writer_init(&writer, one.data, whole);
    assert_int_equal(write_all(&writer), ERROR_SUCCESS);
    buffer_writer_init(&writer, other.data, whole);
    assert_int_equal(write_all(&writer), ERROR_SUCCESS);
    assert_memory_equal(one.data, other.data, whole);
    free(one.block);
    free(other.block);
}

static void a_call_that_does_not_fit_writes_nothing(void **state)
{
    /* 100 bytes are less than an instance with its block takes. */
    struct space space = space_make(heap_definition.size + 100, 0, 0xCC);
    struct buffer_writer writer;
    unsigned char *slots = NULL;

    (void)state;
    buffer_writer_init(&writer, space.data, space.size);
    assert_int_equal(buffer_writer_begin_object(&writer, &heap_definition, 1, 2), ERROR_SUCCESS);
    assert_int_equal(buffer_writer_add_instance(&writer, names[0], name_lengths[0], &slots),
                     ERROR_MORE_DATA);
    assert_null(slots);
    assert_int_equal(writer.used, heap_definition.size);
    for (size_t i = writer.used; i < space.size; i++)
        assert_int_equal(space.data[i], 0xCC);
    free(space.block);
}

static void an_instance_takes_the_size_that_was_announced(void **state)
{
    static unsigned char buffer[4096];
    static const WCHAR name[128] = { 'x' };
    unsigned char *slots;

    (void)state;
    for (size_t length = 0; length < 128; length++) {
        struct buffer_writer writer;
        size_t before;

        buffer_writer_init(&writer, buffer, sizeof(buffer));
        buffer_writer_begin_object(&writer, &heap_definition, 1, 2);
        before = writer.used;
        buffer_writer_add_instance(&writer, name, length, &slots);
        assert_int_equal(writer.used - before,
                         buffer_writer_instance_size(&heap_definition, length));
    }
}

static void metadata_is_the_definitions_alone(void **state)
{
    static const struct {
        const struct object_definition *definition;
        int32_t mark;
    } cases[] = { { &heap_definition, -2 }, { &provider_definition, -3 } };

    /* -2: PERF_METADATA_MULTIPLE_INSTANCES, -3: PERF_METADATA_NO_INSTANCES */
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char buffer[2048];
        struct span data = { buffer, sizeof(buffer) };
        struct buffer_writer writer;

        buffer_writer_init(&writer, buffer, cases[i].definition->size);
        assert_int_equal(buffer_writer_add_metadata(&writer, cases[i].definition, 5, 6),
                         ERROR_SUCCESS);
        assert_int_equal(writer.object_count, 1);
        check_definitions(span_part(data, 0, writer.used), cases[i].definition->object);
        assert_int_equal(u32_at(data, 0), u32_at(data, 4));
        assert_int_equal(u32_at(data, 0), writer.used);
        assert_int_equal((int32_t)u32_at(data, 40), cases[i].mark);

        buffer_writer_init(&writer, buffer, cases[i].definition->size - 1);
        assert_int_equal(buffer_writer_add_metadata(&writer, cases[i].definition, 5, 6),
                         ERROR_MORE_DATA);
        assert_int_equal(writer.object_count, 0);
    }
}

static void a_counter_without_a_value_is_zero_whatever_was_in_the_buffer(void **state)
{
    struct space space = space_make(whole_size(), 0, 0xCC);
    struct buffer_writer writer;
    unsigned char *slots;

    (void)state;
    buffer_writer_init(&writer, space.data, space.size);
    buffer_writer_begin_object(&writer, &heap_definition, 1, 2);
    assert_int_equal(buffer_writer_add_instance(&writer, names[1], name_lengths[1], &slots), 0);
    for (size_t i = 0; i < COUNTER_SLOT_SIZE * heap_definition.object->slot_count; i++)
        assert_int_equal(slots[i], 0);
    buffer_writer_end_object(&writer);
    buffer_writer_begin_object(&writer, &provider_definition, 1, 2);
    assert_int_equal(buffer_writer_add_block(&writer, &slots), 0);
    for (size_t i = 0; i < COUNTER_SLOT_SIZE * provider_definition.object->slot_count; i++)
        assert_int_equal(slots[i], 0);
    free(space.block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_the_layout_is_right_at_any_alignment),
        cmocka_unit_test(every_buffer_size_gives_all_or_more_data_and_guards_stay),
        cmocka_unit_test(a_counter_without_a_value_is_zero_whatever_was_in_the_buffer),
        cmocka_unit_test(no_byte_depends_on_what_was_in_the_buffer),
        cmocka_unit_test(a_call_that_does_not_fit_writes_nothing),
        cmocka_unit_test(an_instance_takes_the_size_that_was_announced),
        cmocka_unit_test(metadata_is_the_definitions_alone),
    };

    return cmocka_run_group_tests_name("buffer_writer", tests, definitions_init, NULL);
}
