/* SPDX-License-Identifier: MIT
 *
 * series.c when memory is short: each of its requests for memory is refused in turn. The linker replaces
 * malloc, calloc and realloc.
 */
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "series.h"

#define HEADER_SIZE 96 /* PERF_DATA_BLOCK and a system name of up to 4 units */
#define MOST_REQUESTS                                                                              \
    1000 /* two series need some ten requests, so a loop that comes to this would not end */
#define FIRST_VALUE 70 /* of the instance "a"; that of "b" is one more */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static unsigned countdown; /* requests until one is refused; 0: none is */

static bool is_refused(void)
{
    return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

/* A data block with one object, whose counter has a value in each of two instances. */
static struct span sample(void)
{
    static unsigned char bytes[HEADER_SIZE + 4096];
    struct answer answer = { .first_counter = FIRST_COUNTER };
    PERF_DATA_BLOCK header = {
        .Signature = { 'P', 'E', 'R', 'F' },
        .LittleEndian = 1,
        .Version = 1,
        .Revision = 1,
        .HeaderLength = HEADER_SIZE,
        .NumObjectTypes = 1,
        .SystemNameLength = 6,
        .SystemNameOffset = sizeof(header),
    };

    begin_object(&answer, 0, 2);
    add_counter(&answer, 2, PERF_COUNTER_RAWCOUNT);
    for (unsigned i = 0; i < 2; i++) {
        add_instance(&answer, i ? TEXT16("b") : TEXT16("a"));
        set_value(&answer, 0, FIRST_VALUE + i);
    }
    end_object(&answer);
    assert_true(HEADER_SIZE + answer.size <= sizeof(bytes));
    header.TotalByteLength = HEADER_SIZE + answer.size;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), TEXT16("PC"), 6);
    memcpy(bytes + HEADER_SIZE, answer.u.bytes, answer.size);
    return (struct span){ bytes, HEADER_SIZE + answer.size };
}

/* After the sample that lacks memory, the next one finds each series with its own name and value. */
static void a_sample_without_memory_damages_no_series(void **state)
{
    const struct decoder_input input = { .newer = sample(), .language = 9 };
    bool was_refused = true;

    (void)state;
    for (unsigned request = 1; was_refused; request++) {
        struct series_set set = { 0 };

        assert_true(request < MOST_REQUESTS);
        countdown = request;
        const DWORD error = series_set_add(&set, &input);
        was_refused = countdown == 0;
        countdown = 0;
        assert_true(error == ERROR_SUCCESS || error == ERROR_NOT_ENOUGH_MEMORY);

        assert_int_equal(series_set_add(&set, &input), ERROR_SUCCESS);
        assert_int_equal(set.count, 2);
        for (unsigned i = 0; i < 2; i++) {
            assert_string_equal(set.items[i].instance, i ? "b" : "a");
            assert_true(series_last(&set, &set.items[i]) == FIRST_VALUE + i);
        }
        series_set_release(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_without_memory_damages_no_series),
    };

    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
