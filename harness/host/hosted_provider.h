/* SPDX-License-Identifier: MIT
 *
 * One registered service as a host sees it: opened when it is first needed, queried, closed, and
 * given up if it misbehaves. Every event that perflib would write to the event log is reported.
 */
#ifndef HOSTED_PROVIDER_H
#define HOSTED_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "host_options.h"
#include "registration.h"
#include "wintypes.h"

/** What all services of a host have in common. */
struct hosting {
    const struct host_options *options;
    uint32_t test_level;      /* 1..4 */
    uint32_t flags;           /* enum configuration_flag */
    uint32_t event_log_level; /* as in struct provider_event_source */
};

struct hosted_provider;

/**
 * Prepare a provider. Nothing is loaded yet.
 *
 * @param hosting  must outlive it
 * @param service  must outlive it
 */
DWORD hosted_provider_open(struct hosted_provider **provider, const struct hosting *hosting,
                           const struct service *service);

/**
 * Report the events of a registration that cannot be used: 2001, 3002, 3003 and 3004. Later calls
 * do nothing, and neither does a call for a service that is disabled or without such a fault.
 */
void hosted_provider_report_registration(struct hosted_provider *provider);

/** Whether it may be called: its registration is valid, and it is neither disabled nor given up. */
bool hosted_provider_is_usable(const struct hosted_provider *provider);

/**
 * Load and open it if that has not happened, then call Collect once.
 *
 * @param query   the query for the provider
 * @param data    receives the objects
 * @param buffer_size  bytes of `data`
 * @param size    receives the bytes used; 0 without data, or if the data failed the tests
 * @param count   receives the number of objects
 * @return ERROR_SUCCESS, also if the service has failed (events report it); ERROR_MORE_DATA;
 *         ERROR_NOT_ENOUGH_MEMORY and other failures of the harness itself
 */
DWORD hosted_provider_collect(struct hosted_provider *provider, const WCHAR *query, BYTE *data,
                              DWORD buffer_size, DWORD *size, DWORD *count);

/** Report that it needs a larger buffer than is possible, and give it up for this session. */
void hosted_provider_give_up(struct hosted_provider *provider, DWORD buffer_size);

/** Close and unload it if it is open. */
void hosted_provider_unload(struct hosted_provider *provider);

/** Unload it and free everything. NULL is allowed. */
void hosted_provider_close(struct hosted_provider *provider);

#endif /* HOSTED_PROVIDER_H */
