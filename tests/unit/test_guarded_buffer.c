/* SPDX-License-Identifier: MIT
 *
 * Tests guarded_buffer.c.
 */
#include "unit.h"

#include "guarded_buffer.h"
#include "os.h"

static const enum provider_guard patterned[] = { PROVIDER_GUARD_PATTERN, PROVIDER_GUARD_PAGE_END,
                                                 PROVIDER_GUARD_PAGE_BEGIN };

static bool is_sound(const struct provider_damage *damage)
{
    return !damage->before && !damage->after && !damage->reserve_used;
}

static void a_buffer_can_be_filled_to_its_last_byte(void **state)
{
    static const uint32_t sizes[] = { 0, 1, 7, 8, 100, 4095, 4096, 4097, 70000 };
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(patterned); i++)
        for (size_t j = 0; j < UNIT_COUNT(sizes); j++)
            for (uint32_t misalignment = 0; misalignment < 8; misalignment++) {
                assert_int_equal(
                    guarded_buffer_place(&buffer, patterned[i], sizes[j], misalignment, 0), 0);
                assert_int_equal((uintptr_t)buffer.data % 8, misalignment);
                memset(buffer.data, 0, sizes[j]);
                guarded_buffer_check(&buffer, &damage);
                assert_true(is_sound(&damage));
            }
    guarded_buffer_release(&buffer);
}

static void the_buffer_touches_the_inaccessible_pages(void **state)
{
    struct guarded_buffer buffer = { 0 };

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PAGE_END, 4000, 0, 0), 0);
    assert_ptr_equal(buffer.data + 4000, buffer.inside + buffer.inside_size);
    /* With an odd size, less than 8 bytes lie between the end and the page. */
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PAGE_END, 4001, 0, 0), 0);
    assert_true(buffer.inside + buffer.inside_size - (buffer.data + 4001) < 8);
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PAGE_BEGIN, 4000, 0, 0), 0);
    assert_ptr_equal(buffer.data, buffer.inside);
    guarded_buffer_release(&buffer);
}

/* A provider that works only with 16 must fail here, so the address is a multiple of 8 and not of 16. */
static void no_more_than_8_is_promised(void **state)
{
    struct guarded_buffer buffer = { 0 };

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 4096, 0, 0), 0);
    assert_int_equal((uintptr_t)buffer.data % 16, 8);
    guarded_buffer_release(&buffer);
}

static void every_single_byte_of_damage_is_found(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 8192), 0);
    for (uint32_t i = 0; i < PROVIDER_GUARD_SIZE; i++) {
        buffer.data[100 + i] ^= 0x40;
        guarded_buffer_check(&buffer, &damage);
        assert_true(damage.after && !damage.before && !damage.reserve_used);
        assert_int_equal(damage.after_first, i);
        assert_int_equal(damage.after_last, i);
        buffer.data[100 + i] ^= 0x40;

        buffer.data[-1 - (int)i] ^= 0x01;
        guarded_buffer_check(&buffer, &damage);
        assert_true(damage.before && !damage.after);
        assert_int_equal(damage.before_first, i + 1);
        assert_int_equal(damage.before_last, i + 1);
        buffer.data[-1 - (int)i] ^= 0x01;
    }
    /* Some bytes of the reserve. The step is odd, so all offsets in a word occur. */
    for (uint32_t i = 0; i < 8192; i += 37) {
        buffer.data[100 + PROVIDER_GUARD_SIZE + i] ^= 0xFF;
        guarded_buffer_check(&buffer, &damage);
        assert_true(!damage.after && !damage.before);
        assert_int_equal(damage.reserve_used, i + 1);
        buffer.data[100 + PROVIDER_GUARD_SIZE + i] ^= 0xFF;
    }
    guarded_buffer_check(&buffer, &damage);
    assert_true(is_sound(&damage));
    guarded_buffer_release(&buffer);
}

static void old_damage_is_gone_when_a_buffer_is_placed_anew(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
        guarded_buffer_check(&buffer, &damage);
        assert_true(is_sound(&damage));
        memset(buffer.data - 8, 0, 116); /* the 100 bytes and 8 of each guard */
        guarded_buffer_check(&buffer, &damage);
        assert_false(is_sound(&damage));
    }
    guarded_buffer_release(&buffer);
}

static void guards_that_were_whole_are_looked_at_again(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(patterned); i++)
        for (int round = 0; round < 4; round++) {
            assert_int_equal(guarded_buffer_place(&buffer, patterned[i], 1000, 0, 0), 0);
            if (round == 2 && patterned[i] != PROVIDER_GUARD_PAGE_END)
                buffer.data[1000] ^= 1;
            else if (round == 2)
                buffer.data[-1] ^= 1;
            guarded_buffer_check(&buffer, &damage);
            assert_int_equal(is_sound(&damage), round != 2);
        }
    guarded_buffer_release(&buffer);
}

/* Every period of the pattern equals the one before it. */
static void one_value_everywhere_is_damage(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
    memset(buffer.inside, 0, buffer.inside_size);
    guarded_buffer_check(&buffer, &damage);
    assert_true(damage.before && damage.after);
    assert_int_equal(damage.after_first, 0);
    assert_int_equal(damage.after_last, PROVIDER_GUARD_SIZE - 1);
    assert_int_equal(damage.reserve_used, buffer.inside + buffer.inside_size - (buffer.data + 100) -
                                              PROVIDER_GUARD_SIZE);
    guarded_buffer_release(&buffer);
}

static void damage_has_a_first_and_a_last_byte(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
    buffer.data[100 + 3] ^= 1;
    buffer.data[100 + 5] ^= 1;
    buffer.data[100 + 600] ^= 1;
    buffer.data[-2] ^= 1;
    buffer.data[-700] ^= 1;
    guarded_buffer_check(&buffer, &damage);
    assert_int_equal(damage.after_first, 3);
    assert_int_equal(damage.after_last, 600);
    assert_int_equal(damage.before_first, 2);
    assert_int_equal(damage.before_last, 700);
    guarded_buffer_release(&buffer);
}

static void a_buffer_of_another_size_has_guards_of_its_own(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    for (uint32_t size = 100; size < 300; size += 9) {
        assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, size, 0, 0), 0);
        guarded_buffer_check(&buffer, &damage);
        assert_true(is_sound(&damage));
    }
    guarded_buffer_release(&buffer);
}

static void a_reserve_that_was_used_is_filled_again(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
    buffer.data[100 + PROVIDER_GUARD_SIZE] ^= 1;
    guarded_buffer_check(&buffer, &damage);
    assert_int_equal(damage.reserve_used, 1);
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
    guarded_buffer_check(&buffer, &damage);
    assert_true(is_sound(&damage));
    guarded_buffer_release(&buffer);
}

/* Whole pages are accessible: one before the buffer, 16 bytes for its alignment, the buffer, its guard, and the
   reserve. */
static void a_reserve_has_the_size_that_is_asked_for(void **state)
{
    const size_t page = os_page_size();
    struct guarded_buffer buffer = { 0 };

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 8192), 0);
    assert_true(buffer.inside_size <= page + 16 + 100 + PROVIDER_GUARD_SIZE + 8192 + page);
    assert_true(buffer.inside_size >= page + 16 + 100 + PROVIDER_GUARD_SIZE + 8192);
    guarded_buffer_release(&buffer);
}

static void an_address_is_inside_the_pages_or_not(void **state)
{
    struct guarded_buffer buffer = { 0 };

    (void)state;
    assert_false(guarded_buffer_contains(&buffer, 0));
    assert_false(guarded_buffer_contains(&buffer, UINTPTR_MAX));
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_PATTERN, 100, 0, 0), 0);
    const uintptr_t begin = (uintptr_t)buffer.pages;
    assert_false(guarded_buffer_contains(&buffer, begin - 1));
    assert_true(guarded_buffer_contains(&buffer, begin));
    assert_true(guarded_buffer_contains(&buffer, begin + buffer.pages_size - 1));
    assert_false(guarded_buffer_contains(&buffer, begin + buffer.pages_size));
    guarded_buffer_release(&buffer);
}

static void without_guards_nothing_is_checked(void **state)
{
    struct guarded_buffer buffer = { 0 };
    struct provider_damage damage;

    (void)state;
    assert_int_equal(guarded_buffer_place(&buffer, PROVIDER_GUARD_NONE, 100, 0, 0), 0);
    memset(buffer.data, 0x55, 5000); /* the guard, and a part of the reserve of 1 MiB */
    guarded_buffer_check(&buffer, &damage);
    assert_true(is_sound(&damage));
    guarded_buffer_release(&buffer);
    guarded_buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_can_be_filled_to_its_last_byte),
        cmocka_unit_test(the_buffer_touches_the_inaccessible_pages),
        cmocka_unit_test(no_more_than_8_is_promised),
        cmocka_unit_test(every_single_byte_of_damage_is_found),
        cmocka_unit_test(old_damage_is_gone_when_a_buffer_is_placed_anew),
        cmocka_unit_test(guards_that_were_whole_are_looked_at_again),
        cmocka_unit_test(one_value_everywhere_is_damage),
        cmocka_unit_test(damage_has_a_first_and_a_last_byte),
        cmocka_unit_test(a_buffer_of_another_size_has_guards_of_its_own),
        cmocka_unit_test(a_reserve_that_was_used_is_filled_again),
        cmocka_unit_test(a_reserve_has_the_size_that_is_asked_for),
        cmocka_unit_test(an_address_is_inside_the_pages_or_not),
        cmocka_unit_test(without_guards_nothing_is_checked),
    };

    return cmocka_run_group_tests_name("guarded_buffer", tests, NULL, NULL);
}
