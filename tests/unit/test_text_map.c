/* SPDX-License-Identifier: MIT
 *
 * Tests of text_map.c.
 */
#include "unit.h"

#include "hash.h"
#include "text_map.h"

static struct span span_of(const char *text)
{
    return (struct span){ (const unsigned char *)text, strlen(text) };
}

static void the_first_item_of_a_text_stays(void **state)
{
    static char texts[5000][8];
    struct text_map map = { 0 };

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%zu", i % 2500);
        assert_ptr_equal(text_map_add(&map, span_of(texts[i]), texts[i]), texts[i % 2500]);
    }
    assert_int_equal(map.count, 2500);
    assert_ptr_equal(text_map_find(&map, span_of("2499")), texts[2499]);
    assert_null(text_map_find(&map, span_of("2500")));
    text_map_release(&map);
    assert_null(text_map_find(&map, span_of("2499")));
}

static void texts_are_any_bytes_and_may_be_empty(void **state)
{
    const unsigned char bytes[] = { 'a', 0, 'b', 'a', 0, 'c' };
    const struct span one = { bytes, 3 }, other = { bytes + 3, 3 }, empty = { NULL, 0 };
    struct text_map map = { 0 };

    (void)state;
    assert_string_equal(text_map_add(&map, one, "1"), "1");
    assert_null(text_map_find(&map, other));
    assert_null(text_map_find(&map, empty));
    assert_non_null(text_map_add(&map, empty, "2"));
    assert_string_equal(text_map_find(&map, empty), "2");
    assert_string_equal(text_map_find(&map, one), "1");
    text_map_release(&map);
}

/* Both texts have the FNV-1a 4eac0c95540867e4 (64 bits). */
static void texts_that_share_a_hash_are_distinguished(void **state)
{
    const struct span one = span_of("8yn0iYCKYHlIj4-BwPqk"),
                      other = span_of("GReLUrM4wMqfg9yzV3KQ");
    struct text_map map = { 0 };

    (void)state;
    assert_true(hash_bytes(HASH_BEGIN, one.data, one.size) ==
                hash_bytes(HASH_BEGIN, other.data, other.size));
    assert_string_equal(text_map_add(&map, one, "1"), "1");
    assert_null(text_map_find(&map, other));
    assert_string_equal(text_map_add(&map, other, "2"), "2");
    assert_string_equal(text_map_add(&map, other, "3"), "2");
    assert_string_equal(text_map_find(&map, one), "1");
    assert_string_equal(text_map_find(&map, other), "2");
    text_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_item_of_a_text_stays),
        cmocka_unit_test(texts_are_any_bytes_and_may_be_empty),
        cmocka_unit_test(texts_that_share_a_hash_are_distinguished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
