/* SPDX-License-Identifier: MIT
 *
 * Reads the instances of a counterset from all providers and aggregates them.
 */
#include "perflib_views.h"

#include <stdlib.h>
#include <string.h>

#include "perflib_catalog.h"
#include "perflib_state.h"
#include "text.h"

/* Whether a provider's set has the same description as the views. A set that differs is left
   out. */
static bool is_alike(const struct perflib_views *views, const struct perflib_counterset *set)
{
    if (set->info.NumCounters != views->counter_count ||
        set->info.InstanceType != views->instance_type)
        return false;
    for (ULONG i = 0; i < views->counter_count; i++)
        if (set->counters[i].CounterId != views->counters[i].CounterId ||
            set->counters[i].Type != views->counters[i].Type)
            return false;
    return true;
}

static void sum_add(struct perflib_history *sum, const struct perflib_history *more)
{
    if (more->count == 0)
        return;
    if (sum->count == 0 || more->minimum < sum->minimum)
        sum->minimum = more->minimum;
    if (sum->count == 0 || more->maximum > sum->maximum)
        sum->maximum = more->maximum;
    sum->total += more->total;
    sum->count += more->count;
}

static struct perflib_view_value sum_result(const struct perflib_history *sum, ULONG function)
{
    switch (sum->count ? function : PERF_AGGREGATE_UNDEFINED) {
    case PERF_AGGREGATE_AVG:
        return (struct perflib_view_value){ sum->total / sum->count, true };
    case PERF_AGGREGATE_MIN:
        return (struct perflib_view_value){ sum->minimum, true };
    case PERF_AGGREGATE_MAX:
        return (struct perflib_view_value){ sum->maximum, true };
    default:
        return (struct perflib_view_value){ sum->total, sum->count != 0 };
    }
}

static ULONG aggregate_function(const GUID *guid, ULONG counter)
{
    const struct catalog_set *set = perflib_catalog_find(guid);

    for (ULONG i = 0; set && i < set->counter_count; i++)
        if (set->counters[i].info.CounterId == counter)
            return set->counters[i].info.AggregateFunc;
    return PERF_AGGREGATE_UNDEFINED;
}

/* The aggregate of one counter over the views of one name, or over all views if the name is
   NULL. */
static struct perflib_history sum_of_views(const struct perflib_view *views, size_t count,
                                           ULONG counter, const WCHAR *name)
{
    struct perflib_history sum = { 0 };

    for (size_t i = 0; i < count; i++) {
        const struct perflib_view_value value = views[i].values[counter];
        const struct perflib_history one = { value.value, value.value, value.value,
                                             value.has_value };

        if (!name || text_equal_ignore_case(name, views[i].name))
            sum_add(&sum, &one);
    }
    return sum;
}

/* Add the values of deleted instances. */
static void add_history(struct perflib_history *sum, const struct perflib_views *views,
                        const GUID *guid, ULONG counter)
{
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next) {
        const struct perflib_counterset *set = perflib_state_find_set(provider, guid);

        if (set && set->history && is_alike(views, set)) {
            sum_add(sum, &set->history[counter]);
        }
    }
}

/* Aggregate all views into `result`. */
static void aggregate_all(struct perflib_views *views, const GUID *guid,
                          struct perflib_view *result)
{
    for (ULONG i = 0; i < views->counter_count; i++) {
        struct perflib_history sum = sum_of_views(views->items, views->count, i, NULL);

        if (views->instance_type & PERF_COUNTERSET_FLAG_HISTORY)
            add_history(&sum, views, guid, i);
        result->values[i] =
            sum_result(&sum, aggregate_function(guid, views->counters[i].CounterId));
    }
}

/* Merge the views of each name into one, in the order in which the names first appear. */
static void merge_names(struct perflib_views *views, const GUID *guid)
{
    size_t kept = 0;

    for (size_t i = 0; i < views->count; i++) {
        const struct perflib_view view = views->items[i];
        size_t same = 0;

        while (same < kept && !text_equal_ignore_case(views->items[same].name, view.name))
            same++;
        if (same < kept)
            continue;

        /* The later views of the same name have not moved yet. */
        for (ULONG counter = 0; counter < views->counter_count; counter++) {
            const struct perflib_history sum =
                sum_of_views(views->items + i, views->count - i, counter, view.name);

            view.values[counter] =
                sum_result(&sum, aggregate_function(guid, views->counters[counter].CounterId));
        }
        views->items[kept++] = view;
    }
    views->count = kept;
}

static size_t count_instances(const GUID *guid, const struct perflib_views *views)
{
    size_t count = 0;

    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next) {
        const struct perflib_counterset *set = perflib_state_find_set(provider, guid);

        if (set && is_alike(views, set))
            for (const struct perflib_instance *instance = set->first; instance;
                 instance = instance->next)
                count++;
    }
    return count;
}

static void read_instances(struct perflib_views *views, const GUID *guid)
{
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next) {
        const struct perflib_counterset *set = perflib_state_find_set(provider, guid);

        if (!set || !is_alike(views, set))
            continue;
        for (struct perflib_instance *instance = set->first; instance; instance = instance->next) {
            struct perflib_view *view = &views->items[views->count++];

            view->name = instance->name;
            view->id = instance->id;
            for (ULONG i = 0; i < views->counter_count; i++)
                view->values[i].has_value =
                    perflib_values_read(instance, i, &view->values[i].value);
        }
    }
}

DWORD perflib_views_read(struct perflib_views *views, const GUID *guid)
{
    const struct perflib_counterset *set = perflib_state_find_provided_set(guid);

    if (!set)
        return ERROR_WMI_GUID_NOT_FOUND;
    *views = (struct perflib_views){ set->counters, set->info.NumCounters, set->info.InstanceType,
                                     NULL, 0 };

    /* One more view than instances, for an aggregate. Views and values are one block. */
    const size_t capacity = count_instances(guid, views) + 1;
    const size_t item_size =
        sizeof(views->items[0]) + views->counter_count * sizeof(views->items[0].values[0]);
    if (capacity > SIZE_MAX / item_size)
        return ERROR_OUTOFMEMORY;
    views->items = calloc(capacity, item_size);
    if (!views->items)
        return ERROR_OUTOFMEMORY;
    struct perflib_view_value *values = (struct perflib_view_value *)(views->items + capacity);
    for (size_t i = 0; i < capacity; i++)
        views->items[i].values = values + i * views->counter_count;

    read_instances(views, guid);
    const ULONG type = views->instance_type;
    if (type & PERF_COUNTERSET_FLAG_INSTANCE) {
        merge_names(views, guid);
    } else if (type & PERF_COUNTERSET_FLAG_AGGREGATE) {
        struct perflib_view *last = &views->items[views->count];

        aggregate_all(views, guid, last);
        last->name = perflib_has_instances(type) ? PERF_AGGREGATE_INSTANCE : TEXT16("");
        last->id = perflib_has_instances(type) ? 0xFFFFFFFF : 0;
        if (perflib_has_instances(type)) {
            views->count++;
        } else {
            views->items[0] = *last;
            views->count = 1;
        }
    }
    return ERROR_SUCCESS;
}

void perflib_views_release(struct perflib_views *views)
{
    free(views->items);
    views->items = NULL;
}

bool perflib_views_name_matches(const WCHAR *pattern, const WCHAR *name)
{
    const WCHAR *star = NULL, *retry = NULL;

    while (*name) {
        const WCHAR left[2] = { *pattern, 0 }, right[2] = { *name, 0 };

        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern && (*pattern == '?' || text_equal_ignore_case(left, right))) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}
