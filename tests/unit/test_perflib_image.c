/* SPDX-License-Identifier: MIT
 *
 * Tests of perflib_image.c: everything that another process publishes is checked.
 */
#include "perflib_provider_fixture.h"

#include "perflib_image.h"

static unsigned char image[8192];

static ULONG no_status(void *context, const struct perflib_provider *provider)
{
    (void)context;
    (void)provider;
    return 5;
}

/* A set with two instances. One counter by reference has an address, the other has none. */
static size_t make_image(ULONG instance_type)
{
    static ULONGLONG referred = 77;
    struct perflib_writer writer = { image, sizeof(image), 0 };
    HANDLE provider = start_with(instance_type);
    PERF_COUNTERSET_INSTANCE *one = PerfCreateInstance(provider, &set_guid, TEXT16("one"), 1);

    PerfSetULongCounterValue(provider, one, NARROW, 11);
    PerfSetULongLongCounterValue(provider, one, WIDE, 22);
    PerfSetCounterRefValue(provider, one, BY_REFERENCE, &referred);
    if (instance_type & PERF_COUNTERSET_FLAG_MULTIPLE)
        PerfCreateInstance(provider, &set_guid, TEXT16("two"), 2);
    perflib_state_lock();
    perflib_image_write(&writer, no_status, NULL);
    perflib_state_unlock();
    stop(provider);
    assert_true(writer.used && writer.used < sizeof(image));
    return writer.used;
}

static DWORD read_image(size_t size)
{
    /* In memory of exactly this size, so that a read after it is noticed. */
    unsigned char *exact = malloc(size + 1);
    struct perflib_provider *providers = NULL;

    memcpy(exact, image, size);
    const DWORD error = perflib_image_read((struct span){ exact, size }, &providers);
    assert_true(error == ERROR_SUCCESS || !providers);
    perflib_image_release(providers);
    free(exact);
    return error;
}

static void what_is_written_is_read(void **state)
{
    const size_t size = make_image(PERF_COUNTERSET_MULTI_INSTANCES);
    struct perflib_provider *provider;
    uint64_t value;

    (void)state;
    assert_int_equal(perflib_image_read((struct span){ image, size }, &provider), 0);
    assert_null(provider->next);
    assert_true(provider->is_remote);
    assert_int_equal(provider->remote_status, 5);
    struct perflib_counterset *set = provider->first_set;
    assert_true(perflib_state_guid_equal(&set->info.CounterSetGuid, &set_guid));
    struct perflib_instance *one = set->first, *two = one->next;
    assert_memory_equal(one->name, TEXT16("one"), 8);
    assert_int_equal(two->id, 2);
    assert_null(two->next);
    assert_true(perflib_values_read(one, 0, &value));
    assert_int_equal(value, 11);
    assert_true(perflib_values_read(one, 1, &value));
    assert_int_equal(value, 22);
    assert_true(perflib_values_read(one, 2, &value));
    assert_int_equal(value, 77);
    assert_false(perflib_values_read(two, 2, &value));
    perflib_image_release(provider);
}

static void every_cut_is_noticed(void **state)
{
    const size_t size = make_image(PERF_COUNTERSET_MULTI_INSTANCES);

    (void)state;
    assert_int_equal(read_image(0), ERROR_SUCCESS);
    for (size_t cut = 1; cut < size; cut++)
        assert_int_equal(read_image(cut), ERROR_INVALID_DATA);
    assert_int_equal(read_image(size), ERROR_SUCCESS);
}

/* Any four bytes may have any value. What is accepted must be freed completely. */
static void no_value_of_any_field_is_trusted(void **state)
{
    static const uint32_t values[] = { 0, 1, 7, 8, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF };
    const size_t size = make_image(PERF_COUNTERSET_MULTI_INSTANCES);

    (void)state;
    for (size_t at = 0; at + 4 <= size; at += 4)
        for (size_t i = 0; i < UNIT_COUNT(values); i++) {
            unsigned char kept[4];

            memcpy(kept, image + at, 4);
            memcpy(image + at, &values[i], 4);
            read_image(size);
            memcpy(image + at, kept, 4);
        }
}

static void put(size_t at, uint32_t value)
{
    memcpy(image + at, &value, sizeof(value));
}

#define SET(member) offsetof(struct image_set, member)
#define COUNTERS_AT sizeof(struct image_set)
#define INSTANCE_AT (COUNTERS_AT + 4 * sizeof(PERF_COUNTER_INFO))
#define INSTANCE(member) (INSTANCE_AT + offsetof(struct image_instance, member))

static void what_contradicts_itself_is_refused(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
    } cases[] = {
        { "no counters", SET(counter_count), 0 },
        { "more counters than there are", SET(counter_count), 5 },
        /* the limit is PERFLIB_COUNTERS_LIMIT */
        { "more counters than any set may have", SET(counter_count), 64001 },
        { "more instances than there are", SET(instance_count), 3 },
        { "fewer instances than there are", SET(instance_count), 1 },
        { "an instance type of no kind", SET(instance_type), 5 },
        { "two counters of one id", COUNTERS_AT, WIDE },
        { "a set that is too long", SET(size), 8192 },
        { "a set without end", SET(size), 0 },
        { "an odd size", SET(size), 61 },
        { "an instance that is too long", INSTANCE(size), 8192 },
        { "an instance without end", INSTANCE(size), 0 },
        { "a name beyond the instance", INSTANCE(name_length), 500 },
        { "a name beyond every limit", INSTANCE(name_length), PERF_MAX_INSTANCE_NAME },
        { "a name whose length overflows", INSTANCE(name_length), 0x80000000 },
        { "no name", INSTANCE(name_length), 0 },
        { "a zero in a name", INSTANCE_AT + sizeof(struct image_instance), 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const size_t size = make_image(PERF_COUNTERSET_MULTI_INSTANCES);

        put(cases[i].at, cases[i].value);
        if (read_image(size) != ERROR_INVALID_DATA)
            fail_msg("%s is accepted", cases[i].what);
    }
    const size_t size = make_image(PERF_COUNTERSET_MULTI_INSTANCES);
    put(SET(instance_type), PERF_COUNTERSET_SINGLE_INSTANCE);
    /* two instances of a set that allows one */
    assert_int_equal(read_image(size), ERROR_INVALID_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(no_value_of_any_field_is_trusted),
        cmocka_unit_test(what_contradicts_itself_is_refused),
    };

    return cmocka_run_group_tests_name("perflib_image", tests, NULL, NULL);
}
