/* SPDX-License-Identifier: MIT
 *
 * Countersets of PERFLIB V2 for consumers of V1. Each set becomes a PERF_OBJECT_TYPE with title
 * indices of its own and names from the catalog, like in Windows' translation layer for
 * HKEY_PERFORMANCE_DATA. How Windows assigns the indices is not documented. Here the sets of the
 * catalog get indices first, in its order, and other sets when they are first seen. All keep their
 * indices as long as the bridge exists. Programs that read the same manifests therefore assign the
 * same indices.
 *
 * The bridge is an ordinary consumer. Before it collects a set for the first time, it adds all
 * counters of the set and lists its instances. When it is closed, it removes them. If a set's
 * provider refuses, the set is left out and tried again at the next collection.
 *
 * An object has the set's counters in template order, 8 bytes for each value, and after each
 * counter its base. Counters that are not displayed are left out. A set without instances becomes
 * an object with NumInstances 0. A single-instance set without its instance is left out.
 *
 * One thread at a time uses a bridge. Providers may call PERFLIB from any thread meanwhile.
 */
#ifndef V1_BRIDGE_H
#define V1_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perflib_emulation.h"

struct v1_bridge;

/** The selected objects. */
struct v1_selection {
    bool all;                /* Global */
    const uint32_t *indices; /* title indices of objects */
    size_t index_count;
};

/**
 * Open a bridge.
 *
 * @param first_index  even: the first title index that the bridge assigns
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER (odd or 0); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD v1_bridge_open(struct v1_bridge **bridge, uint32_t first_index);

/**
 * Collect, with the results of PM_COLLECT_PROC. The providers' callbacks receive the start and the
 * end of the collection.
 *
 * @return ERROR_SUCCESS; ERROR_MORE_DATA: *data is unchanged, both counts are 0;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD v1_bridge_collect(struct v1_bridge *bridge, const struct v1_selection *selection, void **data,
                        DWORD *size, DWORD *object_count);

/**
 * Call `add` for the texts of all assigned title indices, in increasing order: names (even) or help
 * texts (odd). Indices without a text are skipped.
 *
 * @param add  returns false to stop
 */
void v1_bridge_texts(struct v1_bridge *bridge, bool is_help,
                     bool (*add)(void *context, uint32_t index, const WCHAR *text), void *context);

/** Free the bridge. NULL is allowed. */
void v1_bridge_close(struct v1_bridge *bridge);

#endif /* V1_BRIDGE_H */
