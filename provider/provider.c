/* SPDX-License-Identifier: MIT
 *
 * The provider's state and its three procedures. custom_heap.c and others write the objects; the
 * writer of the object that shows this state itself is below. Events are reported after the lock is
 * released.
 */
#include "provider.h"

#include <stdbool.h>
#include <string.h>

#include "buffer_writer.h"
#include "custom_heap.h"
#include "custom_heap_process.h"
#include "event_log.h"
#include "object_definition.h"
#include "object_clock.h"
#include "os.h"
#include "query.h"
#include "region_reader.h"
#include "round_up.h"
#include "title_base.h"

/* Everything but `lock` is protected by it, and is zero while open_count is 0. */
static struct provider {
    struct os_lock lock;
    uint32_t open_count;
    bool has_titles; /* `definitions` have been made */
    struct object_definition definitions[OBJECT_COUNT];
    struct region_reader *reader; /* NULL until it has been opened */
    struct custom_heap_answer answer;
    struct process_snapshots snapshots;
    uint64_t collect_count;        /* finished collects */
    uint64_t collect_ticks;        /* time spent in collects, finished ones only */
    struct region_counts reported; /* counts at the time of the last events */
} provider;

/* Events that are reported after the lock is released. */
struct failures {
    bool has_happened[EVENT_COUNT];
    uint64_t number[EVENT_COUNT];
};

static void failures_add(struct failures *failures, enum event_id event, uint64_t number)
{
    failures->has_happened[event] = true;
    failures->number[event] = number;
}

static uint64_t ticks_to_100ns(uint64_t ticks)
{
    const uint64_t units = 10000000;
    uint64_t frequency = os_clock_frequency();

    return ticks / frequency * units + ticks % frequency * units / frequency;
}

static DWORD write_custom_heap(struct buffer_writer *writer,
                               const struct object_definition *definition, uint64_t now)
{
    return custom_heap_write(writer, definition, now, provider.reader, &provider.answer);
}

static DWORD write_custom_heap_process(struct buffer_writer *writer,
                                       const struct object_definition *definition, uint64_t now)
{
    return custom_heap_process_write(writer, definition, now, provider.reader, &provider.snapshots);
}

#define SET(id, value) slot_set(slots, COUNTER_SLOT(custom_heap_provider, id), value)

static DWORD write_custom_heap_provider(struct buffer_writer *writer,
                                        const struct object_definition *definition, uint64_t now)
{
    struct region_counts counts;
    unsigned char *slots;
    size_t heap_count;
    DWORD error;

    region_reader_counts(provider.reader, &counts);
    region_reader_heaps(provider.reader, &heap_count);

    error = buffer_writer_begin_object(writer, definition, object_clock_at(now),
                                       OBJECT_CLOCK_FREQUENCY);
    if (!error)
        error = buffer_writer_add_block(writer, &slots);
    if (error)
        return error;

    SET(collects, provider.collect_count);
    SET(collect_time, ticks_to_100ns(provider.collect_ticks));
    SET(average_collect_time, (uint32_t)provider.collect_ticks);
    SET(average_collect_time_base, (uint32_t)provider.collect_count);
    SET(regions, counts.seen);
    SET(regions_rejected, counts.rejected);
    SET(regions_reaped, counts.reaped);
    SET(heaps, heap_count);
    SET(events_lost, counts.lost);
    SET(directories_refused, counts.refused_directories);
    SET(regions_left_out, counts.left_out_regions);
    SET(heaps_left_out, counts.left_out_heaps);
    SET(heaps_unpublished, counts.unpublished);
    buffer_writer_end_object(writer);
    return ERROR_SUCCESS;
}

#undef SET

/* The writer of each object. */
static DWORD (*const object_writers[OBJECT_COUNT])(struct buffer_writer *writer,
                                                   const struct object_definition *definition,
                                                   uint64_t now) = {
    [OBJECT_custom_heap] = write_custom_heap,
    [OBJECT_custom_heap_provider] = write_custom_heap_provider,
    [OBJECT_custom_heap_process] = write_custom_heap_process,
};

/* Bytes of an answer without the instances of heaps: more than all definitions and _Total take. */
#define ANSWER_BESIDES_HEAPS ((size_t)64 << 10)

static DWORD open_reader(void)
{
    const struct object_definition *definition = &provider.definitions[OBJECT_custom_heap];
    const size_t named = buffer_writer_instance_size(definition, 0);
    DWORD error = region_reader_open(&provider.reader);

    if (error)
        provider.reader = NULL;
    else
        region_reader_limit_answer(provider.reader, ANSWER_BESIDES_HEAPS,
                                   named - round_up_8(sizeof(WCHAR)));
    return error;
}

/* If Open could not open the reader, Collect does. */
static DWORD find_reader(struct failures *failures)
{
    DWORD error = provider.reader ? ERROR_SUCCESS : open_reader();

    if (error)
        failures_add(failures, EVENT_regions_unreadable, error);
    return error;
}

/* Bring the reader up to date. If that fails, it still shows what it showed before. */
static void refresh(struct failures *failures)
{
    struct region_counts counts;
    DWORD error = region_reader_refresh(provider.reader);

    if (error)
        failures_add(failures, EVENT_refresh_failed, error);
    region_reader_counts(provider.reader, &counts);
#define REPORT_GROWTH(event, count)                                                                \
    if (counts.count > provider.reported.count)                                                    \
    failures_add(failures, EVENT_##event, counts.count)
    REPORT_GROWTH(region_rejected, rejected);
    REPORT_GROWTH(directory_refused, refused_directories);
    REPORT_GROWTH(regions_left_out, left_out_regions);
    REPORT_GROWTH(heaps_left_out, left_out_heaps);
    REPORT_GROWTH(heaps_unpublished, unpublished);
#undef REPORT_GROWTH
    provider.reported = counts;
}

/* Find which objects the query wants. Returns false if it wants none. */
static bool choose(const WCHAR *text, enum query_answer answers[OBJECT_COUNT])
{
    struct query query;
    bool wants_any = false;

    query_parse(&query, text);
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        answers[i] =
            query_wants(&query, provider.definitions[i].index, counter_table_objects[i].is_costly);
        wants_any |= answers[i] != QUERY_NOTHING;
    }
    return wants_any;
}

static bool wants_data(const enum query_answer answers[])
{
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        if (answers[i] == QUERY_DATA)
            return true;
    return false;
}

static DWORD write_objects(struct buffer_writer *writer, const enum query_answer answers[])
{
    uint64_t now = os_clock_ticks(); /* taken after the refresh, so that no heap was opened later */

    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        const struct object_definition *definition = &provider.definitions[i];
        DWORD error = ERROR_SUCCESS;

        if (answers[i] == QUERY_DATA)
            error = object_writers[i](writer, definition, now);
        else if (answers[i] == QUERY_METADATA)
            error = buffer_writer_add_metadata(writer, definition, object_clock_at(now),
                                               OBJECT_CLOCK_FREQUENCY);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}

/* Called with the lock held. If there is no answer, the writer stays empty. */
static DWORD collect(struct buffer_writer *writer, const WCHAR *query, uint64_t start,
                     struct failures *failures)
{
    enum query_answer answers[OBJECT_COUNT];
    DWORD error;

    if (!provider.has_titles || !choose(query, answers))
        return ERROR_SUCCESS;
    if (!wants_data(answers)) {
        error = write_objects(writer, answers);
    } else if (find_reader(failures)) {
        return ERROR_SUCCESS;
    } else {
        region_reader_hold(provider.reader); /* for all calls together */
        refresh(failures);
        error = write_objects(writer, answers);
        region_reader_release(provider.reader);
    }
    provider.collect_count++;
    provider.collect_ticks += os_clock_ticks() - start;
    return error;
}

void provider_open(const WCHAR *context)
{
    struct title_base base;
    bool is_registered = true;

    os_lock_acquire(&provider.lock);
    if (provider.open_count++ == 0) {
        is_registered = title_base_find(context, &base) == ERROR_SUCCESS;
        provider.has_titles = is_registered;
        for (size_t i = 0; is_registered && i < OBJECT_COUNT; i++)
            object_definition_init(&provider.definitions[i], &counter_table_objects[i],
                                   base.first_counter, base.first_help);
        open_reader(); /* after a failure Collect tries again, and reports it */
    }
    os_lock_release(&provider.lock);
    if (!is_registered)
        event_log_report(EVENT_not_registered, base.service);
}

DWORD provider_collect(const WCHAR *query, void **data, DWORD *size, DWORD *object_count)
{
    struct failures failures = { { false }, { 0 } };
    struct buffer_writer writer;
    uint64_t start = os_clock_ticks();
    DWORD error;

    buffer_writer_init(&writer, data ? *data : NULL, data && *data && size ? *size : 0);
    if (size)
        *size = 0;
    if (object_count)
        *object_count = 0;
    if (!data || !size || !object_count)
        return ERROR_SUCCESS;

    os_lock_acquire(&provider.lock);
    error = collect(&writer, query, start, &failures);
    os_lock_release(&provider.lock);
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (failures.has_happened[i])
            event_log_report_number((enum event_id)i, failures.number[i]);
    if (error)
        return ERROR_MORE_DATA; /* *data is unchanged */

    *data = writer.at;
    *size = (DWORD)writer.used;
    *object_count = writer.object_count;
    return ERROR_SUCCESS;
}

void provider_close(void)
{
    os_lock_acquire(&provider.lock);
    if (provider.open_count > 0 && --provider.open_count == 0) {
        process_snapshots_release(&provider.snapshots);
        region_reader_close(provider.reader);
        provider.reader = NULL;
        provider.has_titles = false;
        custom_heap_answer_release(&provider.answer);
        provider.collect_count = 0;
        provider.collect_ticks = 0;
        memset(&provider.reported, 0, sizeof(provider.reported));
    }
    os_lock_release(&provider.lock);
}
