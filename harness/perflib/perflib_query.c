/* SPDX-License-Identifier: MIT
 *
 * Query handles of PERFLIB V2: the counters that a consumer added, and the answer with their values
 * at one moment.
 *
 * Rule: PerfAddCounters, PerfQueryCounterData (perflib.h). Where they are silent: a name without
 * wildcards selects one instance, and the result is ERROR_NOT_FOUND if it does not exist; if a
 * value has no address, the whole result is ERROR_NO_DATA.
 */
#include "perflib_consumer.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "perflib_catalog.h"
#include "perflib_share.h"
#include "perflib_views.h"
#include "perflib_writer.h"
#include "share_wishes.h"
#include "text.h"

struct counter_query {
    struct counter_query *next; /* in the list of open queries */
    struct os_lock lock;        /* protects the following members */
    struct added {
        PERF_COUNTER_IDENTIFIER *identifier; /* of different sizes */
        uint32_t wish;                       /* for providers of other processes; 0: no wish */
    } * added;                               /* in the order in which they were added */
    size_t count, capacity;
};

static struct os_lock queries_lock;
static struct counter_query *queries;

/* The open query of a handle. An unknown handle is never dereferenced. */
static struct counter_query *find_query(HANDLE handle)
{
    os_lock_acquire(&queries_lock);
    struct counter_query *query = queries;
    while (query && query != handle)
        query = query->next;
    os_lock_release(&queries_lock);
    return query;
}

ULONG WINAPI PerfOpenQueryHandle(LPCWSTR machine, HANDLE *handle)
{
    if (!handle)
        return ERROR_INVALID_PARAMETER;
    DWORD error = perflib_consumer_check_machine(machine);
    if (error)
        return error;

    struct counter_query *query = calloc(1, sizeof(*query));
    if (!query)
        return ERROR_OUTOFMEMORY;
    os_lock_acquire(&queries_lock);
    query->next = queries;
    queries = query;
    os_lock_release(&queries_lock);
    *handle = query;
    return ERROR_SUCCESS;
}

/* ---- identifiers ----------------------------------------------------------------------------- */

static const WCHAR *name_of(const PERF_COUNTER_IDENTIFIER *identifier)
{
    return identifier->Size > sizeof(*identifier) ? (const WCHAR *)(identifier + 1) : TEXT16("");
}

/* The block at an offset, or NULL if it or its name is not inside `size` bytes. */
static PERF_COUNTER_IDENTIFIER *block_at(PERF_COUNTER_IDENTIFIER *blocks, DWORD offset, DWORD size)
{
    PERF_COUNTER_IDENTIFIER *block = (void *)((unsigned char *)blocks + offset);
    const DWORD rest = size - offset;

    if (rest < sizeof(*block) || block->Size < sizeof(*block) || block->Size > rest ||
        block->Size % 8)
        return NULL;

    const WCHAR *name = (const WCHAR *)(block + 1);
    size_t capacity = (block->Size - sizeof(*block)) / sizeof(*name);
    if (capacity == 0)
        return block;
    while (capacity && *name) {
        name++;
        capacity--;
    }
    return capacity ? block : NULL;
}

/* Check that each block lies completely inside the buffer. */
static ULONG check_blocks(PERF_COUNTER_IDENTIFIER *blocks, DWORD size)
{
    if (!blocks || size < sizeof(*blocks))
        return ERROR_INVALID_PARAMETER;
    for (DWORD offset = 0; offset < size;) {
        const PERF_COUNTER_IDENTIFIER *block = block_at(blocks, offset, size);

        if (!block)
            return ERROR_INVALID_PARAMETER;
        offset += block->Size;
    }
    return ERROR_SUCCESS;
}

/* Check that the counter and the set of a block exist. */
static ULONG check_identifier(const PERF_COUNTER_IDENTIFIER *block)
{
    const struct catalog_set *registered = perflib_catalog_find(&block->CounterSetGuid);
    const struct perflib_counterset *set = perflib_state_find_provided_set(&block->CounterSetGuid);
    ULONG instance_type, position;
    bool has_counter = block->CounterId == PERF_WILDCARD_COUNTER;

    if (set) {
        instance_type = set->info.InstanceType;
        has_counter = has_counter || perflib_state_find_counter(set, block->CounterId, &position);
    } else if (registered) {
        instance_type = registered->instance_type;
        for (ULONG i = 0; i < registered->counter_count; i++)
            has_counter = has_counter || registered->counters[i].info.CounterId == block->CounterId;
    } else {
        return ERROR_WMI_GUID_NOT_FOUND;
    }

    if (perflib_has_instances(instance_type) != (*name_of(block) != 0))
        return ERROR_INVALID_PARAMETER;
    return has_counter ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}

static struct perflib_request request_of(const PERF_COUNTER_IDENTIFIER *block, ULONG code)
{
    return (struct perflib_request){ code, block->CounterSetGuid, block->CounterId,
                                     block->InstanceId, name_of(block) };
}

static ULONG add_identifier(struct counter_query *query, const PERF_COUNTER_IDENTIFIER *block)
{
    const struct perflib_request request = request_of(block, PERF_ADD_COUNTER);

    perflib_state_lock();
    ULONG error = check_identifier(block);
    perflib_state_unlock();
    if (error)
        return error;

    PERF_COUNTER_IDENTIFIER *copy = malloc(block->Size);
    if (!copy)
        return ERROR_OUTOFMEMORY;
    memcpy(copy, block, block->Size);
    copy->Status = ERROR_SUCCESS;
    error = perflib_consumer_request(&request);

    os_lock_acquire(&query->lock);
    struct added *larger =
        error ? NULL
              : array_reserve(query->added, &query->capacity, query->count + 1, sizeof(*larger));
    if (larger) {
        query->added = larger;
        query->added[query->count++] = (struct added){ copy, share_wishes_add(&request) };
    } else if (!error) {
        error = ERROR_OUTOFMEMORY;
    }
    os_lock_release(&query->lock);
    if (error)
        free(copy);
    return error;
}

/* Take an identifier out of a query, which may have no memory for it. */
static void take_out(struct counter_query *query, size_t position)
{
    memmove(query->added + position, query->added + position + 1,
            (--query->count - position) * sizeof(*query->added));
}

static void delete_added(struct added added)
{
    const struct perflib_request request = request_of(added.identifier, PERF_REMOVE_COUNTER);

    share_wishes_remove(added.wish);
    perflib_consumer_request(&request); /* it is removed even if the provider returns an error */
    free(added.identifier);
}

static ULONG delete_identifier(struct counter_query *query, const PERF_COUNTER_IDENTIFIER *block)
{
    struct added found = { 0 };

    os_lock_acquire(&query->lock);
    for (size_t i = 0; i < query->count && !found.identifier; i++) {
        const PERF_COUNTER_IDENTIFIER *other = query->added[i].identifier;

        if (perflib_state_guid_equal(&other->CounterSetGuid, &block->CounterSetGuid) &&
            other->CounterId == block->CounterId && other->InstanceId == block->InstanceId &&
            text_equal_ignore_case(name_of(other), name_of(block))) {
            found = query->added[i];
            take_out(query, i);
        }
    }
    os_lock_release(&query->lock);
    if (!found.identifier)
        return ERROR_NOT_FOUND;
    delete_added(found);
    return ERROR_SUCCESS;
}

/* Whether a provider of another process has one of the sets that were added from `first` on. */
static bool has_remote_set(struct counter_query *query, size_t first)
{
    bool found = false;

    os_lock_acquire(&query->lock);
    perflib_state_lock();
    for (size_t i = first; i < query->count && !found; i++)
        for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !found;
             provider = provider->next)
            found = provider->is_remote && query->added[i].wish &&
                    perflib_state_find_set(provider, &query->added[i].identifier->CounterSetGuid);
    perflib_state_unlock();
    os_lock_release(&query->lock);
    return found;
}

/* The block of an identifier that was added with success, or NULL. */
static PERF_COUNTER_IDENTIFIER *block_of(const PERF_COUNTER_IDENTIFIER *identifier,
                                         PERF_COUNTER_IDENTIFIER *blocks, DWORD size)
{
    for (DWORD offset = 0; offset < size;) {
        PERF_COUNTER_IDENTIFIER *block = block_at(blocks, offset, size);

        if (block->Status == ERROR_SUCCESS && block->Size == identifier->Size &&
            memcmp(block, identifier, offsetof(PERF_COUNTER_IDENTIFIER, Status)) == 0 &&
            block->CounterId == identifier->CounterId &&
            block->InstanceId == identifier->InstanceId &&
            text_equal_ignore_case(name_of(block), name_of(identifier)))
            return block;
        offset += block->Size;
    }
    return NULL;
}

/* Remove the identifiers that a provider of another process has refused, and report its error. */
static void remove_refused(struct counter_query *query, size_t first,
                           PERF_COUNTER_IDENTIFIER *blocks, DWORD size)
{
    os_lock_acquire(&query->lock);
    for (size_t i = first; i < query->count;) {
        struct added *added = &query->added[i];
        const ULONG error = share_wishes_result(added->wish);
        PERF_COUNTER_IDENTIFIER *block = error ? block_of(added->identifier, blocks, size) : NULL;

        if (!block) {
            i++;
            continue;
        }
        block->Status = error;
        share_wishes_remove(added->wish);
        free(added->identifier);
        take_out(query, i);
    }
    os_lock_release(&query->lock);
}

static ULONG for_each_block(HANDLE handle, PERF_COUNTER_IDENTIFIER *blocks, DWORD size,
                            ULONG (*work)(struct counter_query *, const PERF_COUNTER_IDENTIFIER *))
{
    struct counter_query *query = find_query(handle);

    if (!query)
        return ERROR_INVALID_HANDLE;
    ULONG error = check_blocks(blocks, size);
    if (error)
        return error;
    for (DWORD offset = 0; offset < size;) {
        PERF_COUNTER_IDENTIFIER *block = block_at(blocks, offset, size);

        block->Status = work(query, block);
        offset += block->Size;
    }
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfAddCounters(HANDLE handle, PPERF_COUNTER_IDENTIFIER blocks, DWORD size)
{
    struct counter_query *query = find_query(handle);

    if (!query)
        return ERROR_INVALID_HANDLE;
    os_lock_acquire(&query->lock);
    const size_t first = query->count;
    os_lock_release(&query->lock);
    perflib_share_refresh(PERFLIB_OLDEST_MS);
    const ULONG error = for_each_block(handle, blocks, size, add_identifier);
    if (error || !has_remote_set(query, first))
        return error;
    share_wishes_write();
    perflib_share_refresh(0);
    remove_refused(query, first, blocks, size);
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfDeleteCounters(HANDLE handle, PPERF_COUNTER_IDENTIFIER blocks, DWORD size)
{
    const ULONG error = for_each_block(handle, blocks, size, delete_identifier);

    share_wishes_write();
    return error;
}

ULONG WINAPI PerfCloseQueryHandle(HANDLE handle)
{
    struct counter_query *query = find_query(handle);

    if (!query)
        return ERROR_INVALID_HANDLE;
    os_lock_acquire(&queries_lock);
    struct counter_query **link = &queries;
    while (*link != query)
        link = &(*link)->next;
    *link = query->next;
    os_lock_release(&queries_lock);

    while (query->count)
        delete_added(query->added[--query->count]);
    share_wishes_write();
    free(query->added);
    free(query);
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfQueryCounterInfo(HANDLE handle, PPERF_COUNTER_IDENTIFIER blocks, DWORD size,
                                  LPDWORD actual)
{
    struct counter_query *query = find_query(handle);
    struct perflib_writer writer = { (unsigned char *)blocks, blocks ? size : 0, 0 };

    if (!query)
        return ERROR_INVALID_HANDLE;
    if (!actual)
        return ERROR_INVALID_PARAMETER;
    os_lock_acquire(&query->lock);
    for (size_t i = 0; i < query->count; i++) {
        PERF_COUNTER_IDENTIFIER *identifier = query->added[i].identifier;

        identifier->Index = (ULONG)i;
        perflib_writer_add(&writer, identifier, identifier->Size);
    }
    os_lock_release(&query->lock);
    return perflib_writer_end(&writer, actual);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void write_value(struct perflib_writer *writer, const struct perflib_views *views,
                        const struct perflib_view *view, ULONG position)
{
    const ULONG size = perflib_value_size(views->counters[position].Type);
    const PERF_COUNTER_DATA data = { size, sizeof(data) + 8 };

    perflib_writer_add(writer, &data, sizeof(data));
    perflib_writer_add(writer, &view->values[position].value, size);
    perflib_writer_pad(writer);
}

static void write_instance(struct perflib_writer *writer, const WCHAR *name, ULONG id)
{
    const size_t name_size = (text_length(name) + 1) * sizeof(*name);
    const PERF_INSTANCE_HEADER header = {
        (ULONG)((sizeof(header) + name_size + 7) & ~(size_t)7),
        id,
    };

    perflib_writer_add(writer, &header, sizeof(header));
    perflib_writer_add(writer, name, name_size);
    perflib_writer_pad(writer);
}

/* The part of a set that one identifier selects. */
struct selection {
    ULONG first, count; /* counters, by position */
    bool many_instances;
    const WCHAR *pattern;
    ULONG id;
};

static bool selects(const struct selection *selection, const struct perflib_view *view)
{
    return (selection->id == 0xFFFFFFFF || selection->id == view->id) &&
           (!*selection->pattern || perflib_views_name_matches(selection->pattern, view->name));
}

static bool has_wildcard(const WCHAR *name)
{
    while (*name && *name != '*' && *name != '?')
        name++;
    return *name != 0;
}

/* ERROR_NOT_FOUND if one instance was requested and does not exist; ERROR_NO_DATA if a value has no
   address. */
static ULONG check_selection(const struct selection *selection, const struct perflib_views *views)
{
    bool has_instance = selection->many_instances;

    for (size_t i = 0; i < views->count; i++) {
        if (!selects(selection, &views->items[i]))
            continue;
        for (ULONG j = 0; j < selection->count; j++)
            if (!views->items[i].values[selection->first + j].has_value)
                return ERROR_NO_DATA;
        has_instance = true;
        if (!selection->many_instances)
            break;
    }
    return has_instance ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}

static void write_selection(struct perflib_writer *writer, const struct selection *selection,
                            const struct perflib_views *views, bool many_counters)
{
    ULONG instance_count = 0;

    if (many_counters) {
        const PERF_MULTI_COUNTERS counters = {
            (ULONG)((sizeof(counters) + selection->count * sizeof(ULONG) + 7) & ~(size_t)7),
            selection->count,
        };
        perflib_writer_add(writer, &counters, sizeof(counters));
        for (ULONG i = 0; i < selection->count; i++)
            perflib_writer_add(writer, &views->counters[selection->first + i].CounterId,
                               sizeof(ULONG));
        perflib_writer_pad(writer);
    }

    const size_t instances_at = writer->used;
    if (selection->many_instances)
        perflib_writer_add(writer, NULL, sizeof(PERF_MULTI_INSTANCES));
    for (size_t i = 0; i < views->count; i++) {
        const struct perflib_view *view = &views->items[i];

        if (!selects(selection, view))
            continue;
        if (selection->many_instances)
            write_instance(writer, view->name, view->id);
        for (ULONG j = 0; j < selection->count; j++)
            write_value(writer, views, view, selection->first + j);
        instance_count++;
        if (!selection->many_instances)
            break;
    }
    if (selection->many_instances) {
        perflib_writer_set(writer, instances_at, (ULONG)(writer->used - instances_at));
        perflib_writer_set(writer, instances_at + offsetof(PERF_MULTI_INSTANCES, dwInstances),
                           instance_count);
    }
}

/* Write one result. Its status reports its error; only a lack of memory ends the whole query. */
static ULONG write_result(struct perflib_writer *writer, const PERF_COUNTER_IDENTIFIER *identifier,
                          ULONG status)
{
    const size_t begin = writer->used;
    struct selection selection = { .pattern = name_of(identifier), .id = identifier->InstanceId };
    struct perflib_views views = { 0 };
    PERF_COUNTER_HEADER header = { status, PERF_ERROR_RETURN, sizeof(header), 0 };
    bool many_counters = false;

    if (!header.dwStatus)
        header.dwStatus = perflib_views_read(&views, &identifier->CounterSetGuid);
    if (header.dwStatus == ERROR_OUTOFMEMORY)
        return ERROR_OUTOFMEMORY;
    if (!header.dwStatus) {
        many_counters = identifier->CounterId == PERF_WILDCARD_COUNTER;
        selection.count = many_counters ? views.counter_count : 1;
        selection.many_instances = has_wildcard(selection.pattern);
        if (!many_counters)
            while (selection.first < views.counter_count &&
                   views.counters[selection.first].CounterId != identifier->CounterId)
                selection.first++;
        header.dwStatus = selection.first < views.counter_count
                              ? check_selection(&selection, &views)
                              : ERROR_NOT_FOUND; /* the set belongs to another provider now */
    }
    if (!header.dwStatus)
        header.dwType = selection.many_instances
                            ? (many_counters ? PERF_COUNTERSET : PERF_MULTIPLE_INSTANCES)
                            : (many_counters ? PERF_MULTIPLE_COUNTERS : PERF_SINGLE_COUNTER);

    perflib_writer_add(writer, &header, sizeof(header));
    if (!header.dwStatus)
        write_selection(writer, &selection, &views, many_counters);
    perflib_writer_set(writer, begin + offsetof(PERF_COUNTER_HEADER, dwSize),
                       (ULONG)(writer->used - begin));
    perflib_views_release(&views);
    return ERROR_SUCCESS;
}

/* The date of a number of units of 100 ns since 1601, in the proleptic Gregorian calendar. */
static SYSTEMTIME date_of(uint64_t time_100ns)
{
    const uint64_t milliseconds = time_100ns / 10000, days = milliseconds / 86400000;
    const uint64_t shifted = days + 306; /* since 1600-03-01; 1600 is divisible by 400 */
    const uint64_t era = shifted / 146097, day = shifted % 146097;
    const uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const uint64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    const uint64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    const uint64_t rest = milliseconds % 86400000;

    return (SYSTEMTIME){
        .wYear = (WORD)(1600 + era * 400 + year + (month >= 10)),
        .wMonth = (WORD)(month < 10 ? month + 3 : month - 9),
        .wDayOfWeek = (WORD)((days + 1) % 7), /* 1601-01-01 was a Monday */
        .wDay = (WORD)(day_of_year - (153 * month + 2) / 5 + 1),
        .wHour = (WORD)(rest / 3600000),
        .wMinute = (WORD)(rest / 60000 % 60),
        .wSecond = (WORD)(rest / 1000 % 60),
        .wMilliseconds = (WORD)(rest % 1000),
    };
}

static ULONG write_results(struct counter_query *query, const struct perflib_callees *callees,
                           struct perflib_writer *writer)
{
    const uint64_t time_100ns = os_time_100ns();
    const PERF_DATA_HEADER header = {
        .dwNumCounters = (ULONG)query->count,
        .PerfTimeStamp = (LONGLONG)os_clock_ticks(),
        .PerfTime100NSec = (LONGLONG)time_100ns,
        .PerfFreq = (LONGLONG)os_clock_frequency(),
        .SystemTime = date_of(time_100ns),
    };
    ULONG error = ERROR_SUCCESS;

    perflib_writer_add(writer, &header, sizeof(header));
    perflib_state_lock(); /* so that all values are of one moment */
    for (size_t i = 0; i < query->count && !error; i++) {
        const PERF_COUNTER_IDENTIFIER *identifier = query->added[i].identifier;

        error = write_result(writer, identifier,
                             perflib_consumer_result(callees, &identifier->CounterSetGuid));
    }
    perflib_state_unlock();
    perflib_writer_set(writer, offsetof(PERF_DATA_HEADER, dwTotalSize), (ULONG)writer->used);
    return error;
}

ULONG WINAPI PerfQueryCounterData(HANDLE handle, PPERF_DATA_HEADER data, DWORD size, LPDWORD actual)
{
    struct counter_query *query = find_query(handle);
    struct perflib_writer writer = { (unsigned char *)data, data ? size : 0, 0 };
    struct perflib_callees callees = { 0 };
    WCHAR machine[PERFLIB_MACHINE_LENGTH];
    ULONG error = ERROR_SUCCESS;

    if (!query)
        return ERROR_INVALID_HANDLE;
    if (!actual)
        return ERROR_INVALID_PARAMETER;

    if (query->count)
        perflib_share_refresh(0);
    perflib_consumer_machine(machine);
    const ULONG machine_size = (ULONG)((text_length(machine) + 1) * sizeof(*machine));
    os_lock_acquire(&query->lock);
    for (size_t i = 0; i < query->count && !error; i++)
        error = perflib_consumer_add_callees(&callees, &query->added[i].identifier->CounterSetGuid);
    os_lock_release(&query->lock);
    if (error)
        goto release;

    perflib_consumer_call(&callees, PERF_COLLECT_START, machine, machine_size);
    os_lock_acquire(&query->lock);
    error = write_results(query, &callees, &writer);
    os_lock_release(&query->lock);
    perflib_consumer_call(&callees, PERF_COLLECT_END, machine, machine_size);
    if (!error)
        error = perflib_writer_end(&writer, actual);

release:
    perflib_consumer_release_callees(&callees);
    return error;
}
