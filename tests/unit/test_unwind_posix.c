/* SPDX-License-Identifier: MIT
 *
 * Walks of real stacks with the memory of the thread's last walk. Each is compared with a walk of a thread that has
 * none. test_unwind_walk_posix.c does the same on stacks that it makes up.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

#include "unwind.h"
#include "unit.h"

#define NOINLINE __attribute__((noinline))
#define KEEP_THE_FRAME __asm__ volatile("" ::: "memory") /* prevents a tail call */

static struct unwind_thread kept;

/* The frames of the caller of this function. Returns the change count. */
NOINLINE static uint64_t walk_and_compare(void)
{
    static struct unwind_thread fresh;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    uintptr_t frames[UNWIND_FRAMES], plain[UNWIND_FRAMES];

    memset(&fresh, 0, sizeof(fresh));
    unwind_here(&kept);
    unwind_here(&fresh);
    const size_t count = unwind_frames(&kept, site, frames);
    assert_int_equal(unwind_frames(&fresh, site, plain), count);
    assert_memory_equal(frames, plain, count * sizeof(*frames));
    assert_int_equal(frames[0], site);
    return kept.memory.change_count;
}

NOINLINE static uint64_t at_depth(int depth)
{
    const uint64_t changes = depth > 0 ? at_depth(depth - 1) : walk_and_compare();

    KEEP_THE_FRAME;
    return changes;
}

NOINLINE static uint64_t one(void)
{
    const uint64_t changes = at_depth(1);

    KEEP_THE_FRAME;
    return changes;
}

NOINLINE static uint64_t other(void)
{
    const uint64_t changes = walk_and_compare();

    KEEP_THE_FRAME;
    return changes;
}

static void an_equal_stack_is_no_change(void **state)
{
    uint64_t changes = 0;

    (void)state;
    for (int i = 0; i < 5; i++) {
        const uint64_t now = at_depth(10);
        assert_true(i == 0 || now == changes);
        changes = now;
    }
    assert_true(kept.memory.count > 10);
}

static void functions_with_the_same_callers_are_told_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        const uint64_t first = one(), second = other();
        assert_true(second > first);
    }
}

static void recursion_is_walked_at_each_depth(void **state)
{
    (void)state;
    for (int depth = 0; depth < 100; depth++)
        at_depth(depth);
    for (int depth = 99; depth >= 0; depth--)
        at_depth(depth);
}

/* The frame has any size, and its row is of rbp. */
NOINLINE static void walk_below(size_t size)
{
    volatile char *const space = __builtin_alloca(size);

    space[0] = 1;
    walk_and_compare();
    KEEP_THE_FRAME;
}

static void frames_of_any_size_are_walked(void **state)
{
    (void)state;
    for (size_t size = 16; size < 2000; size += 16) {
        walk_below(size);
        walk_below(size);
        walk_below(16);
    }
}

static void handle(int number)
{
    (void)number;
    at_depth(3);
}

/* A handler on a stack of its own, between walks of the usual stack. */
static void the_stack_of_a_signal_handler_is_walked(void **state)
{
    static char memory[65536];
    stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) }, before;
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_ONSTACK }, action_before;

    (void)state;
    assert_int_equal(sigaltstack(&stack, &before), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &action_before), 0);
    for (int i = 0; i < 10; i++) {
        at_depth(3);
        raise(SIGUSR1);
        at_depth(i);
        raise(SIGUSR1);
    }
    sigaction(SIGUSR1, &action_before, NULL);
    sigaltstack(&before, NULL);
}

static ucontext_t main_context, contexts[2];
static int running; /* the coroutine that runs next */

static void run_coroutine(void)
{
    const int number = running;

    for (int i = 0;; i++) {
        at_depth(3 + number * (i % 3));
        swapcontext(&contexts[number], &main_context);
    }
}

static void prepare_coroutine(int number)
{
    static char stacks[2][65536];
    ucontext_t *context = &contexts[number];

    assert_int_equal(getcontext(context), 0);
    context->uc_stack.ss_sp = stacks[number];
    context->uc_stack.ss_size = sizeof(stacks[number]);
    makecontext(context, run_coroutine, 0);
}

/* Two stacks in one mapping, on which the same functions run. */
static void stacks_of_coroutines_are_walked(void **state)
{
    (void)state;
    prepare_coroutine(0);
    prepare_coroutine(1);
    for (int i = 0; i < 20; i++) {
        running = i % 2;
        swapcontext(&main_context, &contexts[running]);
        if (i % 3 == 0)
            at_depth(3);
    }
}

static void an_unloaded_library_ends_the_memory(void **state)
{
    (void)state;
    uint64_t changes = 0;
    for (int i = 0; i < 3; i++) {
        const uint64_t now = at_depth(5);
        assert_true(i == 0 || now > changes);
        changes = now;
        unwind_forget();
    }
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { THREADS = 4, WALKS = 2000 };

struct walker {
    struct unwind_thread thread;
    _Atomic bool is_wrong;
};

NOINLINE static void walk_in_thread(struct walker *walker, int depth, uintptr_t callers[])
{
    uintptr_t frames[UNWIND_FRAMES];

    callers[depth] = (uintptr_t)__builtin_return_address(0);
    if (depth > 0) {
        walk_in_thread(walker, depth - 1, callers);
    } else {
        unwind_here(&walker->thread);
        const size_t count = unwind_frames(&walker->thread, callers[0], frames);
        for (size_t i = 0; i < count && i < 5; i++)
            if (frames[i] != callers[i])
                walker->is_wrong = true;
        if (count < 5)
            walker->is_wrong = true;
    }
    KEEP_THE_FRAME;
}

static void *walk_often(void *argument)
{
    uintptr_t callers[20];

    for (int i = 0; i < WALKS; i++)
        walk_in_thread(argument, 5 + i % 3 * (i % 7), callers);
    return NULL;
}

/* Each has a memory of its own; the rows are those of all threads. */
static void threads_walk_while_libraries_are_unloaded(void **state)
{
    static struct walker walkers[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk_often, &walkers[i]), 0);
    for (int i = 0; i < 200; i++)
        unwind_forget();
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(walkers[i].is_wrong);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_stack_is_no_change),
        cmocka_unit_test(functions_with_the_same_callers_are_told_apart),
        cmocka_unit_test(recursion_is_walked_at_each_depth),
        cmocka_unit_test(frames_of_any_size_are_walked),
        cmocka_unit_test(the_stack_of_a_signal_handler_is_walked),
        cmocka_unit_test(stacks_of_coroutines_are_walked),
        cmocka_unit_test(an_unloaded_library_ends_the_memory),
        cmocka_unit_test(threads_walk_while_libraries_are_unloaded),
    };

    unwind_prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
