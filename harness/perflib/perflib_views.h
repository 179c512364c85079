/* SPDX-License-Identifier: MIT
 *
 * A counterset as a consumer sees it: the instances of all providers that have the set, in order of
 * creation, aggregated as its instance type says.
 *
 *   single, multiple          every instance by itself
 *   single aggregate          one without a name, over all instances
 *   ... with history          also over those that were deleted since the provider started
 *   multiple aggregate        every instance, and after them _Total over all
 *   instance aggregate        one for each name, over the instances of that name
 *
 * Values are aggregated with the counter's aggregate function in the catalog. If there is no such
 * function, or the catalog does not have the set, they are added.
 */
#ifndef PERFLIB_VIEWS_H
#define PERFLIB_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

struct perflib_view_value {
    uint64_t value;
    bool has_value; /* false: the counter is by reference and has no address */
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
 * Read a set. Call it under the emulation's lock.
 *
 * @return ERROR_SUCCESS; ERROR_WMI_GUID_NOT_FOUND if no provider has it; ERROR_OUTOFMEMORY
 */
DWORD perflib_views_read(struct perflib_views *views, const GUID *guid);

/** Free the memory of views. Not needed after a failed read. */
void perflib_views_release(struct perflib_views *views);

/** Whether a set of that type has instance names. */
static inline bool perflib_has_instances(ULONG instance_type)
{
    return instance_type & PERF_COUNTERSET_FLAG_MULTIPLE;
}

/** Whether a name matches a pattern with * and ?. The case of ASCII letters is ignored. */
bool perflib_views_name_matches(const WCHAR *pattern, const WCHAR *name);

#endif /* PERFLIB_VIEWS_H */
