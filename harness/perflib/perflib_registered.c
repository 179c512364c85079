/* SPDX-License-Identifier: MIT
 *
 * The consumer's functions that need no query: the list of countersets, their instances, and the
 * registered information.
 *
 * A set exists if it is in the catalog or a provider has it. Rule: PERF_COUNTERSET_REG_INFO is
 * followed by a PERF_COUNTER_REG_INFO for each counter.
 */
#include "perflib_consumer.h"

#include <stdlib.h>

#include "perflib_catalog.h"
#include "perflib_share.h"
#include "perflib_views.h"
#include "perflib_writer.h"
#include "share_wishes.h"
#include "text.h"

/* ---- sets and instances ---------------------------------------------------------------------- */

static bool is_listed(const struct perflib_writer *writer, const GUID *guid)
{
    for (size_t at = 0; at + sizeof(*guid) <= writer->used; at += sizeof(*guid))
        if (perflib_state_guid_equal((const GUID *)(writer->data + at), guid))
            return true;
    return false;
}

/* List each GUID once, in memory from malloc. */
static DWORD list_sets(struct perflib_writer *list)
{
    size_t most = 0;

    while (perflib_catalog_at(most))
        most++;
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next)
        for (const struct perflib_counterset *set = provider->first_set; set; set = set->next)
            most++;
    list->capacity = most * sizeof(GUID);
    list->data = malloc(list->capacity + 1);
    if (!list->data)
        return ERROR_OUTOFMEMORY;

    for (size_t i = 0; perflib_catalog_at(i); i++)
        perflib_writer_add(list, &perflib_catalog_at(i)->guid, sizeof(GUID));
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next)
        for (const struct perflib_counterset *set = provider->first_set; set; set = set->next)
            if (!is_listed(list, &set->info.CounterSetGuid))
                perflib_writer_add(list, &set->info.CounterSetGuid, sizeof(GUID));
    return ERROR_SUCCESS;
}

ULONG WINAPI PerfEnumerateCounterSet(LPCWSTR machine, LPGUID guids, DWORD capacity, LPDWORD actual)
{
    struct perflib_writer list = { 0 };

    if (!actual)
        return ERROR_INVALID_PARAMETER;
    DWORD error = perflib_consumer_check_machine(machine);
    if (error)
        return error;
    perflib_share_refresh(PERFLIB_OLDEST_MS);

    perflib_state_lock();
    error = list_sets(&list);
    perflib_state_unlock();
    if (error)
        return error;
    const size_t count = list.used / sizeof(GUID);
    *actual = (DWORD)count;
    if (!guids || capacity < count)
        error = count ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    else if (count)
        memcpy(guids, list.data, list.used);
    free(list.data);
    return error;
}

static bool has_remote_set(const GUID *guid)
{
    bool found = false;

    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !found;
         provider = provider->next)
        found = provider->is_remote && perflib_state_find_set(provider, guid);
    perflib_state_unlock();
    return found;
}

/* Report to all providers of a set that its instances are listed. Returns the first error. */
static ULONG request_instances(const GUID *guid)
{
    const struct perflib_request request = { PERF_ENUM_INSTANCES, *guid, 0, 0, TEXT16("") };

    ULONG error = perflib_consumer_request(&request);
    if (error || !has_remote_set(guid))
        return error;
    const uint32_t wish = share_wishes_add(&request);
    share_wishes_write();
    perflib_share_refresh(0);
    error = share_wishes_result(wish);
    share_wishes_remove(wish);
    share_wishes_write();
    return error;
}

ULONG WINAPI PerfEnumerateCounterSetInstances(LPCWSTR machine, LPCGUID guid,
                                              PPERF_INSTANCE_HEADER instances, DWORD size,
                                              LPDWORD actual)
{
    struct perflib_writer writer = { (unsigned char *)instances, instances ? size : 0, 0 };
    struct perflib_views views = { 0 };

    if (!guid || !actual)
        return ERROR_INVALID_PARAMETER;
    DWORD error = perflib_consumer_check_machine(machine);
    if (error)
        return error;
    perflib_share_refresh(PERFLIB_OLDEST_MS);

    error = request_instances(guid);
    if (error)
        return error;

    perflib_state_lock();
    error = perflib_views_read(&views, guid);
    if (error == ERROR_WMI_GUID_NOT_FOUND && perflib_catalog_find(guid))
        error = ERROR_SUCCESS; /* registered, but no provider has it now */
    for (size_t i = 0; !error && i < views.count; i++) {
        const size_t name_size = (text_length(views.items[i].name) + 1) * sizeof(WCHAR);
        const PERF_INSTANCE_HEADER header = {
            (ULONG)((sizeof(header) + name_size + 7) & ~(size_t)7),
            views.items[i].id,
        };

        perflib_writer_add(&writer, &header, sizeof(header));
        perflib_writer_add(&writer, views.items[i].name, name_size);
        perflib_writer_pad(&writer);
    }
    perflib_state_unlock();
    perflib_views_release(&views);
    return error ? error : perflib_writer_end(&writer, actual);
}

/* ---- what is registered ---------------------------------------------------------------------- */

/* Describe a set that no manifest registered, from its template. The memory is from malloc. */
static struct catalog_set *describe_template(const GUID *guid)
{
    const struct perflib_counterset *set = perflib_state_find_provided_set(guid);

    if (!set)
        return NULL;

    const ULONG count = set->info.NumCounters;
    struct catalog_set *described =
        calloc(1, sizeof(*described) + count * sizeof(struct catalog_counter));
    if (!described)
        return NULL;
    struct catalog_counter *counters = (struct catalog_counter *)(described + 1);
    for (ULONG i = 0; i < count; i++)
        counters[i].info = (PERF_COUNTER_REG_INFO){
            .CounterId = set->counters[i].CounterId,
            .Type = set->counters[i].Type,
            .Attrib = set->counters[i].Attrib,
            .DetailLevel = set->counters[i].DetailLevel,
            .DefaultScale = set->counters[i].Scale,
            .BaseCounterId = PERFLIB_NO_COUNTER,
            .PerfTimeId = PERFLIB_NO_COUNTER,
            .PerfFreqId = PERFLIB_NO_COUNTER,
            .MultiId = PERFLIB_NO_COUNTER,
        };
    described->guid = *guid;
    described->provider_guid = set->provider->guid;
    described->provider_type = PERF_PROVIDER_USER_MODE;
    described->instance_type = set->info.InstanceType;
    described->counters = counters;
    described->counter_count = count;
    return described;
}

static ULONG detail_level(const struct catalog_set *set)
{
    ULONG level = set->counters[0].info.DetailLevel;

    for (ULONG i = 1; i < set->counter_count; i++)
        if (set->counters[i].info.DetailLevel < level)
            level = set->counters[i].info.DetailLevel;
    return level;
}

static void write_set(struct perflib_writer *writer, const struct catalog_set *set)
{
    const PERF_COUNTERSET_REG_INFO info = { set->guid, set->provider_type, detail_level(set),
                                            set->counter_count, set->instance_type };

    perflib_writer_add(writer, &info, sizeof(info));
    for (ULONG i = 0; i < set->counter_count; i++)
        perflib_writer_add(writer, &set->counters[i].info, sizeof(set->counters[i].info));
}

static DWORD write_counter(struct perflib_writer *writer, const struct catalog_set *set, DWORD id)
{
    for (ULONG i = 0; i < set->counter_count; i++) {
        if (set->counters[i].info.CounterId == id) {
            perflib_writer_add(writer, &set->counters[i].info, sizeof(set->counters[i].info));
            return ERROR_SUCCESS;
        }
    }
    return ERROR_NOT_FOUND;
}

static DWORD write_text(struct perflib_writer *writer, const WCHAR *text)
{
    if (!text)
        return ERROR_NOT_FOUND;
    perflib_writer_add(writer, text, (text_length(text) + 1) * sizeof(*text));
    return ERROR_SUCCESS;
}

static void write_texts(struct perflib_writer *writer, const struct catalog_set *set, bool help)
{
    const PERF_STRING_BUFFER_HEADER header = { 0, set->counter_count };

    perflib_writer_add(writer, &header, sizeof(header));
    for (ULONG i = 0; i < set->counter_count; i++) {
        const PERF_STRING_COUNTER_HEADER counter = { set->counters[i].info.CounterId, 0xFFFFFFFF };

        perflib_writer_add(writer, &counter, sizeof(counter));
    }
    for (ULONG i = 0; i < set->counter_count; i++) {
        const size_t offset = writer->used;

        if (write_text(writer, help ? set->counters[i].help : set->counters[i].name))
            continue;
        perflib_writer_set(writer,
                           sizeof(header) + i * sizeof(PERF_STRING_COUNTER_HEADER) +
                               offsetof(PERF_STRING_COUNTER_HEADER, dwOffset),
                           (ULONG)offset);
    }
    perflib_writer_pad(writer);
    perflib_writer_set(writer, 0, (ULONG)writer->used);
}

static DWORD write_information(struct perflib_writer *writer, const struct catalog_set *set,
                               PerfRegInfoType code, DWORD language)
{
    switch (code) {
    case PERF_REG_COUNTERSET_STRUCT:
        write_set(writer, set);
        return ERROR_SUCCESS;
    case PERF_REG_COUNTER_STRUCT:
        return write_counter(writer, set, language);
    case PERF_REG_COUNTERSET_NAME_STRING:
    case PERF_REG_COUNTERSET_ENGLISH_NAME:
        return write_text(writer, set->name);
    case PERF_REG_COUNTERSET_HELP_STRING:
        return write_text(writer, set->help);
    case PERF_REG_COUNTER_NAME_STRINGS:
    case PERF_REG_COUNTER_ENGLISH_NAMES:
        write_texts(writer, set, false);
        return ERROR_SUCCESS;
    case PERF_REG_COUNTER_HELP_STRINGS:
        write_texts(writer, set, true);
        return ERROR_SUCCESS;
    case PERF_REG_PROVIDER_NAME:
        return write_text(writer, set->provider_name);
    case PERF_REG_PROVIDER_GUID:
        perflib_writer_add(writer, &set->provider_guid, sizeof(set->provider_guid));
        return ERROR_SUCCESS;
    }
    return ERROR_INVALID_PARAMETER;
}

ULONG WINAPI PerfQueryCounterSetRegistrationInfo(LPCWSTR machine, LPCGUID guid,
                                                 PerfRegInfoType code, DWORD language,
                                                 LPBYTE information, DWORD size, LPDWORD actual)
{
    struct perflib_writer writer = { information, information ? size : 0, 0 };
    struct catalog_set *described = NULL;

    if (!guid || !actual)
        return ERROR_INVALID_PARAMETER;
    DWORD error = perflib_consumer_check_machine(machine);
    if (error)
        return error;
    perflib_share_refresh(PERFLIB_OLDEST_MS);

    perflib_state_lock();
    const struct catalog_set *set = perflib_catalog_find(guid);
    if (!set)
        set = described = describe_template(guid);
    error = set ? write_information(&writer, set, code, language) : ERROR_WMI_GUID_NOT_FOUND;
    perflib_state_unlock();
    free(described);
    return error ? error : perflib_writer_end(&writer, actual);
}
