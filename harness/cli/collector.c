/* SPDX-License-Identifier: MIT
 *
 * One lock protects what threads and callers share. It is not held while a provider is queried or
 * an answer is decoded. An answer that is being decoded is kept by a count of its users.
 */
#include "collector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures_request.h"
#include "os.h"
#include "product_version.h"
#include "query_string.h"
#include "text.h"
#include "worker.h"

/* An answer that several writers share. */
struct answer {
    struct sample sample;
    unsigned user_count;
};

struct source {
    struct collector *collector;
    const char *name;
    struct sampler *sampler;
    struct worker *worker; /* NULL: the provider may not be queried */

    uint64_t asked_count;    /* number of queries that have begun */
    uint64_t answered_count; /* number of queries that have ended */
    bool is_wanted;          /* the next query is to begin */
    struct answer *latest;   /* of the last query; NULL if it failed */
    double duration_s;       /* of the last query */
    bool has_failed;         /* the last query had an event of level error */
    bool is_given_up;        /* there was such an event, and answers have been empty since */
    uint32_t last_failure;   /* id of the latest such event; 0: no event so far */
    uint32_t failure;        /* the same for the current query; used only by its thread */
};

struct collector {
    struct sampler *all; /* has the registration; it is queried only if it is the only source */
    struct source *sources;
    size_t source_count;
    struct worker_lock *lock;
    struct worker_lock *write_lock; /* only one thread writes answers at a time, or requests */
    struct figures_request *figures;
    bool is_closing;
};

static void answer_leave(struct answer *answer)
{
    if (!answer || --answer->user_count)
        return;
    sampler_release_sample(&answer->sample);
    free(answer);
}

static void on_event(void *context, const struct host_event *event)
{
    struct source *source = context;

    if (event->level == OS_EVENT_ERROR || event->level == OS_EVENT_WARNING)
        source->failure = event->id;
}

static bool has_objects(const struct answer *answer)
{
    struct object_walk walk;
    struct walk_data_block header;
    struct walk_object object;

    return object_walk_begin(&walk, (struct span){ answer->sample.data, answer->sample.size }, NULL,
                             NULL, &header) &&
           object_walk_next(&walk, &object);
}

/* Make one query. The lock is held, but not while the provider is queried. */
static void ask(struct source *source)
{
    struct worker_lock *lock = source->collector->lock;
    struct answer *answer = calloc(1, sizeof(*answer));
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    uint64_t began;

    source->is_wanted = false;
    source->asked_count++;
    worker_lock_leave(lock);
    source->failure = 0;
    began = os_clock_ticks();
    if (answer)
        error = sampler_take(source->sampler, &answer->sample);
    const double duration_s = (double)(os_clock_ticks() - began) / (double)os_clock_frequency();
    const bool is_empty = error || !has_objects(answer);

    worker_lock_enter(lock);
    if (error == ERROR_NO_MORE_ITEMS) { /* the last sample of a recording is kept */
        free(answer);
    } else {
        answer_leave(source->latest);
        source->latest = error ? NULL : answer;
        if (error)
            free(answer);
        else
            answer->user_count = 1;
        source->has_failed = error || source->failure;
    }
    if (source->failure)
        source->last_failure = source->failure;
    source->is_given_up = is_empty && (source->failure || source->is_given_up);
    source->duration_s = duration_s;
    source->answered_count++;
    worker_lock_wake(lock);
}

static void run(void *context)
{
    struct source *source = context;
    struct collector *collector = source->collector;

    worker_lock_enter(collector->lock);
    while (!collector->is_closing) {
        if (source->is_wanted)
            ask(source);
        else
            worker_lock_wait(collector->lock, UINT64_MAX);
    }
    worker_lock_leave(collector->lock);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int add_source(struct collector *collector, const char *name, struct sampler *sampler)
{
    struct source *source = &collector->sources[collector->source_count++];

    source->collector = collector;
    source->name = name;
    source->sampler = sampler;
    if (!sampler)
        return EXIT_FINE;
    source->worker = worker_start(run, source);
    if (source->worker)
        return EXIT_FINE;
    return command_complain_memory();
}

static bool may_be_asked(const struct registration *registration, const struct service *service)
{
    return !registration->disabled && !service->problem && !service->disabled && service->library &&
           (service->collect || service->is_v2);
}

static int add_services(struct collector *collector, const struct global_options *global,
                        const struct sampler_options *options, const struct query_string *query)
{
    const struct registration *registration = sampler_registration(collector->all);
    int status = EXIT_FINE;

    for (size_t i = 0; !status && i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];
        struct sampler_options own = *options;
        struct sampler *sampler = NULL;

        if ((service->is_v2 && query->is_v1_only) ||
            !query_string_concerns(query, service->has_object_list, service->object_list,
                                   service->object_list_count))
            continue;
        own.registration = registration;
        own.service = i;
        own.on_event = on_event;
        own.event_context = &collector->sources[collector->source_count];
        if (may_be_asked(registration, service))
            status = sampler_open(&sampler, global, &own);
        if (!status)
            status = add_source(collector, service->name, sampler);
    }
    return status;
}

static int add_sources(struct collector *collector, const struct global_options *global,
                       const struct sampler_options *options)
{
    struct query_string query;
    WCHAR *value;
    size_t length;
    int status;

    collector->sources = calloc(sampler_registration(collector->all)->service_count + 1,
                                sizeof(*collector->sources));
    if (!collector->sources)
        return EXIT_BAD_USAGE;
    if (!sampler_asks_providers(collector->all)) {
        struct sampler *sampler = collector->all;

        return add_source(collector, options->asks_system ? "system" : "replay", sampler);
    }
    length = strlen(options->value);
    value = malloc((length + 1) * sizeof(*value));
    if (!value)
        return EXIT_BAD_USAGE;
    text_from_utf8(options->value, length, value, length + 1);
    status = query_string_parse(&query, value) ? EXIT_BAD_USAGE : EXIT_FINE;
    if (!status) {
        status = add_services(collector, global, options, &query);
        query_string_release(&query);
    }
    free(value);
    return status;
}

int collector_open(struct collector **opened, const struct global_options *global,
                   const struct sampler_options *options)
{
    struct collector *collector = calloc(1, sizeof(*collector));
    int status = EXIT_BAD_USAGE;

    if (!collector)
        return command_complain_memory();
    collector->lock = worker_lock_open();
    collector->write_lock = worker_lock_open();
    if (collector->lock && collector->write_lock)
        status = sampler_open(&collector->all, global, options);
    else
        command_complain_memory();
    if (!status)
        status = add_sources(collector, global, options);
    if (!status && sampler_asks_providers(collector->all))
        collector->figures = figures_request_open(sampler_registration(collector->all));
    if (status)
        collector_close(collector);
    else
        *opened = collector;
    return status;
}

void collector_stop(struct collector *collector)
{
    worker_lock_enter(collector->lock);
    collector->is_closing = true;
    worker_lock_wake(collector->lock);
    worker_lock_leave(collector->lock);
}

void collector_close(struct collector *collector)
{
    if (!collector)
        return;
    if (collector->lock)
        collector_stop(collector);
    for (size_t i = 0; i < collector->source_count; i++) {
        struct source *source = &collector->sources[i];

        worker_join(source->worker);
        if (source->sampler != collector->all)
            sampler_close(source->sampler);
        answer_leave(source->latest);
    }
    free(collector->sources);
    figures_request_close(collector->figures);
    sampler_close(collector->all);
    worker_lock_close(collector->lock);
    worker_lock_close(collector->write_lock);
    free(collector);
}

const struct name_table *collector_names(const struct collector *collector)
{
    return sampler_names(collector->all);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* The state of one source when the time was over. */
struct picked {
    const char *name;
    struct answer *answer; /* NULL: there was no answer in time */
    double duration_s;
    uint32_t size, last_failure;
    bool is_up, was_asked;
};

static void pick(struct collector *collector, const uint64_t wanted[], struct picked picked[])
{
    for (size_t i = 0; i < collector->source_count; i++) {
        struct source *source = &collector->sources[i];
        const bool is_ready = source->worker && source->answered_count >= wanted[i];

        picked[i] = (struct picked){
            .name = source->name,
            .answer = is_ready ? source->latest : NULL,
            .duration_s = source->duration_s,
            .last_failure = source->last_failure,
            .was_asked = source->answered_count > 0,
        };
        if (!picked[i].answer)
            continue;
        picked[i].answer->user_count++;
        picked[i].size = picked[i].answer->sample.size;
        picked[i].is_up = !source->has_failed && !source->is_given_up;
    }
}

/* Query all sources. Wait until each has ended its current query or, if it was idle, a new one. */
static void collect(struct collector *collector, uint32_t timeout_ms, uint64_t wanted[],
                    struct picked picked[])
{
    const uint64_t end =
        os_clock_ticks() + (uint64_t)((double)timeout_ms / 1000 * (double)os_clock_frequency());
    bool is_in_time = true;

    worker_lock_enter(collector->lock);
    for (size_t i = 0; i < collector->source_count; i++) {
        struct source *source = &collector->sources[i];

        if (!source->worker)
            continue;
        if (source->asked_count == source->answered_count)
            source->is_wanted = true;
        wanted[i] = source->answered_count + 1;
    }
    worker_lock_wake(collector->lock);
    while (is_in_time && !collector->is_closing) {
        bool is_complete = true;

        for (size_t i = 0; i < collector->source_count; i++)
            if (collector->sources[i].worker && collector->sources[i].answered_count < wanted[i])
                is_complete = false;
        if (is_complete)
            break;
        is_in_time = worker_lock_wait(collector->lock, end);
    }
    pick(collector, wanted, picked);
    worker_lock_leave(collector->lock);
}

enum { UP, DURATION, BYTES, FAILURE, FAMILIES };

static const struct metric_family families[FAMILIES] = {
    [UP] = { "perfharness_provider_up", "",
             "1 if the provider answered in time and without an event of failure, otherwise 0.",
             METRIC_GAUGE },
    [DURATION] = { "perfharness_provider_duration_seconds", "seconds",
                   "Time that the provider's last finished query took.", METRIC_GAUGE },
    [BYTES] = { "perfharness_provider_answer_bytes", "bytes",
                "Bytes of the provider's answer; 0 if there is none.", METRIC_GAUGE },
    [FAILURE] = { "perfharness_provider_last_failure_event_id", "",
                  "Id of the event of the provider's last failure, as in the Application log; 0: "
                  "none "
                  "so far.",
                  METRIC_GAUGE },
};

static void write_providers(struct metric_writer *writer, const struct picked picked[],
                            size_t count)
{
    for (int family = 0; family < FAMILIES; family++) {
        struct output samples = { 0 };

        for (size_t i = 0; i < count; i++) {
            if (family == DURATION && !picked[i].was_asked)
                continue;
            output_add_text(&samples, "{provider=\"");
            metric_name_add_text(&samples, picked[i].name, '"');
            output_add_text(&samples, "\"} ");
            if (family == DURATION)
                output_add_format(&samples, "%.6f\n", picked[i].duration_s);
            else
                output_add_format(&samples, "%" PRIu32 "\n",
                                  family == UP      ? picked[i].is_up
                                  : family == BYTES ? picked[i].size
                                                    : picked[i].last_failure);
        }
        writer->output->is_lost |= samples.is_lost;
        if (samples.size && !samples.is_lost)
            metric_writer_add_family(writer, &families[family], samples.data);
        output_release(&samples);
    }
}

/* An answer that cannot be decoded counts as the provider's failure. The other answers are
   written. */
static DWORD write_answer(struct metric_writer *writer, const struct presenter *presenter,
                          struct picked *picked)
{
    struct decoder_input input = presenter->input;
    struct output *output = writer->output;
    const size_t before = output->size;
    DWORD error;

    input.newer = (struct span){ picked->answer->sample.data, picked->answer->sample.size };
    error = metric_writer_add(writer, &input);
    if (error != ERROR_INVALID_DATA)
        return error;
    output->size = before;
    picked->is_up = false;
    return ERROR_SUCCESS;
}

static int write_all(struct collector *collector, const struct presenter *presenter,
                     const struct collector_format *format, struct picked picked[],
                     struct output *output)
{
    struct metric_writer writer;
    DWORD error = ERROR_SUCCESS;

    worker_lock_enter(collector->write_lock);
    metric_writer_init(&writer, output, format->dialect, format->totals);
    for (size_t i = 0; !error && i < collector->source_count; i++)
        if (picked[i].answer)
            error = write_answer(&writer, presenter, &picked[i]);
    write_providers(&writer, picked, collector->source_count);
    if (format->add_more)
        format->add_more(format->context, &writer);
    metric_writer_add_build(&writer, product_version, product_version_commit);
    metric_writer_end(&writer);
    worker_lock_leave(collector->write_lock);
    return error || output->is_lost ? EXIT_BAD_USAGE : EXIT_FINE;
}

int collector_write(struct collector *collector, const struct presenter *presenter,
                    const struct collector_format *format, uint32_t timeout_ms,
                    struct output *output)
{
    uint64_t *wanted = calloc(collector->source_count + 1, sizeof(*wanted));
    struct picked *picked = calloc(collector->source_count + 1, sizeof(*picked));
    int status = EXIT_BAD_USAGE;

    worker_lock_enter(collector->write_lock);
    figures_request_ask(collector->figures);
    worker_lock_leave(collector->write_lock);
    if (wanted && picked) {
        collect(collector, timeout_ms, wanted, picked);
        status = write_all(collector, presenter, format, picked, output);
        worker_lock_enter(collector->lock);
        for (size_t i = 0; i < collector->source_count; i++)
            answer_leave(picked[i].answer);
        worker_lock_leave(collector->lock);
    }
    free(wanted);
    free(picked);
    if (status) {
        output_clear(output);
        output_add_text(output, "out of memory\n");
    }
    return status;
}
