/* SPDX-License-Identifier: MIT
 *
 * Which way block_size.h uses to get a block's size: the header only if its rule is proven, and not
 * after the rule proves wrong.
 */
#include "block_size.h"
#include "unit.h"

#ifndef _WIN32
#include <malloc.h>
#else
static size_t malloc_usable_size(void *block)
{
    return _msize(block);
}
#endif

#define USABLE_OF_100 (112 - sizeof(size_t)) /* a chunk of 112 bytes, less its header */

static size_t asked;

/* Blocks with a header of glibc's form: a multiple of 16 in which the lowest bit is a flag (PREV_INUSE).
   The true size is what the header says, plus `beyond`. */
static size_t beyond;

static void *own_memalign(size_t alignment, size_t size)
{
    static _Alignas(4096) unsigned char memory[80000];
    unsigned char *block = memory + (alignment > 16 ? alignment : 16) % sizeof(memory);
    const size_t word = (size + sizeof(size_t) + 15) / 16 * 16 | 1;

    memcpy(block - sizeof(word), &word, sizeof(word));
    return block;
}

static void *own_malloc(size_t size)
{
    return own_memalign(16, size);
}

static void own_free(void *block)
{
    (void)block;
}

static size_t own_size(void *block)
{
    size_t word;

    asked++;
    memcpy(&word, (unsigned char *)block - sizeof(word), sizeof(word));
    return (word & ~(size_t)7) - sizeof(word) + beyond;
}

/* An allocator other than glibc's is asked, even if its headers look the same. */
static void another_allocator_is_asked(void **state)
{
    const struct block_size_allocator own = { own_malloc, own_memalign, own_free, own_size };

    (void)state;
    beyond = 0;
    assert_true(block_size_init(&own));
    assert_false(block_size_is_in_header);
    asked = 0;
    assert_int_equal(block_size(own_malloc(100)), USABLE_OF_100);
    assert_int_equal(asked, 1);
}

static void an_allocator_that_cannot_say_is_refused(void **state)
{
    const struct block_size_allocator own = { own_malloc, own_memalign, own_free, NULL };

    (void)state;
    assert_false(block_size_init(&own));
    assert_false(block_size_is_in_header);
}

/* This holds only for glibc's own allocator, so not with a sanitizer or on Windows. */
static void glibc_is_read(void **state)
{
    const struct block_size_allocator libc = { malloc,
#ifdef _WIN32
                                               NULL,
#else
                                               memalign,
#endif
                                               free, malloc_usable_size };

    (void)state;
#if defined(_WIN32) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)libc;
    skip();
#else
    assert_true(block_size_init(&libc));
    assert_true(block_size_is_in_header);
    /* Up to 3 MB, so that glibc also maps single blocks, whose headers have another flag. */
    for (size_t size = 1; size < 3000000; size = size * 5 / 4 + 1) {
        void *block = malloc(size);
        assert_int_equal(block_size(block), malloc_usable_size(block));
        free(block);
    }
    block_size_end();
    assert_false(block_size_is_in_header);
#endif
}

static void a_wrong_rule_is_found_and_never_used_again(void **state)
{
    const struct block_size_allocator own = { own_malloc, own_memalign, own_free, own_size };
    size_t read;

    (void)state;
    assert_true(block_size_init(&own));
    void *block = own_malloc(100);
    block_size_is_in_header = true; /* as after a proof */
    const uint64_t faults = block_size_fault_count();
    assert_true(block_size_try(block, &read));
    block_size_compare(block, read);
    assert_true(block_size_is_in_header);
    beyond = 16;
    block_size_compare(block, read);
    assert_false(block_size_is_in_header);
    assert_int_equal(block_size_fault_count(), faults + 1);
    assert_int_equal(block_size(block), USABLE_OF_100 + beyond);
    block_size_compare(block, read);
    assert_int_equal(block_size_fault_count(), faults + 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_allocator_is_asked),
        cmocka_unit_test(an_allocator_that_cannot_say_is_refused),
        cmocka_unit_test(glibc_is_read),
        cmocka_unit_test(a_wrong_rule_is_found_and_never_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
