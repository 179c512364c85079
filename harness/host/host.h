/* SPDX-License-Identifier: MIT
 *
 * The host plays perflib: loads registered providers, calls Open, Collect and Close as Windows
 * does, and assembles the PERF_DATA_BLOCK. Its core, host_query_value, has the parameters and
 * results of RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...).
 *
 * Each provider runs in a process of its own (provider_process.h), unless in_process is set: one
 * that crashes, hangs or exits costs its own data and becomes an event. A program that uses a host
 * therefore calls provider_process_main first thing in main().
 *
 * What a provider finds in its environment, set before its library is loaded, because a native one
 * has no registry to read it from:
 *   PERFLIB_SERVICE        name of the service that it is called as
 *   PERFLIB_FIRST_COUNTER  First Counter of that service, decimal; not set when not registered
 *   PERFLIB_FIRST_HELP     First Help, likewise
 *
 * One host is used by one thread at a time.
 */
#ifndef HOST_H
#define HOST_H

#include "host_options.h"
#include "registration.h"
#include "wintypes.h"

struct host;

/**
 * Make a host for a registration, which must outlive it. Loads nothing yet.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER (test level); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_open(struct host **host, const struct registration *registration,
                const struct host_options *options);

/**
 * One query, as RegQueryValueExW(HKEY_PERFORMANCE_DATA, value_name, NULL, type, data, size).
 *
 * @param value_name  "Global", "238 2", "Counter 009", ...; NULL and "" are allowed
 * @param type        receives REG_BINARY or REG_MULTI_SZ; may be NULL
 * @param data        receives the answer; NULL asks without a buffer
 * @param size        bytes of the buffer; receives the bytes used. With ERROR_MORE_DATA to a data
 *                    query it receives 0 if data is NULL, else it stays as passed, as on Windows
 *                    (Wine's conformance tests): it never says how much is needed.
 * @return ERROR_SUCCESS; ERROR_MORE_DATA; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_value(struct host *host, const WCHAR *value_name, DWORD *type, BYTE *data,
                       DWORD *size);

/** RegCloseKey(HKEY_PERFORMANCE_DATA): Close and unload every provider; the host stays usable. */
void host_close_key(struct host *host);

/** host_close_key, and free the host. NULL is allowed. */
void host_close(struct host *host);

/**
 * Query until it fits: grows the buffer on ERROR_MORE_DATA up to a limit.
 *
 * @param data  receives memory from malloc, owned by the caller
 * @param size  receives the bytes of the answer
 * @return ERROR_SUCCESS; ERROR_MORE_DATA when it does not fit in 1 GiB; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_growing(struct host *host, const WCHAR *value_name, DWORD *type, BYTE **data,
                         DWORD *size);

#endif /* HOST_H */
