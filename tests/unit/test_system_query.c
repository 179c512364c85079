/* SPDX-License-Identifier: MIT
 *
 * Tests of the part of system_query.c that needs no registry. tests/harness/system_query.t queries
 * Wine's.
 */
#include "unit.h"

#include "provider_process.h"
#include "system_query.h"
#include "winperf.h"

/* Wine puts the objects sizeof(PERF_DATA_BLOCK), 88 bytes, too far. */
enum { HEADER = 96, OBJECT = 64, BUFFER_SIZE = 1024, POISON = 0xA5, SHIFT = 88 };

/* An answer with two objects that lie `shift` bytes too far. */
static void make(BYTE data[BUFFER_SIZE], size_t shift)
{
    PERF_DATA_BLOCK header = { .HeaderLength = HEADER,
                               .NumObjectTypes = 2,
                               .TotalByteLength = HEADER + 2 * OBJECT };

    memset(data, POISON, BUFFER_SIZE);
    memcpy(data, &header, sizeof(header));
    for (DWORD i = 0; i < 2; i++) {
        PERF_OBJECT_TYPE object = { .TotalByteLength = OBJECT, .ObjectNameTitleIndex = 100 + i };
        memcpy(data + HEADER + shift + i * OBJECT, &object, sizeof(object));
    }
}

static void wines_shift_is_found_and_undone(void **state)
{
    BYTE data[BUFFER_SIZE], expected[BUFFER_SIZE];

    (void)state;
    make(data, SHIFT);
    make(expected, 0);
    assert_true(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
    assert_memory_equal(data, expected, HEADER + 2 * OBJECT);
    assert_false(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
}

static void an_answer_as_windows_gives_it_is_left_alone(void **state)
{
    BYTE data[BUFFER_SIZE], before[BUFFER_SIZE];

    (void)state;
    make(data, 0);
    memcpy(before, data, BUFFER_SIZE);
    assert_false(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
    assert_memory_equal(data, before, BUFFER_SIZE);
}

static void poison_decides_when_no_place_can_be_walked(void **state)
{
    BYTE data[BUFFER_SIZE];
    DWORD wrong = 8;

    (void)state;
    make(data, SHIFT);
    memcpy(data + HEADER + SHIFT, &wrong, sizeof(wrong)); /* the provider is at fault */
    assert_true(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
    make(data, 0);
    memcpy(data + HEADER, &wrong, sizeof(wrong));
    assert_false(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
}

static void lengths_that_lie_are_not_believed(void **state)
{
    BYTE data[BUFFER_SIZE], before[BUFFER_SIZE];
    /* 87 is one less than a header has, and 1,000 is more than the whole answer. */
    static const DWORD lengths[] = { 0, 87, 1000, 0xFFFFFFFF };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
        make(data, SHIFT);
        memcpy(data + 24, &lengths[i], 4); /* HeaderLength */
        memcpy(before, data, BUFFER_SIZE);
        assert_false(system_query_unshift(data, HEADER + 2 * OBJECT, BUFFER_SIZE, POISON));
        assert_memory_equal(data, before, BUFFER_SIZE);
    }
    make(data, SHIFT);
    /* Less than a header, more than the buffer, and a buffer without a byte for the shift. */
    assert_false(system_query_unshift(data, 50, BUFFER_SIZE, POISON));
    assert_false(system_query_unshift(data, BUFFER_SIZE + 1, BUFFER_SIZE, POISON));
    assert_false(system_query_unshift(data, HEADER + 2 * OBJECT, HEADER + 2 * OBJECT, POISON));
}

static void a_system_query_answers_or_says_that_there_is_none(void **state)
{
    BYTE *data = NULL;
    DWORD type, size;
    bool is_shifted;

    (void)state;
    DWORD error = system_query(TEXT16("2"), 0, &type, &data, &size, &is_shifted);
    if (error == ERROR_NOT_SUPPORTED) {
        assert_null(data);
    } else {
        assert_int_equal(error, ERROR_SUCCESS);
        assert_int_equal(type, REG_BINARY);
        assert_true(size >= sizeof(PERF_DATA_BLOCK));
        assert_memory_equal(data, TEXT16("PERF"), 8);
    }
    free(data);
    system_query_close();
    system_query_close();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wines_shift_is_found_and_undone),
        cmocka_unit_test(an_answer_as_windows_gives_it_is_left_alone),
        cmocka_unit_test(poison_decides_when_no_place_can_be_walked),
        cmocka_unit_test(lengths_that_lie_are_not_believed),
        cmocka_unit_test(a_system_query_answers_or_says_that_there_is_none),
    };
    int status;

    if (provider_child_main(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("system_query", tests, NULL, NULL);
}
