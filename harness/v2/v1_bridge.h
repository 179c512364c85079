/* SPDX-License-Identifier: MIT
 *
 * Countersets of PERFLIB V2 for consumers of V1: each becomes a PERF_OBJECT_TYPE, with title
 * indices of its own and names from the catalog, as Windows' translation layer does for
 * HKEY_PERFORMANCE_DATA. How Windows allots the indices is not documented; here the sets of the
 * catalog get them in its order, the others when they are first seen, and all keep them as long as
 * the bridge: whoever reads the same manifests gives them the same indices.
 *
 * The bridge is a consumer like any other: it adds all counters of a set, and lists its instances,
 * before it collects it for the first time, and removes them when it is closed. A set whose
 * provider refuses that is left out, and asked for again the next time.
 *
 * An object has the set's counters in template order, 8 bytes for each value, and behind each
 * counter its base; counters that are not displayed are left out. A set without instances is an
 * object with NumInstances 0, a single-instance set without its instance is left out.
 *
 * One bridge is used by one thread at a time; providers may be as busy as they like.
 */
#ifndef V1_BRIDGE_H
#define V1_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

struct v1_bridge;

/** Which objects are wanted. */
struct v1_selection {
    bool all;                /* Global */
    const uint32_t *indices; /* title indices of objects */
    size_t index_count;
};

/**
 * Begin.
 *
 * @param first_index  even: the first title index that may be given out
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER (odd or 0); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD v1_bridge_open(struct v1_bridge **bridge, uint32_t first_index);

/**
 * Collect, with the results of PM_COLLECT_PROC. Providers are told that a collection starts and
 * ends; the sets of one that refuses are left out.
 *
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: *data is unchanged, both counts are 0;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD v1_bridge_collect(struct v1_bridge *bridge, const struct v1_selection *selection, void **data,
                        DWORD *size, DWORD *object_count);

/**
 * Go through the texts of all title indices that were given out, in increasing order: names (even)
 * or help (odd). Indices without a text are passed over.
 *
 * @param add  false ends it
 */
void v1_bridge_texts(struct v1_bridge *bridge, bool is_help,
                     bool (*add)(void *context, uint32_t index, const WCHAR *text), void *context);

/** Free it. NULL is allowed. */
void v1_bridge_close(struct v1_bridge *bridge);

#endif /* V1_BRIDGE_H */
