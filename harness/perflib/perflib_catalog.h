/* SPDX-License-Identifier: MIT
 *
 * The catalog of registered countersets: the information that `lodctr /M` registers from a
 * manifest. Only the catalog has names, help texts and aggregate functions, because a provider's
 * template does not contain them.
 *
 * The catalog belongs to the process, like the providers. Any thread may read and change it.
 */
#ifndef PERFLIB_CATALOG_H
#define PERFLIB_CATALOG_H

#include <stddef.h>

#include "perflib_emulation.h"

/** Instead of a counter's id in a PERF_COUNTER_REG_INFO: there is no other counter. */
#define PERFLIB_NO_COUNTER 0xFFFFFFFF

struct catalog_counter {
    PERF_COUNTER_REG_INFO info;
    const WCHAR *name; /* NULL: no name; such a counter is not displayed */
    const WCHAR *help; /* NULL: no help text */
};

struct catalog_set {
    GUID guid;
    GUID provider_guid;
    const WCHAR *provider_name;
    const WCHAR *name;
    const WCHAR *help;
    ULONG provider_type; /* PERF_PROVIDER_USER_MODE, ... */
    ULONG instance_type; /* PERF_COUNTERSET_* */
    const struct catalog_counter *counters;
    ULONG counter_count;
};

/**
 * Register a set. All parts are copied.
 *
 * @return ERROR_SUCCESS; ERROR_ALREADY_EXISTS if that GUID is registered; ERROR_INVALID_PARAMETER
 *         if the set has no counters; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD perflib_catalog_add(const struct catalog_set *set);

/** Remove all sets. */
void perflib_catalog_clear(void);

/**
 * A set by GUID or position, or NULL. Under the emulation's lock, and valid until the lock is
 * released.
 */
const struct catalog_set *perflib_catalog_find(const GUID *guid);
const struct catalog_set *perflib_catalog_at(size_t position);

#endif /* PERFLIB_CATALOG_H */
