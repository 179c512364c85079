/* SPDX-License-Identifier: MIT
 *
 * Remote write over a link and a collector of the test. Each sample is a request of 12 MB, so that
 * two of them fit into the queue of 32 MiB.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "os.h"
#include "remote_link.h"
#include "remote_write.h"
#include "worker.h"

#define REQUEST_SIZE (12 << 20)
#define ATTEMPTS 100000

static struct worker_lock *lock; /* protects what follows */
static struct {
    unsigned status;             /* what the receiver answers */
    unsigned collected;          /* answers that the collector has written */
    unsigned collected_limit;    /* there are no more metrics after so many of them */
    unsigned packed;             /* requests */
    unsigned attempts[ATTEMPTS]; /* the requests that were sent, by number from 1 */
    unsigned attempt_count;
} seen;

int collector_write(struct collector *collector, const struct presenter *presenter,
                    const struct collector_format *format, uint32_t timeout_ms,
                    struct output *output)
{
    (void)collector, (void)presenter, (void)format, (void)timeout_ms;
    worker_lock_enter(lock);
    if (seen.collected++ < seen.collected_limit)
        output_add_text(output, "m 1\n");
    worker_lock_leave(lock);
    return output->data ? EXIT_FINE : EXIT_BAD_USAGE;
}

enum remote_link_problem remote_link_open(struct remote_link **link, const char *url,
                                          const char *authorization,
                                          bool (*keeps_on)(void *context), void *context)
{
    (void)link, (void)url, (void)authorization, (void)keeps_on, (void)context;
    return REMOTE_LINK_FINE;
}

void remote_link_close(struct remote_link *link)
{
    (void)link;
}

bool remote_link_pack(const struct remote_link *link, const struct remote_batch *batch,
                      struct output *request)
{
    unsigned number;

    (void)link;
    assert_int_equal(batch->count, 1);
    worker_lock_enter(lock);
    number = ++seen.packed;
    worker_lock_leave(lock);
    output_add(request, &number, sizeof(number));
    output_add_repeated(request, 'x', REQUEST_SIZE - sizeof(number));
    return true;
}

void remote_link_send(struct remote_link *link, struct span request, struct remote_reply *reply)
{
    (void)link;
    *reply = (struct remote_reply){ 0 };
    worker_lock_enter(lock);
    assert_true(seen.attempt_count < ATTEMPTS);
    memcpy(&seen.attempts[seen.attempt_count++], request.data, sizeof(*seen.attempts));
    reply->status = seen.status;
    worker_lock_leave(lock);
}

/* ---- tests ------------------------------------------------------------------------------------- */

static struct remote_write *remote;

static void start(unsigned status, unsigned collected_limit)
{
    const struct remote_write_options options = { .url = "http://x/", .interval_ms = 100 };

    memset(&seen, 0, sizeof(seen));
    seen.status = status;
    seen.collected_limit = collected_limit;
    lock = worker_lock_open();
    assert_int_equal(remote_write_open(&remote, &options), EXIT_FINE);
    assert_int_equal(remote_write_start(remote, NULL, NULL, &(struct collector_format){ 0 }),
                     EXIT_FINE);
}

static void end(void)
{
    remote_write_close(remote);
    worker_lock_close(lock);
}

/* A figure of the metrics. */
static double figure(const char *name)
{
    struct metric_writer writer;
    struct output output = { 0 };
    const char *found;
    char line[100];
    double value;

    metric_writer_init(&writer, &output, METRIC_PROMETHEUS, NULL);
    remote_write_add_metrics(remote, &writer);
    metric_writer_end(&writer);
    snprintf(line, sizeof(line), "\nperfharness_remote_write_%s ", name);
    found = strstr(output.data, line);
    assert_non_null(found);
    value = strtod(found + strlen(line), NULL);
    output_release(&output);
    return value;
}

static unsigned locked(const unsigned *value)
{
    unsigned copy;

    worker_lock_enter(lock);
    copy = *value;
    worker_lock_leave(lock);
    return copy;
}

static void wait_until_collected(unsigned count)
{
    while (locked(&seen.collected) < count)
        os_sleep_ms(1);
}

static void a_full_queue_drops_the_oldest_also_the_one_in_progress(void **state)
{
    (void)state;
    start(503, 6);
    wait_until_collected(8); /* the eighth comes after six requests at least, of which two fit */
    while (figure("samples_total{result=\"dropped\"}") < 3)
        os_sleep_ms(1);
    assert_true(figure("queue_bytes") <= 32 << 20);
    worker_lock_enter(lock);
    seen.status = 204;
    worker_lock_leave(lock);
    while (figure("samples_total{result=\"sent\"}") < 2)
        os_sleep_ms(1);
    assert_int_equal((int)(figure("samples_total{result=\"sent\"}") +
                           figure("samples_total{result=\"dropped\"}")),
                     6);
    for (unsigned i = 1; i < seen.attempt_count; i++)
        assert_true(seen.attempts[i] >= seen.attempts[i - 1]);
    assert_int_equal(seen.attempts[seen.attempt_count - 1], 6);
    end();
}

static void a_refused_request_is_sent_once(void **state)
{
    (void)state;
    start(400, 3);
    while (figure("samples_total{result=\"refused\"}") < 3)
        os_sleep_ms(1);
    assert_int_equal(seen.attempt_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(seen.attempts[i], i + 1);
    end();
}

static void a_failed_collection_sends_nothing(void **state)
{
    (void)state;
    start(204, 1);
    wait_until_collected(4);
    while (figure("samples_total{result=\"sent\"}") < 1)
        os_sleep_ms(1);
    assert_int_equal(locked(&seen.packed), 1);
    end();
    assert_int_equal(seen.packed, 2); /* the stale marker */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_drops_the_oldest_also_the_one_in_progress),
        cmocka_unit_test(a_refused_request_is_sent_once),
        cmocka_unit_test(a_failed_collection_sends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
