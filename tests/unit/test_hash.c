/* SPDX-License-Identifier: MIT
 *
 * Tests of hash.c.
 */
#include "unit.h"

#include "hash.h"

/* Rule: the test suite of FNV-1a, 64 bits (isthe.com/chongo/tech/comp/fnv). */
static void it_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(hash_text(HASH_BEGIN, "") == UINT64_C(0xCBF29CE484222325));
    assert_true(hash_text(HASH_BEGIN, "a") == UINT64_C(0xAF63DC4C8601EC8C));
    assert_true(hash_text(HASH_BEGIN, "foobar") == UINT64_C(0x85944171F73967E8));
    assert_true(hash_bytes(HASH_BEGIN, "foobar", 6) == UINT64_C(0x85944171F73967E8));
}

static void a_hash_goes_on_where_another_ended(void **state)
{
    (void)state;
    assert_true(hash_text(hash_text(HASH_BEGIN, "foo"), "bar") == hash_text(HASH_BEGIN, "foobar"));
    assert_true(hash_bytes(HASH_BEGIN, NULL, 0) == HASH_BEGIN);
}

/* Rule: the same test suite, 32 bits. */
static void the_32_bit_form_is_fnv_1a(void **state)
{
    (void)state;
    assert_int_equal(hash_text32(HASH32_BEGIN, ""), 0x811C9DC5);
    assert_int_equal(hash_text32(HASH32_BEGIN, "a"), 0xE40C292C);
    assert_int_equal(hash_text32(HASH32_BEGIN, "foobar"), 0xBF9CF968);
    assert_int_equal(hash_step32(HASH32_BEGIN, 'a'), 0xE40C292C);
    assert_int_equal(hash_text32(HASH32_BEGIN, "\xFF"), hash_step32(HASH32_BEGIN, 0xFF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_fnv_1a),
        cmocka_unit_test(a_hash_goes_on_where_another_ended),
        cmocka_unit_test(the_32_bit_form_is_fnv_1a),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
