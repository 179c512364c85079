/* SPDX-License-Identifier: MIT
 *
 * Where the title indices of this provider begin: First Counter and First Help, which lodctr
 * assigned to the service that this provider is registered as. Open finds them in this order:
 *
 * 1. the service that the Open context names: the first text of Linkage\Export, if that is the name
 *    of a service with a Performance key;
 * 2. the service `heapctrs`;
 * 3. the service whose Library is a file of the same name as this library;
 * 4. the environment variables PERFLIB_FIRST_COUNTER and PERFLIB_FIRST_HELP, decimal, if both are
 *    set: a harness sets them for a provider that has no registry to read (PERFLIB_SERVICE then
 *    names the service, for providers that need its name; this one does not);
 * 5. 1848 and 1849: the first indices after Windows' own, as in registry/heapctrs.reg.
 *
 * A service that exists ends the search: if it has no indices, lodctr has not been run for it, and
 * any other numbers could belong to another provider.
 */
#ifndef TITLE_BASE_H
#define TITLE_BASE_H

#include <stdint.h>

#include "wintypes.h"

#define TITLE_BASE_DEFAULT_COUNTER 1848
#define TITLE_BASE_DEFAULT_HELP 1849

struct title_base {
    uint32_t first_counter;
    uint32_t first_help;
    char service[256]; /* UTF-8; "" if no service was found */
};

/**
 * Find the indices. This reads the registry and the environment and keeps no handle open.
 *
 * @param context  REG_MULTI_SZ as Open gets it, or NULL
 * @return ERROR_SUCCESS; ERROR_NOT_FOUND: the service exists but has no usable First Counter and
 *         First Help; base->service names it, the other members are unchanged
 */
DWORD title_base_find(const WCHAR *context, struct title_base *base);

#endif /* TITLE_BASE_H */
