/* SPDX-License-Identifier: MIT
 *
 * The catalog of registered countersets: what `lodctr /M` would have registered from a manifest.
 * Names, help texts and aggregate functions stand here and nowhere else, for a provider's template
 * has none of them.
 *
 * The catalog belongs to the process, like the providers; it is read and changed from any thread.
 */
#ifndef PERFLIB_CATALOG_H
#define PERFLIB_CATALOG_H

#include <stddef.h>

#include "perflib_emulation.h"

/** "No other counter" in a PERF_COUNTER_REG_INFO. */
#define PERFLIB_NO_COUNTER 0xFFFFFFFF

struct catalog_counter {
    PERF_COUNTER_REG_INFO info;
    const WCHAR *name; /* NULL: none; such a counter is not displayed */
    const WCHAR *help; /* NULL: none */
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
 * Register a set; everything is copied.
 *
 * @return ERROR_SUCCESS; ERROR_ALREADY_EXISTS when that GUID is registered;
 *         ERROR_INVALID_PARAMETER without counters; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD perflib_catalog_add(const struct catalog_set *set);

/** Forget all sets. */
void perflib_catalog_clear(void);

/** A set by GUID or position, or NULL; under the emulation's lock, valid as long as that is held.
 */
const struct catalog_set *perflib_catalog_find(const GUID *guid);
const struct catalog_set *perflib_catalog_at(size_t position);

#endif /* PERFLIB_CATALOG_H */
