/* SPDX-License-Identifier: MIT
 *
 * A signal handler forks before each instruction of an event. The child goes on with the event, and must not write
 * to its parent's region.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <signal.h>
#include <sys/ptrace.h>

#include "malloc_event.h"
#include "region_reader_fixture.h"
#include "sized_heap.h"

/* An event is marked among its first instructions. Of the later ones not each is tried, because each costs a fork, and
   all steps before it. With AddressSanitizer a fork takes ten times as long, and an event has more instructions. */
#if defined(__SANITIZE_ADDRESS__)
enum { FIRST_STEPS = 1, STRIDE = 19 };
#else
enum { FIRST_STEPS = 80, STRIDE = 11 };
#endif

enum {
    MOST_STEPS = 100000,
    NO_PTRACE = 7,    /* exit statuses of the publisher */
    HAS_WRITTEN = 8,  /* a child wrote to the region */
    CHILD_FAILED = 9, /* a child did not end as it should */
};

static void allocate(heap_tracker heap)
{
    heap_tracker_allocate(heap, at(3), 10);
}

static void release(heap_tracker heap)
{
    heap_tracker_free(heap, at(3));
}

static void release_sized(heap_tracker heap)
{
    heap_tracker_free_sized(heap, at(3), 10);
}

/* What malloc and free of the preload library do. */
static void malloc_block(heap_tracker heap)
{
    struct thread *thread = malloc_event_begin_usual(0);

    if (!thread)
        sized_heap_allocate(heap, (uintptr_t)at(9), 100, 104, 0);
    else if (malloc_event_allocate(thread, 100, 104) == MALLOC_EVENT_MARK)
        malloc_event_mark(false);
}

static void free_block(heap_tracker heap)
{
    struct thread *thread = malloc_event_begin_usual(0);

    if (thread && malloc_event_free(thread, 104)) {
        malloc_event_leave(thread);
        return;
    }
    if (thread) /* a new peak */
        malloc_event_mark(true);
    sized_heap_free(heap, (uintptr_t)at(9), 104);
}

typedef void act(heap_tracker heap);

struct event_case {
    const char *name;
    uint32_t flags;
    act *prepare, *event, *undo;
};

static void nothing(heap_tracker heap)
{
    (void)heap;
}

static const struct event_case cases[] = {
    { "an allocation, with a table", 0, nothing, allocate, release },
    { "a free, with a table", 0, allocate, release, allocate },
    { "an allocation, without a table", HEAP_TRACKER_SIZED, nothing, allocate, release_sized },
    { "a free, without a table", HEAP_TRACKER_SIZED, allocate, release_sized, allocate },
    { "malloc", HEAP_TRACKER_SIZED | HEAP_TRACKER_IS_MALLOC, nothing, malloc_block, free_block },
    { "free", HEAP_TRACKER_SIZED | HEAP_TRACKER_IS_MALLOC, malloc_block, free_block, malloc_block },
};

static volatile sig_atomic_t is_in_event, is_child, is_done, has_written, has_failed;

static void fork_here(int signal)
{
    const void *shared = thread_current()->last_shard->shared;
    unsigned char before[sizeof(struct region_shard)];
    int status;

    (void)signal;
    if (!is_in_event)
        return;
    memcpy(before, shared, sizeof(before));
    const pid_t child = fork();
    if (child == 0) {
        is_child = 1;
        return;
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        has_failed = 1;
    if (memcmp(before, shared, sizeof(before)) != 0)
        has_written = 1;
}

static void end_here(int signal)
{
    (void)signal;
    is_done = 1;
}

/* The publisher stops before each event. */
static int publish(struct parent parent, const void *argument)
{
    const struct event_case *tried = argument;
    const struct heap_tracker_options options = { .size = sizeof(options), .flags = tried->flags };
    heap_tracker heap = heap_tracker_open("pool", &options);

    (void)parent;
    signal(SIGUSR1, fork_here);
    signal(SIGUSR2, end_here);
    allocate(heap);
    heap_slot_set_malloc(tried->flags & HEAP_TRACKER_IS_MALLOC ? HEAP_SLOT_MALLOC_USUAL
                                                               : HEAP_SLOT_MALLOC_SLOW);
    tried->prepare(heap);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
        return NO_PTRACE;
    while (!is_done) {
        raise(SIGSTOP);
        is_in_event = 1;
        tried->event(heap);
        is_in_event = 0;
        if (is_child)
            _exit(0);
        if (has_failed || has_written)
            return has_failed ? CHILD_FAILED : HAS_WRITTEN;
        tried->undo(heap);
    }
    return 0;
}

static int wait_for_stop(const struct event_case *tried, const struct child *child, size_t steps)
{
    int status;

    assert_int_equal(waitpid(child->id, &status, 0), child->id);
    if (!WIFSTOPPED(status))
        fail_msg("%s, after %zu instructions: %s", tried->name, steps,
                 WEXITSTATUS(status) == HAS_WRITTEN    ? "the child wrote to its parent's region"
                 : WEXITSTATUS(status) == CHILD_FAILED ? "the child failed"
                                                       : "the publisher ended");
    return WSTOPSIG(status);
}

/* Let the publisher make an event that is interrupted after so many instructions. Returns whether it had so many. */
static bool interrupt(const struct event_case *tried, const struct child *child, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child->id, NULL, NULL), 0);
        if (wait_for_stop(tried, child, steps) == SIGSTOP)
            return false;
    }
    int stop = SIGUSR1;
    do { /* on with the signal, and with that of its child's end */
        assert_int_equal(ptrace(PTRACE_CONT, child->id, NULL, stop), 0);
        stop = wait_for_stop(tried, child, steps);
    } while (stop == SIGCHLD);
    assert_int_equal(stop, SIGSTOP);
    return true;
}

static void a_child_leaves_the_region_alone_wherever_its_event_was_interrupted(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct child child = child_start(publish, &cases[i]);
        size_t steps = 1, count;
        int status;

        assert_int_equal(waitpid(child.id, &status, 0), child.id);
        if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PTRACE)
            skip(); /* this system permits no debugging */
        assert_true(WIFSTOPPED(status));
        while (steps < MOST_STEPS && interrupt(&cases[i], &child, steps))
            steps += steps < FIRST_STEPS ? 1 : STRIDE;
        assert_in_range(steps, 10, MOST_STEPS - 1);
        ptrace(PTRACE_DETACH, child.id, NULL, SIGUSR2);
        assert_int_equal(child_wait(&child), 0);
        refresh(&count); /* removes what the children left */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_child_leaves_the_region_alone_wherever_its_event_was_interrupted, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("forks in an event", tests, NULL, NULL);
}
