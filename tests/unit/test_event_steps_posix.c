/* SPDX-License-Identifier: MIT
 *
 * A reader looks after each instruction of an event, in another process that is stopped there. It reads
 * a heap again only if a count has changed, and must find at the end what a new reader finds.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <sys/ptrace.h>

#include "malloc_event.h"
#include "region_reader_fixture.h"
#include "sized_heap.h"

enum { MOST_STEPS = 1000000 };

static void allocate_first(heap_tracker heap)
{
    heap_tracker_allocate(heap, at(1), 100);
}

static void allocate_larger(heap_tracker heap)
{
    heap_tracker_allocate(heap, at(2), 5000);
}

static void allocate_smaller(heap_tracker heap)
{
    heap_tracker_allocate(heap, at(3), 10);
}

static void allocate_where_a_block_is(heap_tracker heap)
{
    heap_tracker_allocate(heap, at(3), 6000);
}

static void grow(heap_tracker heap)
{
    heap_tracker_reallocate(heap, at(4), 7000, at(3));
}

static void shrink(heap_tracker heap)
{
    heap_tracker_reallocate(heap, at(4), 7, at(4));
}

static void free_one(heap_tracker heap)
{
    heap_tracker_free(heap, at(1));
}

static void free_sized(heap_tracker heap)
{
    heap_tracker_free_sized(heap, at(2), 4000);
}

static void grow_sized(heap_tracker heap)
{
    heap_tracker_reallocate_sized(heap, at(3), 8000, at(1), 100);
}

static void shrink_sized(heap_tracker heap)
{
    heap_tracker_reallocate_sized(heap, at(3), 9, at(3), 8000);
}

static void discard(heap_tracker heap)
{
    heap_tracker_discard_all(heap);
}

/* What malloc and free of the preload library do. */
static void malloc_block(heap_tracker heap)
{
    heap_slot_set_malloc(HEAP_SLOT_MALLOC_USUAL);
    struct thread *thread = malloc_event_begin_usual(0);

    (void)heap;
    if (!thread)
        _exit(4);
    if (malloc_event_allocate(thread, 9000, 9008) != MALLOC_EVENT_DONE)
        _exit(5);
}

static void free_block(heap_tracker heap)
{
    struct thread *thread = malloc_event_begin_usual(0);

    if (!thread)
        _exit(6);
    if (malloc_event_free(thread, 9008)) {
        malloc_event_leave(thread);
    } else { /* a new peak */
        malloc_event_mark(true);
        sized_heap_free(heap, (uintptr_t)at(9), 9008);
    }
}

typedef void act(heap_tracker heap);

struct heap_case {
    const char *name;
    uint32_t flags;
    act *acts[10]; /* each is one event or a few of them */
};

static const struct heap_case cases[] = {
    { "with a table",
      0,
      { allocate_first, allocate_larger, allocate_smaller, allocate_where_a_block_is, grow, shrink,
        free_one, free_sized, discard } },
    { "without a table",
      HEAP_TRACKER_SIZED,
      { allocate_first, allocate_larger, allocate_smaller, free_sized, grow_sized, shrink_sized,
        discard } },
    { "malloc",
      HEAP_TRACKER_SIZED | HEAP_TRACKER_IS_MALLOC,
      { allocate_first, malloc_block, free_block, malloc_block, free_block } },
};

/* The child stops before each of its events, and after the last one. */
static int publish(struct parent parent, const void *argument)
{
    const struct heap_case *tried = argument;
    const struct heap_tracker_options options = { .size = sizeof(options), .flags = tried->flags };
    heap_tracker heap = heap_tracker_open("pool", &options);

    (void)parent;
    tried->acts[0](heap);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
        return 7;
    for (size_t i = 1; tried->acts[i]; i++) {
        raise(SIGSTOP);
        tried->acts[i](heap);
    }
    raise(SIGSTOP);
    return 0;
}

/* Read the heap if it has changed. */
static void look(struct heap_totals *last)
{
    size_t from = 0, index;

    region_reader_hold(reader);
    if (region_reader_changed(reader, &from, &index, 1) == 1)
        *last = read_heap(0);
    region_reader_release(reader);
}

static void compare(const struct heap_case *tried, size_t event, const struct heap_totals *last)
{
    struct region_reader *fresh;
    struct heap_totals now;
    size_t count;

    assert_int_equal(region_reader_open(&fresh), ERROR_SUCCESS);
    assert_int_equal(region_reader_refresh(fresh), ERROR_SUCCESS);
    region_reader_heaps(fresh, &count);
    assert_int_equal(count, 1);
    assert_int_equal(region_reader_read(fresh, 0, &now), ERROR_SUCCESS);
    region_reader_close(fresh);
#define SAME(field)                                                                                \
    if (now.field != last->field)                                                                  \
    fail_msg("%s, event %zu: " #field " is %llu, the watcher knows %llu", tried->name, event,      \
             (unsigned long long)now.field, (unsigned long long)last->field)
    SAME(allocation_count);
    SAME(free_count);
    SAME(reallocation_count);
    SAME(allocated_bytes);
    SAME(usable_bytes);
    SAME(freed_bytes);
    SAME(in_use_bytes);
    SAME(requested_bytes);
    SAME(reallocated_bytes);
    SAME(peak_bytes);
    SAME(peak_blocks);
    SAME(largest_bytes);
    SAME(excess_free_count);
    SAME(unmatched_count);
    SAME(lost_count);
#undef SAME
}

/* Let the child run to its next stop, instruction by instruction. Returns how many there were. */
static size_t step(const struct child *child, struct heap_totals *last)
{
    int status;

    for (size_t steps = 1; steps < MOST_STEPS; steps++) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child->id, NULL, NULL), 0);
        assert_int_equal(waitpid(child->id, &status, 0), child->id);
        if (!WIFSTOPPED(status))
            fail_msg("the child ended: %x", (unsigned)status);
        if (WSTOPSIG(status) == SIGSTOP)
            return steps;
        assert_int_equal(WSTOPSIG(status), SIGTRAP);
        look(last);
    }
    fail_msg("the child never stops");
    return 0;
}

static void a_reader_misses_nothing_wherever_an_event_is_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct child child = child_start(publish, &cases[i]);
        struct heap_totals last;
        size_t count;
        int status;

        assert_int_equal(waitpid(child.id, &status, 0), child.id);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
            skip(); /* this system permits no debugging */
        assert_true(WIFSTOPPED(status));
        for (size_t event = 1; cases[i].acts[event]; event++) {
            refresh(
                &count); /* what changes the header ends the watch, and the next query sees it */
            assert_int_equal(count, 1);
            look(&last);
            assert_true(step(&child, &last) > 1);
            refresh(&count);
            look(&last);
            compare(&cases[i], event, &last);
        }
        ptrace(PTRACE_DETACH, child.id, NULL, NULL);
        assert_int_equal(child_wait(&child), 0);
        refresh(&count);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_misses_nothing_wherever_an_event_is_stopped,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests_name("steps of an event", tests, NULL, NULL);
}
