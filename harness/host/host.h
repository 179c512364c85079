/* SPDX-License-Identifier: MIT
 *
 * The host acts as perflib: it loads registered providers, calls Open, Collect and Close as Windows
 * does, and assembles the PERF_DATA_BLOCK. Its core, host_query_value, has the parameters and
 * results of RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...).
 *
 * Each provider runs in a process of its own (provider_process.h), unless in_process is set. One
 * that crashes, hangs or exits loses only its own data, and an event reports it. A program that
 * uses a host therefore calls provider_child_main first in main().
 *
 * The environment of a provider has these variables, set before its library is loaded, because
 * natively there is no registry to read them from:
 *
 *   PERFLIB_SERVICE        name of the service
 *   PERFLIB_FIRST_COUNTER  First Counter of that service, decimal; not set if not registered
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
 * Create a host for a registration, which must outlive it. Nothing is loaded yet.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_PARAMETER (test level); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_open(struct host **host, const struct registration *registration,
                const struct host_options *options);

/**
 * Make one query, as RegQueryValueExW(HKEY_PERFORMANCE_DATA, value_name, NULL, type, data, size)
 * does.
 *
 * @param value_name  "Global", "238 2", "Counter 009", ...; NULL and "" are allowed
 * @param type        receives REG_BINARY or REG_MULTI_SZ; may be NULL
 * @param data        receives the answer; NULL asks without a buffer
 * @param size        bytes of the buffer; receives the bytes used. If a data query returns
 *                    ERROR_MORE_DATA, it receives 0 if data is NULL and is unchanged otherwise, as
 *                    on Windows (Wine's conformance tests): it never says how much is needed.
 * @return ERROR_SUCCESS; ERROR_MORE_DATA; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_value(struct host *host, const WCHAR *value_name, DWORD *type, BYTE *data,
                       DWORD *size);

/**
 * RegCloseKey(HKEY_PERFORMANCE_DATA): close and unload every provider. The host can be used
 * further.
 */
void host_close_key(struct host *host);

/** Do host_close_key, then free the host. NULL is allowed. */
void host_close(struct host *host);

/**
 * Query until the answer fits: grow the buffer on ERROR_MORE_DATA, up to a limit.
 *
 * @param data  receives memory from malloc, owned by the caller
 * @param size  receives the bytes of the answer
 * @return ERROR_SUCCESS; ERROR_MORE_DATA if it does not fit into 1 GiB; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD host_query_growing(struct host *host, const WCHAR *value_name, DWORD *type, BYTE **data,
                         DWORD *size);

#endif /* HOST_H */
