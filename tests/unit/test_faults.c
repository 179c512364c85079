/* SPDX-License-Identifier: MIT
 *
 * Tests of faults.c. There is one table for each process, and it only grows, so each test uses a
 * heap number of its own.
 */
#include "unit.h"

#include "faults.h"

/* The one fault of a heap that matches, or NULL. */
static const struct fault *find(uint32_t heap, enum fault_kind kind, uintptr_t site)
{
    const struct fault_table *table = faults_location();

    for (uint32_t i = 0; i < FAULT_COUNT; i++)
        if (table->faults[i].kind == kind && table->faults[i].heap == heap &&
            table->faults[i].site == site)
            return &table->faults[i];
    return NULL;
}

static unsigned count(uint32_t heap)
{
    const struct fault_table *table = faults_location();
    unsigned found = 0;

    for (uint32_t i = 0; i < FAULT_COUNT; i++)
        found += table->faults[i].kind != 0 && table->faults[i].heap == heap;
    return found;
}

static void like_faults_of_one_call_site_are_one_entry(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 5; i++)
        faults_add(FAULT_WRONG_SIZE, 1, 0x5000 + i, 0x100, 0x200);
    faults_add(FAULT_WRONG_SIZE, 1, 0x6000, 0x101, 0x200); /* a different site */
    faults_add(FAULT_WRONG_SIZE, 1, 0x6000, 0x100, 0x201); /* a different block's site */
    faults_add(FAULT_MISSED_FREE, 1, 0x6000, 0x100, 0x200);
    faults_add(FAULT_WRONG_SIZE, 2, 0x6000, 0x100, 0x200); /* a different heap */
    assert_int_equal(count(1), 4);                         /* the five of the loop are one */
    assert_int_equal(count(2), 1);
    const struct fault *fault = find(2, FAULT_WRONG_SIZE, 0x100);
    assert_non_null(fault);
    assert_true(fault->count == 1 && fault->first_site == 0x200 && fault->address == 0x6000);
}

static void the_address_is_that_of_the_first(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 3; i++)
        faults_add(FAULT_MISSED_FREE, 3, 0x7000 + i, 0x300, 0);
    const struct fault *fault = find(3, FAULT_MISSED_FREE, 0x300);
    assert_non_null(fault);
    assert_true(fault->address == 0x7000 && fault->count == 3);
}

static void a_free_of_a_block_that_was_freed_is_a_second_free(void **state)
{
    (void)state;
    faults_note_free(4, 0x1000, 0xAAA);
    faults_add_unknown(4, 0x1000, 0xBBB);
    faults_add_unknown(4, 0x2000, 0xBBB); /* a block that was never seen */
    faults_add_unknown(5, 0x1000, 0xBBB); /* a different heap's address */
    const struct fault *fault = find(4, FAULT_SECOND_FREE, 0xBBB);
    assert_non_null(fault);
    assert_true(fault->first_site == 0xAAA && fault->address == 0x1000 && fault->count == 1);
    fault = find(4, FAULT_UNKNOWN_FREE, 0xBBB);
    assert_non_null(fault);
    assert_true(fault->first_site == 0 && fault->address == 0x2000);
    assert_null(find(5, FAULT_SECOND_FREE, 0xBBB));
    assert_non_null(find(5, FAULT_UNKNOWN_FREE, 0xBBB));
}

static void the_newer_free_of_an_address_is_remembered(void **state)
{
    (void)state;
    faults_note_free(6, 0x3000, 0x1);
    faults_note_free(6, 0x3000, 0x2);
    faults_add_unknown(6, 0x3000, 0x3);
    const struct fault *fault = find(6, FAULT_SECOND_FREE, 0x3);
    assert_non_null(fault);
    assert_true(fault->first_site == 0x2);
}

/* This must be the last test, because it fills the table. */
static void a_full_table_counts_what_it_cannot_hold(void **state)
{
    const struct fault_table *table = faults_location();
    uint64_t all = 0, before = 0;

    (void)state;
    for (uint32_t i = 0; i < FAULT_COUNT; i++)
        before += table->faults[i].count;
    for (uintptr_t i = 0; i < 3 * FAULT_COUNT; i++)
        faults_add(FAULT_UNKNOWN_FREE, 7, i, 0x10000 + i, 0);
    for (uint32_t i = 0; i < FAULT_COUNT; i++)
        all += table->faults[i].count;
    assert_true(table->dropped > 0);
    assert_true(all - before + table->dropped == 3 * FAULT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_faults_of_one_call_site_are_one_entry),
        cmocka_unit_test(the_address_is_that_of_the_first),
        cmocka_unit_test(a_free_of_a_block_that_was_freed_is_a_second_free),
        cmocka_unit_test(the_newer_free_of_an_address_is_remembered),
        cmocka_unit_test(a_full_table_counts_what_it_cannot_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
