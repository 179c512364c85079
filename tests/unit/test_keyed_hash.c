/* SPDX-License-Identifier: MIT
 *
 * Tests of keyed_hash.c.
 */
#include "unit.h"

#include <string.h>

#include "keyed_hash.h"
#include "os.h"

/* Rule: the vectors of the reference implementation: key 00 01 .. 0f, input 00 01 .. */
static void it_is_siphash_2_4(void **state)
{
    const struct keyed_hash key = { { UINT64_C(0x0706050403020100),
                                      UINT64_C(0x0F0E0D0C0B0A0908) } };
    unsigned char input[15];

    (void)state;
    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = (unsigned char)i;
    assert_true(keyed_hash_of(&key, NULL, 0) == UINT64_C(0x726FDB47DD0E0E31));
    assert_true(keyed_hash_of(&key, input, 15) == UINT64_C(0xA129CA6149BE45E5));
}

static void a_text_has_another_hash_in_each_group(void **state)
{
    const struct keyed_hash key = { { 1, 2 } };
    const char *text = "a text of 19 bytes.";
    unsigned char joined[8 + 19] = { 8, 7, 6, 5, 4, 3, 2, 1 };

    (void)state;
    memcpy(joined + 8, text, 19);
    assert_true(keyed_hash_text(&key, UINT64_C(0x0102030405060708), text) ==
                keyed_hash_of(&key, joined, sizeof(joined)));
    assert_true(keyed_hash_text(&key, 0, "") == keyed_hash_of(&key, "\0\0\0\0\0\0\0", 8));
}

static void each_key_is_another_one(void **state)
{
    struct keyed_hash first = { { 0, 0 } }, second = { { 0, 0 } };

    (void)state;
    os_random(&first, sizeof(first));
    os_random(&second, sizeof(second));
    assert_memory_not_equal(&first, &second, sizeof(first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_siphash_2_4),
        cmocka_unit_test(a_text_has_another_hash_in_each_group),
        cmocka_unit_test(each_key_is_another_one),
    };

    return cmocka_run_group_tests_name("keyed hash", tests, NULL, NULL);
}
