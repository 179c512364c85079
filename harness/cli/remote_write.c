/* SPDX-License-Identifier: MIT
 *
 * remote_write.h. One lock protects the queue and the counts. It is not held while something is
 * collected, packed or sent.
 */
#include "remote_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "os.h"
#include "remote_link.h"
#include "remote_queue.h"
#include "remote_series.h"
#include "utf8.h"
#include "worker.h"

/* Chosen, unless a comment names another origin. */
#define INTERVAL_MS 15000         /* the scrape interval of Prometheus' example configuration */
#define COLLECT_MS 10000          /* the longest wait for providers; Prometheus' default */
#define QUEUE_LIMIT (32 << 20)    /* bytes: hours of a small host, 10 minutes of 5,000 heaps */
#define BATCH_SAMPLES 2000        /* Prometheus' own default */
#define BACKOFF_MS 250            /* doubles with each attempt, to BACKOFF_LIMIT_MS */
#define BACKOFF_LIMIT_MS 30000    /* a receiver that is back gets data within half a minute */
#define RETRY_AFTER_LIMIT_S 300   /* a receiver cannot ask for a longer pause */
#define FLUSH_MS 5000             /* the longest delay of the end */
#define MESSAGE_MS 10000          /* between two messages about refused requests */
#define LABEL_LIMIT 64            /* labels of the options */
#define AUTHORIZATION_LIMIT 65536 /* bytes of the file; a header is far smaller */

/* Counts of requests and samples, by outcome. */
enum result { SENT, REFUSED, DROPPED, RESULTS };

static const char *const result_names[] = {
    [SENT] = "sent", [REFUSED] = "refused", [DROPPED] = "dropped"
};

struct remote_write {
    struct remote_link *link;
    uint32_t interval_ms;
    struct remote_label labels[LABEL_LIMIT + 2];
    size_t label_count;
    char *label_texts[LABEL_LIMIT];
    size_t label_text_count;
    char computer[256];

    struct collector *collector;
    const struct presenter *presenter;
    struct collector_format format;

    struct worker *collecting, *sending;
    struct worker_lock *lock; /* protects what follows */
    struct remote_queue queue;
    uint64_t samples[RESULTS], requests[RESULTS], retries;
    uint64_t unsent;      /* samples dropped after is_stopping was set */
    int64_t accepted_ms;  /* time of the last request that was accepted; 0: no request so far */
    bool is_stopping;     /* no more samples */
    bool is_complete;     /* nothing is added to the queue any more */
    uint64_t flush_until; /* ticks; once is_stopping is set */
};

static uint64_t ticks_in(uint64_t milliseconds)
{
    return os_clock_ticks() +
           (uint64_t)((double)milliseconds / 1000 * (double)os_clock_frequency());
}

static int64_t now_ms(void)
{
    return (int64_t)((os_time_100ns() - OS_TIME_OF_1970_100NS) / 10000);
}

/* ---- collecting ------------------------------------------------------------------------------ */

static void add_request(struct remote_write *remote, const struct remote_batch *batch)
{
    struct remote_request request = { .sample_count = batch->count };

    if (!remote_link_pack(remote->link, batch, &request.bytes))
        request.bytes.is_lost = true;
    worker_lock_enter(remote->lock);
    if (request.bytes.is_lost) { /* no memory */
        remote->queue.dropped_requests++;
        remote->queue.dropped_samples += request.sample_count;
        output_release(&request.bytes);
    } else {
        remote_queue_add(&remote->queue, &request);
        worker_lock_wake(remote->lock);
    }
    worker_lock_leave(remote->lock);
}

/* Queue the series of a set that are not in `others`, in requests of a limited size. */
static void add_requests(struct remote_write *remote, const struct remote_series_set *set,
                         const struct remote_series_set *others, struct remote_batch batch)
{
    const struct remote_series *series[BATCH_SAMPLES];

    batch.series = series;
    for (size_t i = 0; i < set->count; i++) {
        if (others && remote_series_has(others, set->series[i].key))
            continue;
        series[batch.count++] = &set->series[i];
        if (batch.count == BATCH_SAMPLES) {
            add_request(remote, &batch);
            batch.count = 0;
        }
    }
    if (batch.count)
        add_request(remote, &batch);
}

static bool is_stopping(struct remote_write *remote)
{
    bool is_stopping;

    worker_lock_enter(remote->lock);
    is_stopping = remote->is_stopping;
    worker_lock_leave(remote->lock);
    return is_stopping;
}

/* Wait until it is time for the next sample. Returns false at the end. */
static bool wait_for_turn(struct remote_write *remote, uint64_t *next)
{
    const uint64_t now = os_clock_ticks();

    if (*next < now) /* turns that were missed are left out */
        *next = now;
    worker_lock_enter(remote->lock);
    while (!remote->is_stopping && os_clock_ticks() < *next)
        worker_lock_wait(remote->lock, *next);
    worker_lock_leave(remote->lock);
    *next += (uint64_t)(remote->interval_ms / 1000.0 * (double)os_clock_frequency());
    return !is_stopping(remote);
}

static void collect(void *context)
{
    struct remote_write *remote = context;
    const uint32_t timeout_ms = remote->interval_ms < COLLECT_MS ? remote->interval_ms : COLLECT_MS;
    struct remote_series_set before = { 0 };
    struct remote_batch batch = { 0 };
    uint64_t next = os_clock_ticks();

    while (wait_for_turn(remote, &next)) {
        struct remote_series_set set = { 0 };
        struct output text = { 0 };
        const int64_t time_ms = now_ms();

        /* The clock may have been set back. */
        batch.time_ms = time_ms > batch.time_ms ? time_ms : batch.time_ms + 1;
        if (collector_write(remote->collector, remote->presenter, &remote->format, timeout_ms,
                            &text) == EXIT_FINE &&
            !is_stopping(remote) && /* otherwise the collector has not waited for providers */
            remote_series_read(&set, &text, remote->labels, remote->label_count)) {
            batch.is_stale = false;
            add_requests(remote, &set, NULL, batch);
            batch.is_stale = true;
            add_requests(remote, &before, &set, batch);
            remote_series_release(&before);
            before = set;
        }
        output_release(&text);
    }
    batch.is_stale = true;
    batch.time_ms = now_ms() > batch.time_ms ? now_ms() : batch.time_ms + 1;
    add_requests(remote, &before, NULL, batch);
    remote_series_release(&before);
    worker_lock_enter(remote->lock);
    remote->is_complete = true;
    worker_lock_wake(remote->lock);
    worker_lock_leave(remote->lock);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The state of the sending thread. */
struct sending {
    uint32_t backoff_ms;
    bool is_failing;       /* the last attempt failed, as a message said */
    uint64_t silent_until; /* ticks; no message about refused requests before */
};

/* Whether a request may be sent or continue. This takes the lock. */
static bool keeps_on(void *context)
{
    struct remote_write *remote = context;
    bool keeps_on;

    worker_lock_enter(remote->lock);
    keeps_on = !remote->is_stopping || os_clock_ticks() < remote->flush_until;
    worker_lock_leave(remote->lock);
    return keeps_on;
}

static void complain(const char *what, const struct remote_reply *reply)
{
    struct output text = { 0 };

    if (reply->status)
        output_add_format(&text, "HTTP status %u%s", reply->status, *reply->text ? ": " : "");
    utf8_add_safe(&text, reply->text, 120);
    command_complain("remote write: %s (%s)", what, text.data ? text.data : "");
    output_release(&text);
}

/* The pause before the next attempt. It grows, and a part of it is random, so that many hosts do not send
   at the same moment. */
static uint32_t pause_ms(struct sending *sending, const struct remote_reply *reply)
{
    const uint32_t retry_after_s =
        reply->retry_after_s < RETRY_AFTER_LIMIT_S ? reply->retry_after_s : RETRY_AFTER_LIMIT_S;
    uint32_t random, pause;

    os_random(&random, sizeof(random));
    pause = sending->backoff_ms / 2 + random % (sending->backoff_ms / 2 + 1);
    sending->backoff_ms =
        sending->backoff_ms < BACKOFF_LIMIT_MS / 2 ? sending->backoff_ms * 2 : BACKOFF_LIMIT_MS;
    return pause > retry_after_s * 1000 ? pause : retry_after_s * 1000;
}

/* The earlier one of a time and the end of flushing. Call this with the lock held. */
static uint64_t no_later(const struct remote_write *remote, uint64_t until)
{
    return remote->is_stopping && remote->flush_until < until ? remote->flush_until : until;
}

/* Send one request until it is accepted, refused or dropped. */
static enum result send_request(struct remote_write *remote, struct sending *sending,
                                const struct remote_request *request)
{
    const struct span bytes = { (const unsigned char *)request->bytes.data, request->bytes.size };
    struct remote_reply reply;
    uint64_t dropped_before, until;
    bool gives_up;

    worker_lock_enter(remote->lock);
    dropped_before = remote->queue.dropped_requests;
    worker_lock_leave(remote->lock);
    for (;;) {
        remote_link_send(remote->link, bytes, &reply);
        if (reply.status && reply.status != 429 && reply.status / 100 != 5)
            break;
        if (!sending->is_failing && keeps_on(remote))
            complain("the receiver does not answer as it should; samples wait and are sent again",
                     &reply);
        sending->is_failing = true;
        until = ticks_in(pause_ms(sending, &reply));
        worker_lock_enter(remote->lock);
        /* This request is older than those that were dropped for lack of space: drop it too. */
        while (!(gives_up = remote->queue.dropped_requests != dropped_before) &&
               os_clock_ticks() < no_later(remote, until))
            worker_lock_wait(remote->lock, no_later(remote, until));
        gives_up |= remote->is_stopping && os_clock_ticks() >= remote->flush_until;
        remote->retries += !gives_up;
        worker_lock_leave(remote->lock);
        if (gives_up)
            return DROPPED;
    }
    sending->backoff_ms = BACKOFF_MS;
    if (reply.status / 100 == 2) {
        if (sending->is_failing)
            command_complain("remote write: the receiver accepts samples again");
        sending->is_failing = false;
        return SENT;
    }
    if (os_clock_ticks() >= sending->silent_until) {
        complain("the receiver refuses samples, which are lost", &reply);
        sending->silent_until = ticks_in(MESSAGE_MS);
    }
    return REFUSED;
}

static void send_all(void *context)
{
    struct remote_write *remote = context;
    struct sending sending = { .backoff_ms = BACKOFF_MS };
    struct remote_request request;

    worker_lock_enter(remote->lock);
    for (;;) {
        if (!remote_queue_take(&remote->queue, &request)) {
            if (remote->is_complete)
                break;
            worker_lock_wait(remote->lock, UINT64_MAX);
            continue;
        }
        worker_lock_leave(remote->lock);
        const enum result result =
            keeps_on(remote) ? send_request(remote, &sending, &request) : DROPPED;

        worker_lock_enter(remote->lock);
        remote->requests[result]++;
        remote->samples[result] += request.sample_count;
        if (result == DROPPED && remote->is_stopping)
            remote->unsent += request.sample_count;
        if (result == SENT)
            remote->accepted_ms = now_ms();
        output_release(&request.bytes);
    }
    worker_lock_leave(remote->lock);
}

/* ---- metrics --------------------------------------------------------------------------------- */

static void add_results(struct metric_writer *writer, const struct metric_family *family,
                        const uint64_t values[])
{
    struct output samples = { 0 };

    for (int i = 0; i < RESULTS; i++)
        output_add_format(&samples, "{result=\"%s\"} %" PRIu64 "\n", result_names[i], values[i]);
    writer->output->is_lost |= samples.is_lost;
    if (!samples.is_lost)
        metric_writer_add_family(writer, family, samples.data);
    output_release(&samples);
}

static void add_number(struct metric_writer *writer, const struct metric_family *family,
                       double value)
{
    struct output sample = { 0 };

    output_add_format(&sample, " %.15g\n", value);
    writer->output->is_lost |= sample.is_lost;
    if (!sample.is_lost)
        metric_writer_add_family(writer, family, sample.data);
    output_release(&sample);
}

void remote_write_add_metrics(void *context, struct metric_writer *writer)
{
    struct remote_write *remote = context;
    uint64_t samples[RESULTS], requests[RESULTS], retries;
    size_t queue_size;
    int64_t accepted_ms;

    if (!remote)
        return;
    worker_lock_enter(remote->lock);
    memcpy(samples, remote->samples, sizeof(samples));
    memcpy(requests, remote->requests, sizeof(requests));
    samples[DROPPED] += remote->queue.dropped_samples;
    requests[DROPPED] += remote->queue.dropped_requests;
    retries = remote->retries;
    queue_size = remote->queue.size;
    accepted_ms = remote->accepted_ms;
    worker_lock_leave(remote->lock);
    add_results(writer,
                &(struct metric_family){
                    "perfharness_remote_write_samples", "",
                    "Samples that the receiver accepted (sent) or refused, and those that were "
                    "dropped because the queue was full or the program ended.",
                    METRIC_COUNTER },
                samples);
    add_results(writer,
                &(struct metric_family){ "perfharness_remote_write_requests", "",
                                         "The same in requests.", METRIC_COUNTER },
                requests);
    add_number(writer,
               &(struct metric_family){ "perfharness_remote_write_retries", "",
                                        "How often a request was sent again.", METRIC_COUNTER },
               (double)retries);
    add_number(writer,
               &(struct metric_family){ "perfharness_remote_write_queue_bytes", "bytes",
                                        "Bytes of the requests that wait.", METRIC_GAUGE },
               (double)queue_size);
    add_number(writer,
               &(struct metric_family){ "perfharness_remote_write_last_accepted_timestamp_seconds",
                                        "seconds",
                                        "When the receiver last accepted a request, in seconds "
                                        "since 1970; 0: not yet.",
                                        METRIC_GAUGE },
               (double)accepted_ms / 1000);
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool is_label_name(const char *text, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    return size && strspn(text, letters) >= size && (*text < '0' || *text > '9') &&
           strncmp(text, "__", 2) != 0;
}

static char *copy_text(const char *text, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static void set_label(struct remote_write *remote, const char *name, const char *value)
{
    size_t i = 0;

    while (i < remote->label_count && strcmp(remote->labels[i].name, name) != 0)
        i++;
    remote->labels[i] = (struct remote_label){ name, value };
    if (i == remote->label_count)
        remote->label_count++;
}

static int set_labels(struct remote_write *remote, const struct option_texts *texts)
{
    size_t kept = 0;

    os_computer_name(remote->computer, sizeof(remote->computer));
    set_label(remote, "job", "perfharness");
    set_label(remote, "instance", remote->computer);
    for (size_t i = 0; i < texts->count; i++) {
        const char *sign = strchr(texts->items[i], '=');
        char *copy;

        if (!sign || !is_label_name(texts->items[i], (size_t)(sign - texts->items[i]))) {
            command_complain("--remote-label \"%s\" is not NAME=VALUE, such as zone=north; a name "
                             "has letters, digits and single \"_\", and begins with no digit",
                             texts->items[i]);
            return EXIT_BAD_USAGE;
        }
        copy = copy_text(texts->items[i], strlen(texts->items[i]));
        if (!copy)
            return command_complain_memory();
        remote->label_texts[remote->label_text_count++] = copy;
        copy[sign - texts->items[i]] = '\0';
        set_label(remote, copy, copy + (sign - texts->items[i]) + 1);
    }
    for (size_t i = 0; i < remote->label_count; i++) /* an empty value removes a label */
        if (*remote->labels[i].value)
            remote->labels[kept++] = remote->labels[i];
    remote->label_count = kept;
    return EXIT_FINE;
}

/* Read the first line of a file. `text` is NULL if there is no file. */
static int read_authorization(const char *path, char **text)
{
    void *data;
    size_t size, length = 0;
    DWORD error;

    *text = NULL;
    if (!path)
        return EXIT_FINE;
    error = os_file_read_all(path, &data, &size, AUTHORIZATION_LIMIT);
    if (error) {
        command_complain("--remote-authorization %s: %s", path, command_file_error_text(error));
        return EXIT_BAD_USAGE;
    }
    while (length < size && ((const char *)data)[length] >= ' ')
        length++;
    if (length)
        *text = copy_text(data, length);
    free(data);
    if (*text)
        return EXIT_FINE;
    command_complain("--remote-authorization %s: the first line is empty; it is to be the value of "
                     "the header, such as: Bearer TOKEN",
                     path);
    return EXIT_BAD_USAGE;
}

static int open_link(struct remote_write *remote, const struct remote_write_options *options)
{
    char *authorization;
    int status = read_authorization(options->authorization_file, &authorization);
    enum remote_link_problem problem;

    if (status)
        return status;
    problem = remote_link_open(&remote->link, options->url, authorization, keeps_on, remote);
    free(authorization);
    if (problem == REMOTE_LINK_FINE)
        return EXIT_FINE;
    command_complain(
        problem == REMOTE_LINK_NOT_BUILT
            ? "--remote-write is not available in this build: it needs snappy, protobuf-c and "
              "libcurl when perfharness is compiled, and exists on Linux only"
        : problem == REMOTE_LINK_NO_SNAPPY ? "--remote-write needs snappy, which is not installed; "
                                             "Debian has it in the package libsnappy1v5"
        : problem == REMOTE_LINK_NO_CURL ? "--remote-write needs libcurl, which is not installed; "
                                           "Debian has it in the package libcurl4"
        : problem == REMOTE_LINK_BAD_URL
            ? "--remote-write needs a URL that begins with http:// or https://, such as "
              "https://prometheus.example/api/v1/write"
            : "out of memory");
    return EXIT_BAD_USAGE;
}

int remote_write_open(struct remote_write **opened, const struct remote_write_options *options)
{
    struct remote_write *remote;
    int status = EXIT_BAD_USAGE;

    *opened = NULL;
    if (!options->url) {
        if (!options->interval_ms && !options->labels.count && !options->authorization_file)
            return EXIT_FINE;
        command_complain("--remote-interval, --remote-label and --remote-authorization need "
                         "--remote-write URL");
        return EXIT_BAD_USAGE;
    }
    remote = calloc(1, sizeof(*remote));
    if (remote)
        remote->lock = worker_lock_open();
    if (remote && remote->lock) {
        remote->queue.limit = QUEUE_LIMIT;
        remote->interval_ms = options->interval_ms ? options->interval_ms : INTERVAL_MS;
        status = set_labels(remote, &options->labels);
        if (!status)
            status = open_link(remote, options);
    } else {
        command_complain_memory();
    }
    if (status)
        remote_write_close(remote);
    else
        *opened = remote;
    return status;
}

int remote_write_start(struct remote_write *remote, struct collector *collector,
                       const struct presenter *presenter, const struct collector_format *format)
{
    remote->collector = collector;
    remote->presenter = presenter;
    remote->format = *format;
    remote->format.dialect = METRIC_PROMETHEUS;
    remote->sending = worker_start(send_all, remote);
    if (remote->sending)
        remote->collecting = worker_start(collect, remote);
    if (remote->collecting)
        return EXIT_FINE;
    worker_lock_enter(remote->lock);
    remote->is_complete = true;
    worker_lock_leave(remote->lock);
    return command_complain_memory();
}

void remote_write_stop(struct remote_write *remote)
{
    if (!remote)
        return;
    worker_lock_enter(remote->lock);
    remote->flush_until = ticks_in(FLUSH_MS);
    remote->is_stopping = true;
    worker_lock_wake(remote->lock);
    worker_lock_leave(remote->lock);
}

void remote_write_close(struct remote_write *remote)
{
    if (!remote)
        return;
    if (remote->lock && !is_stopping(remote))
        remote_write_stop(remote);
    worker_join(remote->collecting);
    worker_join(remote->sending);
    if (remote->unsent)
        command_complain("remote write: %" PRIu64 " samples could not be sent before the end",
                         remote->unsent);
    remote_link_close(remote->link);
    remote_queue_release(&remote->queue);
    worker_lock_close(remote->lock);
    for (size_t i = 0; i < remote->label_text_count; i++)
        free(remote->label_texts[i]);
    free(remote);
}
