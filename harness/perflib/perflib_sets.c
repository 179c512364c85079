/* SPDX-License-Identifier: MIT
 *
 * Countersets and instances in memory: their layout, and the lists that contain them. The caller
 * provides the memory.
 */
#include "perflib_state.h"

#include <string.h>

#include "text.h"

static bool is_instance_type(ULONG type)
{
    return type == PERF_COUNTERSET_SINGLE_INSTANCE || type == PERF_COUNTERSET_MULTI_INSTANCES ||
           type == PERF_COUNTERSET_SINGLE_AGGREGATE || type == PERF_COUNTERSET_MULTI_AGGREGATE ||
           type == PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY ||
           type == PERF_COUNTERSET_INSTANCE_AGGREGATE;
}

const char *perflib_sets_template_fault(const PERF_COUNTERSET_INFO *template, size_t size)
{
    if (!template)
        return "the template is NULL";
    if (size < sizeof(*template))
        return "the size is below sizeof(PERF_COUNTERSET_INFO)";
    if (template->NumCounters == 0 || template->NumCounters > PERFLIB_COUNTERS_LIMIT)
        return "NumCounters must be 1 to 64000";
    if ((size - sizeof(*template)) / sizeof(PERF_COUNTER_INFO) < template->NumCounters)
        return "the size is too small for NumCounters counters";
    if (!is_instance_type(template->InstanceType))
        return "InstanceType is not one of PERF_COUNTERSET_*";
    return NULL;
}

size_t perflib_sets_size(const PERF_COUNTERSET_INFO *template)
{
    const size_t history =
        template->InstanceType & PERF_COUNTERSET_FLAG_HISTORY ? sizeof(struct perflib_history) : 0;

    return sizeof(struct perflib_counterset) +
           template->NumCounters * (sizeof(PERF_COUNTER_INFO) + history + sizeof(ULONG));
}

/* Restore the heap order below position `i`: larger identifiers are above smaller ones. */
static void sink(const PERF_COUNTER_INFO *counters, ULONG *positions, size_t i, size_t count)
{
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        const ULONG parent = positions[i];

        if (child + 1 < count &&
            counters[positions[child]].CounterId < counters[positions[child + 1]].CounterId)
            child++;
        if (counters[positions[child]].CounterId <= counters[parent].CounterId)
            return;
        positions[i] = positions[child];
        positions[child] = parent;
    }
}

/* Heap sort, because qsort of the C library may allocate memory that is not the provider's. */
static void sort_ids(const PERF_COUNTER_INFO *counters, ULONG *positions, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(counters, positions, i, count);
    while (count-- > 1) {
        const ULONG last = positions[count];

        positions[count] = positions[0];
        positions[0] = last;
        sink(counters, positions, 0, count);
    }
}

bool perflib_sets_init(struct perflib_counterset *set, const PERF_COUNTERSET_INFO *template)
{
    const ULONG count = template->NumCounters;

    set->info = *template;
    memcpy(set->counters, template + 1, count * sizeof(set->counters[0]));
    unsigned char *at = (unsigned char *)(set->counters + count);
    if (template->InstanceType & PERF_COUNTERSET_FLAG_HISTORY) {
        set->history = (struct perflib_history *)at;
        at += count * sizeof(set->history[0]);
    }
    set->by_id = (ULONG *)at;
    for (ULONG i = 0; i < count; i++)
        set->by_id[i] = i;
    sort_ids(set->counters, set->by_id, count);
    for (ULONG i = 1; i < count; i++)
        if (set->counters[set->by_id[i]].CounterId == set->counters[set->by_id[i - 1]].CounterId)
            return false;
    return true;
}

bool perflib_sets_add(struct perflib_provider *provider, struct perflib_counterset *set)
{
    struct perflib_counterset **link = &provider->first_set;

    if (perflib_state_find_set(provider, &set->info.CounterSetGuid))
        return false;
    while (*link)
        link = &(*link)->next;
    set->provider = provider;
    *link = set;
    return true;
}

static size_t cells_size(const struct perflib_counterset *set)
{
    return (size_t)PERFLIB_CELL_SIZE * set->info.NumCounters;
}

static size_t block_size(const struct perflib_counterset *set, size_t length)
{
    return (sizeof(PERF_COUNTERSET_INSTANCE) + cells_size(set) + (length + 1) * sizeof(WCHAR) + 7) &
           ~(size_t)7;
}

/* The bytes before the block. */
static size_t own_size(size_t length)
{
    return (sizeof(struct perflib_instance) + (length + 1) * sizeof(WCHAR) + 7) & ~(size_t)7;
}

size_t perflib_sets_instance_size(const struct perflib_counterset *set, size_t length)
{
    return own_size(length) + block_size(set, length);
}

static PERF_COUNTERSET_INSTANCE header_of(const struct perflib_counterset *set, size_t length,
                                          ULONG id)
{
    return (PERF_COUNTERSET_INSTANCE){
        .CounterSetGuid = set->info.CounterSetGuid,
        .dwSize = (ULONG)block_size(set, length),
        .InstanceId = id,
        .InstanceNameOffset = (ULONG)(sizeof(PERF_COUNTERSET_INSTANCE) + cells_size(set)),
        .InstanceNameSize = (ULONG)((length + 1) * sizeof(WCHAR)),
    };
}

void perflib_sets_init_instance(struct perflib_instance *instance, struct perflib_counterset *set,
                                const WCHAR *name, size_t length, ULONG id)
{
    instance->set = set;
    instance->id = id;
    instance->block = (void *)((unsigned char *)instance + own_size(length));
    *instance->block = header_of(set, length, id);
    memcpy(instance->name, name, length * sizeof(WCHAR));
    memcpy((unsigned char *)(instance->block + 1) + cells_size(set), name, length * sizeof(WCHAR));
}

const char *perflib_sets_instance_damage(const struct perflib_instance *instance)
{
    const size_t length = text_length(instance->name);
    const PERF_COUNTERSET_INSTANCE *block = instance->block,
                                   made = header_of(instance->set, length, instance->id);

    if (!perflib_state_guid_equal(&block->CounterSetGuid, &made.CounterSetGuid))
        return "CounterSetGuid";
    if (block->dwSize != made.dwSize)
        return "dwSize";
    if (block->InstanceId != made.InstanceId)
        return "InstanceId";
    if (block->InstanceNameOffset != made.InstanceNameOffset)
        return "InstanceNameOffset";
    if (block->InstanceNameSize != made.InstanceNameSize)
        return "InstanceNameSize";
    return memcmp((const unsigned char *)(block + 1) + cells_size(instance->set), instance->name,
                  made.InstanceNameSize) == 0
               ? NULL
               : "the name";
}

void perflib_sets_add_instance(struct perflib_provider *provider, struct perflib_instance *instance)
{
    struct perflib_counterset *set = instance->set;
    const size_t address = perflib_state_address_bucket(instance->block);
    const size_t name = perflib_state_name_bucket(instance->name);

    instance->same_address = provider->by_address[address];
    provider->by_address[address] = instance;
    instance->same_name = set->by_name[name];
    set->by_name[name] = instance;

    instance->previous = set->last;
    if (set->last)
        set->last->next = instance;
    else
        set->first = instance;
    set->last = instance;
}
