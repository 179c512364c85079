/* SPDX-License-Identifier: MIT
 *
 * The queue of remote write: a new request displaces as many of the oldest bytes as it needs, and
 * what was dropped is counted.
 */
#include "unit.h"

#include <string.h>

#include "remote_queue.h"

#define LIMIT 100

static struct remote_queue queue;

static int setup(void **state)
{
    (void)state;
    queue = (struct remote_queue){ .limit = LIMIT };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remote_queue_release(&queue);
    return 0;
}

/* Add a request whose bytes all are `mark`. */
static void add(char mark, size_t size, uint64_t samples)
{
    struct remote_request request = { .sample_count = samples };

    output_add_repeated(&request.bytes, mark, size);
    remote_queue_add(&queue, &request);
    assert_null(request.bytes.data);
}

/* Take the oldest request. Returns its mark; 0 if the queue is empty. */
static char take(void)
{
    struct remote_request request;
    char mark;

    if (!remote_queue_take(&queue, &request))
        return 0;
    mark = request.bytes.data[0];
    output_release(&request.bytes);
    return mark;
}

static void requests_come_out_in_their_order(void **state)
{
    (void)state;
    add('a', 10, 1);
    add('b', 10, 1);
    assert_int_equal(take(), 'a');
    add('c', 10, 1);
    assert_int_equal(take(), 'b');
    assert_int_equal(take(), 'c');
    assert_int_equal(take(), 0);
    assert_int_equal(queue.size, 0);
}

static void a_queue_is_full_at_its_limit(void **state)
{
    (void)state;
    add('a', 40, 1);
    add('b', 60, 2);
    assert_int_equal(queue.size, LIMIT);
    assert_int_equal(queue.dropped_requests, 0);
    add('c', 1, 4);
    assert_int_equal(queue.dropped_requests, 1);
    assert_int_equal(queue.dropped_samples, 1);
    assert_int_equal(take(), 'b');
    assert_int_equal(take(), 'c');
}

static void as_many_of_the_oldest_are_dropped_as_needed(void **state)
{
    (void)state;
    for (char mark = 'a'; mark <= 'j'; mark++)
        add(mark, 10, 1);
    add('k', 35, 1);
    assert_int_equal(queue.dropped_requests, 4);
    assert_int_equal(take(), 'e');
    assert_int_equal(queue.size, 85);
}

static void a_request_larger_than_the_limit_is_dropped_itself(void **state)
{
    (void)state;
    add('a', LIMIT, 1);
    add('b', LIMIT + 1, 7);
    assert_int_equal(queue.dropped_samples, 8);
    assert_int_equal(take(), 0);
    add('c', LIMIT, 1);
    assert_int_equal(take(), 'c');
}

static void a_long_life_needs_no_more_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        add('a', 10, 1);
        if (i >= 5)
            assert_int_equal(take(), 'a');
    }
    /* Never more than six requests wait: a queue that does not reuse its memory needs 10000 places. */
    assert_true(queue.capacity <= 64);
    assert_int_equal(queue.count, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_come_out_in_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_queue_is_full_at_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(as_many_of_the_oldest_are_dropped_as_needed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_request_larger_than_the_limit_is_dropped_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_long_life_needs_no_more_memory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
