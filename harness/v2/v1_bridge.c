/* SPDX-License-Identifier: MIT
 *
 * Translates countersets into PERF_OBJECT_TYPE blocks. The layout is one that every known reader
 * reads correctly: standard structure sizes, zeroed slots of 8 bytes, bases after their counters.
 */
#include "v1_bridge.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "perflib_catalog.h"
#include "perflib_consumer.h"
#include "perflib_share.h"
#include "perflib_views.h"
#include "perflib_writer.h"
#include "text.h"

/* The indices of a set: one for itself, and the following ones for its counters. */
struct allotment {
    GUID guid;
    uint32_t index;
    ULONG counter_count;
    ULONG *counters; /* identifiers, in the order of the manifest or else of the template */
    bool is_added;   /* its counters are added to the query */
};

struct v1_bridge {
    uint32_t next_index;
    struct allotment *items;
    size_t count, capacity;
    HANDLE query; /* contains the sets that are read; NULL: not open yet */
};

DWORD v1_bridge_open(struct v1_bridge **bridge, uint32_t first_index)
{
    if (first_index == 0 || first_index % 2)
        return ERROR_INVALID_PARAMETER;
    *bridge = calloc(1, sizeof(**bridge));
    if (!*bridge)
        return ERROR_NOT_ENOUGH_MEMORY;
    (*bridge)->next_index = first_index;
    return ERROR_SUCCESS;
}

void v1_bridge_close(struct v1_bridge *bridge)
{
    if (!bridge)
        return;
    if (bridge->query)
        PerfCloseQueryHandle(bridge->query);
    for (size_t i = 0; i < bridge->count; i++)
        free(bridge->items[i].counters);
    free(bridge->items);
    free(bridge);
}

static const struct allotment *find_allotment(const struct v1_bridge *bridge, const GUID *guid)
{
    for (size_t i = 0; i < bridge->count; i++)
        if (perflib_state_guid_equal(&bridge->items[i].guid, guid))
            return &bridge->items[i];
    return NULL;
}

/* Assign indices to a set. Under the lock. Takes over `counters`, which an error frees. */
static DWORD allot(struct v1_bridge *bridge, const GUID *guid, ULONG *counters, ULONG count)
{
    struct allotment *larger = counters ? array_reserve(bridge->items, &bridge->capacity,
                                                        bridge->count + 1, sizeof(*larger))
                                        : NULL;

    if (!larger) {
        free(counters);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    bridge->items = larger;
    bridge->items[bridge->count++] =
        (struct allotment){ *guid, bridge->next_index, count, counters, false };
    bridge->next_index += 2 * (1 + count);
    return ERROR_SUCCESS;
}

static DWORD allot_registered(struct v1_bridge *bridge, const struct catalog_set *set)
{
    ULONG *ids = malloc(set->counter_count * sizeof(*ids));

    for (ULONG i = 0; ids && i < set->counter_count; i++)
        ids[i] = set->counters[i].info.CounterId;
    return allot(bridge, &set->guid, ids, set->counter_count);
}

static DWORD allot_provided(struct v1_bridge *bridge, const struct perflib_counterset *set)
{
    ULONG *ids = malloc(set->info.NumCounters * sizeof(*ids));

    for (ULONG i = 0; ids && i < set->info.NumCounters; i++)
        ids[i] = set->counters[i].CounterId;
    return allot(bridge, &set->info.CounterSetGuid, ids, set->info.NumCounters);
}

/* Registered sets come first, so that their indices depend only on the manifest. */
static DWORD allot_all(struct v1_bridge *bridge)
{
    const struct catalog_set *registered;
    DWORD error = ERROR_SUCCESS;

    perflib_state_lock();
    for (size_t i = 0; !error && (registered = perflib_catalog_at(i)) != NULL; i++)
        if (!find_allotment(bridge, &registered->guid))
            error = allot_registered(bridge, registered);
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !error;
         provider = provider->next)
        for (const struct perflib_counterset *set = provider->first_set; set && !error;
             set = set->next)
            if (!find_allotment(bridge, &set->info.CounterSetGuid))
                error = allot_provided(bridge, set);
    perflib_state_unlock();
    return error;
}

/* The index of a counter; 0 if it has no index. */
static uint32_t index_of(const struct allotment *allotment, ULONG id)
{
    for (ULONG i = 0; i < allotment->counter_count; i++)
        if (allotment->counters[i] == id)
            return allotment->index + 2 * (i + 1);
    return 0;
}

static bool is_wanted(const struct v1_selection *selection, const struct allotment *allotment)
{
    bool is_wanted = selection->all;

    for (size_t i = 0; i < selection->index_count && !is_wanted; i++)
        is_wanted = selection->indices[i] == allotment->index;
    return is_wanted;
}

/* ---- one object -------------------------------------------------------------------------- */

static const struct catalog_counter *described(const struct catalog_set *set, ULONG id)
{
    for (ULONG i = 0; set && i < set->counter_count; i++)
        if (set->counters[i].info.CounterId == id)
            return &set->counters[i];
    return NULL;
}

static const PERF_COUNTER_REG_INFO *registered(const struct catalog_set *set, ULONG id)
{
    const struct catalog_counter *counter = described(set, id);

    return counter ? &counter->info : NULL;
}

static bool is_base(ULONG type)
{
    return (type & PERF_TYPE_ZERO) == PERF_TYPE_COUNTER &&
           (type & PERF_COUNTER_PRECISION) == PERF_COUNTER_BASE;
}

static bool is_shown(const PERF_COUNTER_INFO *counter)
{
    return !is_base(counter->Type) && !(counter->Attrib & PERF_ATTRIB_NO_DISPLAYABLE);
}

/* The position of a counter's base, or counter_count. */
static ULONG base_of(const struct perflib_views *views, const struct catalog_set *set,
                     ULONG position)
{
    const PERF_COUNTER_REG_INFO *info = registered(set, views->counters[position].CounterId);
    ULONG base = 0;

    if (!info || info->BaseCounterId == PERFLIB_NO_COUNTER) {
        /* Without a manifest: the next counter, if it is a base. */
        base = position + 1;
        return base < views->counter_count && is_base(views->counters[base].Type)
                   ? base
                   : views->counter_count;
    }
    while (base < views->counter_count && views->counters[base].CounterId != info->BaseCounterId)
        base++;
    return base;
}

static uint32_t write_definition(struct perflib_writer *writer, const struct perflib_views *views,
                                 ULONG position, uint32_t index)
{
    const PERF_COUNTER_INFO *counter = &views->counters[position];
    const LONG scale = counter->Scale < -7 ? -7 : counter->Scale > 7 ? 7 : counter->Scale;
    PERF_COUNTER_DEFINITION definition;

    memset(&definition, 0, sizeof(definition));
    definition.ByteLength = sizeof(definition);
    definition.CounterNameTitleIndex = index;
    definition.CounterHelpTitleIndex = index ? index + 1 : 0;
    definition.DefaultScale = scale;
    definition.DetailLevel = counter->DetailLevel;
    definition.CounterType = counter->Type;
    definition.CounterSize = perflib_value_size(counter->Type);
    definition.CounterOffset = 8 + 8 * position;
    perflib_writer_add(writer, &definition, sizeof(definition));
    return counter->DetailLevel;
}

static void write_block(struct perflib_writer *writer, const struct perflib_views *views,
                        const struct perflib_view *view)
{
    const PERF_COUNTER_BLOCK block = { 8 + 8 * views->counter_count };

    perflib_writer_add(writer, &block, sizeof(block));
    perflib_writer_pad(writer);
    for (ULONG i = 0; i < views->counter_count; i++) {
        const uint64_t value = view->values[i].has_value ? view->values[i].value : 0;

        perflib_writer_add(writer, &value, sizeof(value));
    }
}

static void write_instance(struct perflib_writer *writer, const struct perflib_views *views,
                           const struct perflib_view *view)
{
    const size_t name_size = (text_length(view->name) + 1) * sizeof(WCHAR);
    const PERF_INSTANCE_DEFINITION definition = {
        .ByteLength = (DWORD)((sizeof(definition) + name_size + 7) & ~(size_t)7),
        .UniqueID = PERF_NO_UNIQUE_ID,
        .NameOffset = sizeof(definition),
        .NameLength = (DWORD)name_size,
    };

    perflib_writer_add(writer, &definition, sizeof(definition));
    perflib_writer_add(writer, view->name, name_size);
    perflib_writer_pad(writer);
    write_block(writer, views, view);
}

/* Read the object's own clock: the values that a counter refers to, or else the clock of the data
   block. */
static void read_clock(const struct perflib_views *views, const struct catalog_set *set,
                       PERF_OBJECT_TYPE *object)
{
    object->PerfTime.QuadPart = (LONGLONG)os_clock_ticks();
    object->PerfFreq.QuadPart = (LONGLONG)os_clock_frequency();
    for (ULONG i = 0; i < views->counter_count && views->count; i++) {
        const PERF_COUNTER_REG_INFO *info = registered(set, views->counters[i].CounterId);

        if (!info || info->PerfTimeId == PERFLIB_NO_COUNTER)
            continue;
        for (ULONG j = 0; j < views->counter_count; j++) {
            const struct perflib_view_value *value = &views->items[0].values[j];

            if (views->counters[j].CounterId == info->PerfTimeId && value->has_value)
                object->PerfTime.QuadPart = (LONGLONG)value->value;
            if (views->counters[j].CounterId == info->PerfFreqId && value->has_value)
                object->PerfFreq.QuadPart = (LONGLONG)value->value;
        }
        return;
    }
}

static void write_object(struct perflib_writer *writer, const struct perflib_views *views,
                         const struct allotment *allotment)
{
    const struct catalog_set *set = perflib_catalog_find(&allotment->guid);
    const bool has_instances = perflib_has_instances(views->instance_type);
    const size_t begin = writer->used;
    PERF_OBJECT_TYPE object;

    memset(&object, 0, sizeof(object));
    perflib_writer_add(writer, NULL, sizeof(object));
    object.DetailLevel = PERF_DETAIL_WIZARD;
    for (ULONG i = 0; i < views->counter_count; i++) {
        if (!is_shown(&views->counters[i]))
            continue;
        const uint32_t level =
            write_definition(writer, views, i, index_of(allotment, views->counters[i].CounterId));
        const ULONG base = base_of(views, set, i);

        object.NumCounters++;
        if (level < object.DetailLevel)
            object.DetailLevel = level;
        if (base < views->counter_count) {
            const ULONG id = views->counters[base].CounterId;
            const struct catalog_counter *counter = described(set, id);

            /* A base may have index 0, because it needs no name. */
            write_definition(writer, views, base,
                             counter && counter->name ? index_of(allotment, id) : 0);
            object.NumCounters++;
        }
    }
    object.DefinitionLength = (DWORD)(writer->used - begin);
    for (size_t i = 0; i < views->count; i++) {
        if (has_instances)
            write_instance(writer, views, &views->items[i]);
        else if (i == 0)
            write_block(writer, views, &views->items[i]);
    }
    object.TotalByteLength = (DWORD)(writer->used - begin);
    object.HeaderLength = sizeof(object);
    object.ObjectNameTitleIndex = allotment->index;
    object.ObjectHelpTitleIndex = allotment->index + 1;
    object.DefaultCounter = object.NumCounters ? 0 : -1;
    object.NumInstances = has_instances ? (LONG)views->count : PERF_NO_INSTANCES;
    read_clock(views, set, &object);
    if (writer->used <= writer->capacity)
        memcpy(writer->data + begin, &object, sizeof(object));
}

/* Whether all counters of the set have indices. */
static bool is_same(const struct perflib_views *views, const struct allotment *allotment)
{
    for (ULONG i = 0; i < views->counter_count; i++)
        if (!index_of(allotment, views->counters[i].CounterId))
            return false;
    return true;
}

/* ---- all of them ------------------------------------------------------------------------- */

static DWORD write_objects(const struct v1_bridge *bridge, const struct v1_selection *selection,
                           const struct perflib_callees *callees, struct perflib_writer *writer,
                           DWORD *count)
{
    DWORD error = ERROR_SUCCESS;

    perflib_state_lock(); /* so that all values are of one moment */
    for (size_t i = 0; i < bridge->count && !error; i++) {
        const struct allotment *allotment = &bridge->items[i];
        struct perflib_views views = { 0 };

        if (!is_wanted(selection, allotment) || !allotment->is_added ||
            perflib_consumer_result(callees, &allotment->guid) != ERROR_SUCCESS)
            continue;
        error = perflib_views_read(&views, &allotment->guid);
        /* A set that was registered again with other counters is another object: leave it out. */
        if (!error && is_same(&views, allotment) &&
            (views.count || perflib_has_instances(views.instance_type))) {
            write_object(writer, &views, allotment);
            ++*count;
        }
        if (error == ERROR_WMI_GUID_NOT_FOUND)
            error = ERROR_SUCCESS; /* its provider has stopped */
        perflib_views_release(&views);
    }
    perflib_state_unlock();
    return error ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

/* Add all counters and instances of a set to the query. */
static bool add_to_query(struct v1_bridge *bridge, const GUID *guid, bool has_instances)
{
    struct {
        PERF_COUNTER_IDENTIFIER identifier;
        WCHAR name[4];
    } block = { .identifier = { .CounterSetGuid = *guid,
                                .Size = has_instances ? sizeof(block) : sizeof(block.identifier),
                                .CounterId = PERF_WILDCARD_COUNTER,
                                .InstanceId = 0xFFFFFFFF } };

    if (has_instances)
        block.name[0] = '*';
    if (!bridge->query && PerfOpenQueryHandle(NULL, &bridge->query))
        return false;
    return PerfAddCounters(bridge->query, &block.identifier, block.identifier.Size) == 0 &&
           block.identifier.Status == 0;
}

/* Report to the providers of a set that it is read from now on. */
static void announce(struct v1_bridge *bridge, struct allotment *allotment)
{
    DWORD size = 0;

    perflib_state_lock();
    const struct perflib_counterset *set = perflib_state_find_provided_set(&allotment->guid);
    const bool is_provided = set != NULL;
    const ULONG instance_type = set ? set->info.InstanceType : 0;
    perflib_state_unlock();
    if (!is_provided || allotment->is_added)
        return;
    allotment->is_added =
        add_to_query(bridge, &allotment->guid, perflib_has_instances(instance_type));
    if (perflib_has_instances(instance_type))
        PerfEnumerateCounterSetInstances(NULL, &allotment->guid, NULL, 0, &size);
}

DWORD v1_bridge_collect(struct v1_bridge *bridge, const struct v1_selection *selection, void **data,
                        DWORD *size, DWORD *object_count)
{
    struct perflib_writer writer = { *data, *data ? *size : 0, 0 };
    struct perflib_callees callees = { 0 };
    WCHAR machine[PERFLIB_MACHINE_LENGTH];
    DWORD count = 0;

    *size = 0;
    *object_count = 0;
    perflib_share_refresh(0);
    DWORD error = allot_all(bridge);
    for (size_t i = 0; i < bridge->count && !error; i++) {
        if (!is_wanted(selection, &bridge->items[i]))
            continue;
        announce(bridge, &bridge->items[i]);
        error = perflib_consumer_add_callees(&callees, &bridge->items[i].guid);
    }
    if (error) {
        perflib_consumer_release_callees(&callees);
        return ERROR_NOT_ENOUGH_MEMORY;
    }

    perflib_consumer_machine(machine);
    const ULONG machine_size = (ULONG)((text_length(machine) + 1) * sizeof(*machine));
    perflib_consumer_call(&callees, PERF_COLLECT_START, machine, machine_size);
    error = write_objects(bridge, selection, &callees, &writer, &count);
    perflib_consumer_call(&callees, PERF_COLLECT_END, machine, machine_size);
    perflib_consumer_release_callees(&callees);
    if (error)
        return error;
    if (writer.used > writer.capacity)
        return ERROR_MORE_DATA;
    if (count) {
        *data = writer.data + writer.used;
        *size = (DWORD)writer.used;
        *object_count = count;
    }
    return ERROR_SUCCESS;
}

/* The counter of a registered set with this identifier. It is at `guess`, unless a provider's
   template was seen first. */
static const struct catalog_counter *counter_of(const struct catalog_set *set, ULONG id,
                                                ULONG guess)
{
    if (guess < set->counter_count && set->counters[guess].info.CounterId == id)
        return &set->counters[guess];
    for (ULONG i = 0; i < set->counter_count; i++)
        if (set->counters[i].info.CounterId == id)
            return &set->counters[i];
    return NULL;
}

void v1_bridge_texts(struct v1_bridge *bridge, bool is_help,
                     bool (*add)(void *context, uint32_t index, const WCHAR *text), void *context)
{
    bool go_on = allot_all(bridge) == ERROR_SUCCESS;

    perflib_state_lock();
    for (size_t i = 0; i < bridge->count && go_on; i++) {
        const struct allotment *allotment = &bridge->items[i];
        const struct catalog_set *set = perflib_catalog_find(&allotment->guid);

        if (!set)
            continue;
        if (is_help ? set->help != NULL : set->name != NULL)
            go_on = add(context, allotment->index + is_help, is_help ? set->help : set->name);
        for (ULONG j = 0; j < allotment->counter_count && go_on; j++) {
            const struct catalog_counter *counter = counter_of(set, allotment->counters[j], j);
            const WCHAR *text = !counter ? NULL : is_help ? counter->help : counter->name;

            if (text)
                go_on = add(context, allotment->index + 2 * (j + 1) + is_help, text);
        }
    }
    perflib_state_unlock();
}
