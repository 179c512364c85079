/* SPDX-License-Identifier: MIT
 *
 * A counterset as a consumer sees it: the instances of all providers that have the set, in order of
 * creation, aggregated where its instance type says so.
 *
 *   single, multiple          every instance by itself
 *   single aggregate          one without a name, over all instances
 *   ... with history          and over those that were deleted since the provider started
 *   multiple aggregate        every instance, and behind them _Total over all
 *   instance aggregate        one for each name, over the instances of that name
 *
 * What is calculated is the counter's aggregate function in the catalog, and the sum where that has
 * none or does not know the set.
 */
#ifndef PERFLIB_VIEWS_H
#define PERFLIB_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

struct perflib_view_value {
    uint64_t value;
    bool has_value; /* false: a counter by reference without an address */
};

struct perflib_view {
    const WCHAR *name; /* valid under the lock */
    ULONG id;
    struct perflib_view_value *values; /* counter_count, in template order */
};

struct perflib_views {
    const PERF_COUNTER_INFO *counters; /* the template, valid under the lock */
    ULONG counter_count;
    ULONG instance_type;
    struct perflib_view *items;
    size_t count;
};

/**
 * Read a set; all under the emulation's lock.
 *
 * @return ERROR_SUCCESS; ERROR_WMI_GUID_NOT_FOUND when no provider has it; ERROR_OUTOFMEMORY
 */
DWORD perflib_views_read(struct perflib_views *views, const GUID *guid);

/** Free what views hold; not the values of a failed read. */
void perflib_views_release(struct perflib_views *views);

/** Whether a set of that type is asked for with instance names. */
static inline bool perflib_has_instances(ULONG instance_type)
{
    return instance_type & PERF_COUNTERSET_FLAG_MULTIPLE;
}

/** Whether a name matches a pattern with * and ?; ASCII letters of both cases are the same. */
bool perflib_name_matches(const WCHAR *pattern, const WCHAR *name);

#endif /* PERFLIB_VIEWS_H */
