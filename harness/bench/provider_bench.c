/* SPDX-License-Identifier: MIT
 *
 * The provider's own time is measured in its process, around each call; that of a whole query is
 * measured where a consumer would measure it, around host_query_value.
 */
#include "provider_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "host.h"
#include "os.h"
#include "text.h"

/* Buffers for an answer, in bytes; chosen. Each is twice as large as the one before it; the last is far above
   any known answer. */
#define FIRST_BUFFER_SIZE 65536u
#define LAST_BUFFER_SIZE (256u << 20)
/* Most calls of one measurement; chosen: the median is exact enough, and the list takes less than 1 MB. */
#define DURATIONS_AT_MOST 100000u

/* ---- durations ----------------------------------------------------------------------------- */

struct durations {
    double *items; /* nanoseconds */
    size_t count, capacity;
};

static DWORD add_duration(struct durations *durations, double nanoseconds)
{
    double *items =
        array_reserve(durations->items, &durations->capacity, durations->count + 1, sizeof(*items));

    if (!items)
        return ERROR_NOT_ENOUGH_MEMORY;
    durations->items = items;
    durations->items[durations->count++] = nanoseconds;
    return ERROR_SUCCESS;
}

static int compare_durations(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static struct bench_durations summarize(struct durations *durations)
{
    const size_t count = durations->count;
    struct bench_durations summary = { .count = count };

    if (count) {
        qsort(durations->items, count, sizeof(*durations->items), compare_durations);
        summary.minimum = durations->items[0];
        summary.median = (durations->items[(count - 1) / 2] + durations->items[count / 2]) / 2;
        summary.maximum = durations->items[count - 1];
    }
    free(durations->items);
    *durations = (struct durations){ 0 };
    return summary;
}

static double nanoseconds_since(uint64_t begin)
{
    return (double)(os_clock_ticks() - begin) * 1e9 / (double)os_clock_frequency();
}

static bool is_time_up(const struct provider_bench *bench, uint64_t begin, size_t count)
{
    return count >= DURATIONS_AT_MOST || nanoseconds_since(begin) >= bench->query_ms * 1e6;
}

/* ---- single calls --------------------------------------------------------------------------- */

static const char *const call_names[] = {
    [PROVIDER_LOAD] = "loading the library", [PROVIDER_OPEN] = "Open",
    [PROVIDER_COLLECT] = "Collect",          [PROVIDER_CLOSE] = "Close",
    [PROVIDER_UNLOAD] = "unloading",
};

static void describe(struct bench_failure *failure, const struct provider_call *call,
                     const struct provider_observation *seen)
{
    const char *name = call_names[call->kind];
    char *words = failure->words;
    const size_t size = sizeof(failure->words);

    failure->kind = call->kind;
    failure->outcome = seen->outcome;
    failure->return_code = seen->return_code;
    switch (seen->outcome) {
    case PROVIDER_RETURNED:
        snprintf(words, size, "%s returned error %u", name, (unsigned)seen->return_code);
        break;
    case PROVIDER_CRASHED:
    case PROVIDER_STACK_OVERFLOW:
        snprintf(words, size, "%s crashed (%s in %s)", name, seen->fault.name,
                 *seen->fault.symbol ? seen->fault.symbol : seen->fault.module);
        break;
    case PROVIDER_HUNG:
        snprintf(words, size, "%s did not return in time", name);
        break;
    case PROVIDER_EXITED:
    case PROVIDER_THREAD_ENDED:
    case PROVIDER_LIMITED:
    case PROVIDER_GONE:
        snprintf(words, size, "%s ended its process or thread", name);
        break;
    case PROVIDER_NOT_LOADED:
    case PROVIDER_NO_EXPORT:
        snprintf(words, size, "%s failed: %s", name, seen->detail);
        break;
    }
}

/* Make one call that has to succeed. Collect may also return ERROR_MORE_DATA. The caller releases `seen`. */
static DWORD make(struct provider_process *process, const struct provider_call *call,
                  struct provider_observation *seen, struct bench_failure *failure)
{
    const DWORD error = provider_process_call(process, call, seen);

    if (error)
        return error;
    if (seen->outcome == PROVIDER_RETURNED &&
        (seen->return_code == ERROR_SUCCESS ||
         (call->kind == PROVIDER_COLLECT && seen->return_code == ERROR_MORE_DATA)))
        return ERROR_SUCCESS;
    describe(failure, call, seen);
    return ERROR_CANCELLED;
}

static DWORD make_plain(struct provider_process *process, enum provider_call_kind kind,
                        struct durations *durations, struct bench_failure *failure)
{
    const struct provider_call call = { .kind = kind };
    struct provider_observation seen = { 0 };
    DWORD error = make(process, &call, &seen, failure);

    if (!error && durations)
        error = add_duration(durations, (double)seen.duration_100ns * 100);
    provider_observation_release(&seen);
    return error;
}

DWORD provider_bench_calls(const struct provider_bench *bench, struct bench_calls *calls,
                           struct bench_failure *failure)
{
    static const enum provider_call_kind kinds[] = { PROVIDER_LOAD, PROVIDER_OPEN, PROVIDER_CLOSE,
                                                     PROVIDER_UNLOAD };
    struct bench_durations *const results[] = { &calls->load, &calls->open, &calls->close,
                                                &calls->unload };
    struct durations durations[4] = { { 0 } };
    struct provider_process *process = NULL;
    const uint64_t begin = os_clock_ticks();
    DWORD error = provider_process_start(&process, &bench->start);

    while (!error && !is_time_up(bench, begin, durations[0].count))
        for (size_t i = 0; i < 4 && !error; i++)
            error = make_plain(process, kinds[i], &durations[i], failure);
    provider_process_stop(process);
    for (size_t i = 0; i < 4; i++)
        *results[i] = summarize(&durations[i]);
    return error;
}

/* ---- Collect ----------------------------------------------------------------------------- */

static DWORD time_collects(const struct provider_bench *bench, struct provider_process *process,
                           const WCHAR *value, struct bench_query *query,
                           struct durations *durations, struct bench_failure *failure)
{
    struct provider_call call = { .kind = PROVIDER_COLLECT,
                                  .query = value,
                                  .buffer_size = FIRST_BUFFER_SIZE,
                                  .copy_used_only = true };
    uint64_t begin = os_clock_ticks();
    DWORD error = ERROR_SUCCESS;

    while (!error && !is_time_up(bench, begin, durations->count)) {
        struct provider_observation seen = { 0 };

        error = make(process, &call, &seen, failure);
        if (!error && seen.return_code == ERROR_MORE_DATA) {
            if (call.buffer_size >= LAST_BUFFER_SIZE) {
                describe(failure, &call, &seen);
                error = ERROR_CANCELLED;
            }
            call.buffer_size *= 2;
            begin = os_clock_ticks();
        } else if (!error) {
            query->object_count = seen.object_types;
            query->byte_count = seen.total_bytes;
            error = add_duration(durations, (double)seen.duration_100ns * 100);
        }
        provider_observation_release(&seen);
    }
    return error;
}

/* ---- whole queries ----------------------------------------------------------------------- */

static DWORD time_host(const struct provider_bench *bench, struct host *host, const WCHAR *value,
                       struct durations *durations)
{
    DWORD size = 0, error;
    BYTE *data = NULL;

    /* this opens the provider and finds the size of an answer */
    error = host_query_growing(host, value, NULL, &data, &size);

    /* The size of answers changes a little from one query to the next. */
    const DWORD buffer_size = size + size / 4 + FIRST_BUFFER_SIZE;
    const uint64_t begin = os_clock_ticks();

    free(data);
    data = error ? NULL : malloc(buffer_size);
    if (!error && !data)
        error = ERROR_NOT_ENOUGH_MEMORY;
    while (!error && !is_time_up(bench, begin, durations->count)) {
        const uint64_t before = os_clock_ticks();

        size = buffer_size;
        error = host_query_value(host, value, NULL, data, &size);
        if (!error)
            error = add_duration(durations, nanoseconds_since(before));
    }
    free(data);
    return error;
}

struct event_listener {
    uint32_t level; /* test level */
    struct bench_failure *failure;
};

/* A host reports an event of a provider when it discards answers. The first text is kept. */
static void on_event(void *context, const struct host_event *event)
{
    const struct event_listener *listener = context;
    struct bench_failure *failure = listener->failure;

    if (event->is_logged && !*failure->words)
        snprintf(failure->words, sizeof(failure->words), "at test level %u: %s",
                 (unsigned)listener->level, event->text);
}

/* Time whole queries at one level, with a registration of this provider alone. The registration
   owns nothing that it points to. */
static DWORD time_level(const struct provider_bench *bench, uint32_t level, const WCHAR *value,
                        struct durations *durations, struct bench_failure *failure)
{
    const struct provider_start *start = &bench->start;
    char name[] = "unregistered";
    struct service service = { .name = name,
                               .open_timeout_ms = 10000,
                               .collect_timeout_ms = 10000 };
    struct registration one = {
        .services = &service, .service_count = 1, .test_level = level, .event_log_level = 2
    };
    struct event_listener listener = { .level = level, .failure = failure };
    const struct host_options options = { .test_level = level,
                                          .on_event = on_event,
                                          .event_context = &listener };
    struct host *host;
    DWORD error;

    if (bench->service)
        service = *bench->service;
    service.library = (char *)(uintptr_t)start->library;
    service.library_is_expandable = false;
    service.open = (char *)(uintptr_t)start->open;
    service.collect = (char *)(uintptr_t)start->collect;
    service.close = (char *)(uintptr_t)start->close;
    service.disabled = 0;
    error = host_open(&host, &one, &options);
    if (error)
        return error;
    error = time_host(bench, host, value, durations);
    host_close(host);
    return error ? error : *failure->words ? ERROR_CANCELLED : ERROR_SUCCESS;
}

DWORD provider_bench_query(const struct provider_bench *bench, const char *value,
                           struct bench_query *query, struct bench_failure *failure)
{
    WCHAR text[PROVIDER_BENCH_QUERY_SIZE];
    struct durations durations = { 0 };
    struct provider_process *process;
    DWORD error;

    if (strlen(value) >= PROVIDER_BENCH_QUERY_SIZE)
        return ERROR_INVALID_PARAMETER;
    text_from_utf8(value, strlen(value), text, PROVIDER_BENCH_QUERY_SIZE);
    error = provider_process_start(&process, &bench->start);
    if (error)
        return error;
    error = make_plain(process, PROVIDER_LOAD, NULL, failure);
    if (!error)
        error = make_plain(process, PROVIDER_OPEN, NULL, failure);
    if (!error)
        error = time_collects(bench, process, text, query, &durations, failure);
    query->collect = summarize(&durations);
    if (!error)
        error = make_plain(process, PROVIDER_CLOSE, NULL, failure);
    provider_process_stop(process);

    for (uint32_t level = 1; !error && level <= PROVIDER_BENCH_LEVELS; level++) {
        if (bench->test_level && level != bench->test_level)
            continue;
        error = time_level(bench, level, text, &durations, failure);
        if (error == ERROR_CANCELLED) { /* the time of discarded answers has no meaning */
            snprintf(query->discarded[level - 1], BENCH_WORDS, "%s", failure->words);
            *failure = (struct bench_failure){ 0 };
            durations.count = 0;
            error = ERROR_SUCCESS;
        }
        query->levels[level - 1] = summarize(&durations);
    }
    return error;
}
