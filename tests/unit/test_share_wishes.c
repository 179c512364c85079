/* SPDX-License-Identifier: MIT
 *
 * Tests share_wishes.c: what another process writes as its wishes or its replies is hostile.
 */
#include "unit.h"

#include "os.h"
#include "os_region.h"
#include "perflib_shared_file.h"
#include "share_wishes.h"

static const GUID set_guid = { 1, 2, 3, { 4, 5, 6, 7, 8, 9, 10, 11 } };
static unsigned char state[65536];
static size_t used;

static void put_wish(uint32_t number, uint32_t code, const WCHAR *name)
{
    struct perflib_writer writer = { state, sizeof(state), used };
    size_t length = 0;

    while (name[length])
        length++;
    const struct wish_image image = {
        .size = (uint32_t)(sizeof(image) + (length * sizeof(*name) + 7) / 8 * 8),
        .number = number,
        .code = code,
        .counter_id = 5,
        .instance_id = 6,
        .name_length = (uint32_t)length,
        .guid = set_guid,
    };
    perflib_writer_add(&writer, &image, sizeof(image));
    perflib_writer_add(&writer, name, length * sizeof(*name));
    perflib_writer_pad(&writer);
    used = writer.used;
}

/* How many wishes are accepted in bytes that end where the state ends. */
static size_t count_wishes(size_t size)
{
    unsigned char *exact = malloc(size + 1);
    struct wish wish = { 0 };
    size_t count = 0, at = 0;

    memcpy(exact, state, size);
    while (share_wishes_next((struct span){ exact, size }, &at, &wish))
        count++;
    free(exact);
    return count;
}

static void put(size_t at, uint32_t value)
{
    memcpy(state + at, &value, sizeof(value));
}

static void wishes_are_read_as_they_were_written(void **context)
{
    struct wish wish = { 0 };
    size_t at = 0;

    (void)context;
    used = 0;
    put_wish(3, PERF_ADD_COUNTER, TEXT16("a*"));
    put_wish(9, PERF_ENUM_INSTANCES, TEXT16(""));
    assert_true(share_wishes_next((struct span){ state, used }, &at, &wish));
    assert_int_equal(wish.number, 3);
    assert_int_equal(wish.request.code, PERF_ADD_COUNTER);
    assert_int_equal(wish.request.counter_id, 5);
    assert_int_equal(wish.request.instance_id, 6);
    assert_memory_equal(&wish.request.guid, &set_guid, sizeof(set_guid));
    assert_memory_equal(wish.request.name, TEXT16("a*"), 6);
    assert_true(share_wishes_next((struct span){ state, used }, &at, &wish));
    assert_int_equal(wish.request.code, PERF_ENUM_INSTANCES);
    assert_int_equal(at, used);
    assert_false(share_wishes_next((struct span){ state, used }, &at, &wish));
}

static void a_wish_that_contradicts_itself_ends_the_list(void **context)
{
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
    } cases[] = {
        { "no size", offsetof(struct wish_image, size), 0 },
        { "a size without the name", offsetof(struct wish_image, size), 40 }, /* the fixed part */
        { "a size past the end", offsetof(struct wish_image, size), 0xFFFFFFF8 },
        { "the number of the wish before it", offsetof(struct wish_image, number), 3 },
        { "a code that is not forwarded", offsetof(struct wish_image, code), PERF_REMOVE_COUNTER },
        { "a code of no kind", offsetof(struct wish_image, code), 77 },
        { "a longer name", offsetof(struct wish_image, name_length), 5 },
        { "a name above the limit", offsetof(struct wish_image, name_length),
          PERF_MAX_INSTANCE_NAME },
        { "a name whose size overflows", offsetof(struct wish_image, name_length), 0x80000001 },
        { "a zero in the name", sizeof(struct wish_image), 0 },
    };

    (void)context;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        used = 0;
        put_wish(3, PERF_ADD_COUNTER, TEXT16("first"));
        const size_t second = used;
        put_wish(4, PERF_ADD_COUNTER, TEXT16("abcd"));
        assert_int_equal(count_wishes(used), 2);
        put(second + cases[i].at, cases[i].value);
        if (count_wishes(used) != 1)
            fail_msg("%s is accepted", cases[i].what);
    }
}

static void every_cut_is_noticed(void **context)
{
    (void)context;
    used = 0;
    put_wish(3, PERF_ADD_COUNTER, TEXT16("abc"));
    for (size_t size = 0; size < used; size++)
        assert_int_equal(count_wishes(size), 0);
    assert_int_equal(count_wishes(used), 1);
}

static void a_name_has_at_most_1023_units(void **context)
{
    WCHAR name[PERF_MAX_INSTANCE_NAME + 1] = { 0 };

    (void)context;
    for (size_t i = 0; i < PERF_MAX_INSTANCE_NAME - 1; i++)
        name[i] = 'x';
    used = 0;
    put_wish(1, PERF_ADD_COUNTER, name);
    assert_int_equal(count_wishes(used), 1);
    name[PERF_MAX_INSTANCE_NAME - 1] = 'x';
    used = 0;
    put_wish(1, PERF_ADD_COUNTER, name);
    assert_int_equal(count_wishes(used), 0);
}

/* A list of replies, and 8 more bytes. struct reply_list has 8 bytes, struct reply_image 24. */
static bool read_replies(uint32_t size, uint32_t count, const struct reply_image *replies,
                         size_t reply_count, struct span *sets)
{
    const struct reply_list list = { size, count };
    struct perflib_writer writer = { state, sizeof(state), 0 };

    perflib_writer_add(&writer, &list, sizeof(list));
    perflib_writer_add(&writer, replies, reply_count * sizeof(*replies));
    perflib_writer_add(&writer, NULL, 8);
    return share_wishes_read_replies((struct span){ state, writer.used }, sets);
}

static void the_first_error_for_a_wish_of_this_process_is_its_result(void **context)
{
    const struct perflib_request request = { PERF_ADD_COUNTER, set_guid, 1, 2, TEXT16("one") };
    struct span sets;

    (void)context;
    assert_int_equal(share_wishes_add(&request), 0); /* not allowed */
    share_wishes_allow(true);
    const uint32_t number = share_wishes_add(&request);
    assert_int_not_equal(number, 0);
    assert_true(share_wishes_are_open());
    const uint64_t start = os_region_process_start();
    const struct reply_image replies[] = {
        { os_process_id() + 1, number, start, 11, 0 },
        { os_process_id(), number, start + 1, 12, 0 },
        { os_process_id(), number + 1, start, 13, 0 },
        { os_process_id(), number, start, 0, 0 },
        { os_process_id(), number, start, 14, 0 },
        { os_process_id(), number, start, 15, 0 },
    };
    assert_true(read_replies(8 + 3 * 24, 3, replies, 3, &sets));
    assert_true(share_wishes_are_open());
    assert_true(read_replies(8 + 4 * 24, 4, replies, 4, &sets));
    assert_int_equal(sets.size, 8);
    assert_ptr_equal(sets.data, state + 8 + 4 * 24);
    assert_false(share_wishes_are_open());
    assert_int_equal(share_wishes_result(number), 0);
    assert_true(read_replies(8 + 6 * 24, 6, replies, 6, &sets));
    assert_int_equal(share_wishes_result(number), 14);
    share_wishes_remove(number);
    assert_int_equal(share_wishes_result(number), 0);
    share_wishes_allow(false);
}

static void replies_that_contradict_themselves_are_refused(void **context)
{
    static const struct reply_image replies[2];
    static const struct {
        uint32_t size, count;
    } cases[] = {
        { 0, 0 },          { 7, 0 },           { 8, 1 },           { 32, 0 },         { 32, 2 },
        { 31, 1 },         { 33, 1 },          { 8 + 48 + 16, 2 }, { 0xFFFFFFF8, 1 }, { 80, 3 },
        { 8, UINT32_MAX }, { 32, 0x20000001 }, /* in 32 bits, so many replies of 24 bytes have the size of one */
    };
    struct span sets = { 0 };

    (void)context;
    assert_true(read_replies(8 + 48, 2, replies, 2, &sets));
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (read_replies(cases[i].size, cases[i].count, replies, 2, &sets) || sets.data)
            fail_msg("size %u with %u replies is accepted", (unsigned)cases[i].size,
                     (unsigned)cases[i].count);
    for (size_t size = 0; size < sizeof(struct reply_list); size++)
        assert_false(share_wishes_read_replies((struct span){ state, size }, &sets));
}

static void a_consumer_has_a_limited_number_of_wishes(void **context)
{
    const struct perflib_request request = { PERF_ADD_COUNTER, set_guid, 1, 2, TEXT16("one") };

    (void)context;
    share_wishes_allow(true);
    for (int i = 0; i < SHARE_WISH_LIMIT; i++)
        assert_int_not_equal(share_wishes_add(&request), 0);
    assert_int_equal(share_wishes_add(&request), 0);
    share_wishes_allow(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_read_as_they_were_written),
        cmocka_unit_test(a_wish_that_contradicts_itself_ends_the_list),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(a_name_has_at_most_1023_units),
        cmocka_unit_test(the_first_error_for_a_wish_of_this_process_is_its_result),
        cmocka_unit_test(replies_that_contradict_themselves_are_refused),
        cmocka_unit_test(a_consumer_has_a_limited_number_of_wishes),
    };

    return cmocka_run_group_tests_name("share_wishes", tests, NULL, NULL);
}
