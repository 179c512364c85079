/* SPDX-License-Identifier: MIT
 *
 * spin_lock.c: locks at a fork. tests/unit/test_event_fork_posix.c forks while a lock is held.
 */
#include "unit.h"

#include "spin_lock.h"

static void a_free_lock_is_acquired_for_a_fork_and_released(void **state)
{
    struct spin_lock_round round = { 0 };
    struct spin_lock lock = { 0 };

    (void)state;
    spin_lock_acquire_for_fork(&lock, &round);
    assert_int_equal(round.left_out_count, 0);
    assert_int_not_equal(lock.held, 0);
    spin_lock_release_after_fork(&lock, &round);
    assert_int_equal(lock.held, 0);
}

static void a_lock_that_stays_held_is_left_out(void **state)
{
    (void)state;
    for (uint32_t patience_ms = 0; patience_ms < 2; patience_ms++) {
        struct spin_lock_round round = { .patience_ms = patience_ms };
        struct spin_lock held = { 0 }, other = { 0 };

        spin_lock_acquire(&held);
        spin_lock_acquire_for_fork(&held, &round);
        assert_int_equal(round.left_out_count, 1);
        spin_lock_acquire_for_fork(&other, &round);
        assert_int_equal(round.left_out_count, 1);
        assert_int_not_equal(other.held, 0);

        spin_lock_release_after_fork(&held, &round);
        spin_lock_release_after_fork(&other, &round);
        assert_int_not_equal(held.held, 0);
        assert_int_equal(other.held, 0);
    }
}

static void a_single_thread_acquires_a_lock_that_a_lost_one_held(void **state)
{
    struct spin_lock lock = { 0 };

    (void)state;
    spin_lock_begin_alone();
    spin_lock_acquire(&lock);
    spin_lock_release(&lock);
    assert_false(spin_lock_end_alone());

    spin_lock_acquire(&lock);
    spin_lock_begin_alone();
    spin_lock_wait(&lock);
    assert_int_not_equal(lock.held, 0);
    assert_true(spin_lock_end_alone());
    assert_false(spin_lock_end_alone());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_lock_is_acquired_for_a_fork_and_released),
        cmocka_unit_test(a_lock_that_stays_held_is_left_out),
        cmocka_unit_test(a_single_thread_acquires_a_lock_that_a_lost_one_held),
    };

    return cmocka_run_group_tests_name("spin_lock", tests, NULL, NULL);
}
