/* SPDX-License-Identifier: MIT
 *
 * The texts of the events that perflib would write about one provider, passed to
 * host_options.on_event. Nothing happens if that is NULL.
 */
#ifndef PROVIDER_EVENT_H
#define PROVIDER_EVENT_H

#include <stdint.h>

#include "host_options.h"
#include "provider_observation.h"
#include "registration.h"

/** The provider that events are about. All pointers outlive the calls. */
struct provider_event_source {
    const struct host_options *options;
    uint32_t event_log_level; /* 0 nothing is logged, 1 errors, 2 and warnings, 3 everything */
    const struct service *service;
    const char *library; /* path */
};

/**
 * Report one event.
 *
 * @param id      of event_table.def
 * @param detail  is added to the line for people only; NULL: nothing
 * @param ...     the event's strings (const char *), as many as event_table.def has for it
 */
void provider_event_report(const struct provider_event_source *source, uint32_t id,
                           const char *detail, ...);

/** Report an event of which one string is a number: service, library, number. */
void provider_event_number(const struct provider_event_source *source, uint32_t id,
                           uint32_t number);

/** An exception in one of the three procedures, the end of its process or of its thread. */
void provider_event_exception(const struct provider_event_source *source, uint32_t id,
                              const struct provider_observation *observation);

/** A procedure that did not return in time. */
void provider_event_hang(const struct provider_event_source *source, uint32_t id,
                         const struct provider_observation *observation);

/** The library could not be loaded (PROVIDER_NOT_LOADED). */
void provider_event_not_loaded(const struct provider_event_source *source,
                               const struct provider_observation *observation);

/** A procedure that is registered is not exported (PROVIDER_NO_EXPORT). */
void provider_event_no_export(const struct provider_event_source *source,
                              const struct provider_observation *observation);

#endif /* PROVIDER_EVENT_H */
