/* SPDX-License-Identifier: MIT
 *
 * text_pool.c: where the memory of texts begins and ends, and what a text is if there is no memory.
 */
#include "unit.h"

#include "failing_memory.h"
#include "text_pool.h"

#define BLOCK_SIZE 16384 /* as in text_pool.c */

static struct text_pool pool;
static long blocks; /* that were there before the test */

static int begin(void **state)
{
    (void)state;
    blocks = failing_memory_blocks;
    return 0;
}

static int end(void **state)
{
    (void)state;
    text_pool_release(&pool);
    return failing_memory_blocks == blocks && !pool.is_lost ? 0 : -1;
}

/* Allocate and fill memory, so that a sanitizer sees an end that lies outside. */
static void allocate(size_t size)
{
    unsigned char *memory = text_pool_allocate(&pool, size);

    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(memory[i], 0);
    memset(memory, 0xFF, size);
}

static void a_block_is_used_up_to_its_last_byte(void **state)
{
    (void)state;
    allocate(1);
    assert_int_equal(failing_memory_blocks, blocks + 1);
    allocate(BLOCK_SIZE - 2 * _Alignof(max_align_t));
    assert_int_equal(failing_memory_blocks, blocks + 1);
    allocate(_Alignof(max_align_t));
    assert_int_equal(failing_memory_blocks, blocks + 1);
    allocate(1);
    assert_int_equal(failing_memory_blocks, blocks + 2);
    allocate(BLOCK_SIZE);
    assert_int_equal(failing_memory_blocks, blocks + 3);
    allocate(BLOCK_SIZE + 1);
    assert_int_equal(failing_memory_blocks, blocks + 4);
    allocate(5 * BLOCK_SIZE);
    assert_int_equal(failing_memory_blocks, blocks + 5);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_null(text_pool_allocate(&pool, SIZE_MAX));
    assert_true(pool.is_lost);
    assert_int_equal(failing_memory_blocks, blocks);
}

static void texts_are_copied_formatted_and_replaced(void **state)
{
    (void)state;
    assert_string_equal(text_pool_add(&pool, "abc", 2), "ab");
    assert_string_equal(text_pool_add(&pool, "", 0), "");
    assert_string_equal(text_pool_format(&pool, "%s-%d", "a", 7), "a-7");
    assert_string_equal(text_pool_replace(&pool, "{x}{x}b{x}c", "{x}", "yy"), "yyyybyyc");
    assert_string_equal(text_pool_replace(&pool, "abc", "x", "y"), "abc");
    assert_string_equal(text_pool_replace(&pool, "", "x", "y"), "");
    assert_string_equal(text_pool_replace(&pool, "x", "x", ""), "");
    assert_false(pool.is_lost);
}

static void a_text_without_memory_is_empty(void **state)
{
    const char *result = "";

    (void)state;
    for (unsigned step = 1; !*result; step++) {
        text_pool_release(&pool);
        failing_memory_countdown = step;
        result = text_pool_replace(&pool, "ax", "x", "y");
        const bool has_failed = !failing_memory_countdown;
        failing_memory_countdown = 0;
        assert_int_equal(pool.is_lost, has_failed);
        assert_true(has_failed || !strcmp(result, "ay"));
        /* A failure is not forgotten. */
        assert_string_equal(text_pool_replace(&pool, "b", "x", "y"), "b");
        assert_int_equal(pool.is_lost, has_failed);
        if (has_failed)
            result = "";
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_block_is_used_up_to_its_last_byte),
        TEST(a_size_that_cannot_be_is_refused),
        TEST(texts_are_copied_formatted_and_replaced),
        TEST(a_text_without_memory_is_empty),
    };

    return cmocka_run_group_tests_name("text_pool", tests, NULL, NULL);
}
