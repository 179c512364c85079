/* SPDX-License-Identifier: MIT
 *
 * The texts of the events that perflib would write about one provider. They are passed to
 * host_options.on_event; if that is NULL, nothing happens.
 */
#ifndef PROVIDER_EVENT_H
#define PROVIDER_EVENT_H

#include <stdint.h>

#include "host_options.h"
#include "provider_observation.h"
#include "registration.h"

/** The provider that the events concern. All pointers outlive the calls. */
struct provider_event_source {
    const struct host_options *options;
    uint32_t event_log_level; /* 0: log nothing, 1: errors, 2: warnings as well, 3: everything */
    const struct service *service;
    const char *library; /* path */
};

/**
 * Report one event.
 *
 * @param id      of event_table.def
 * @param detail  is added only to the line for users; may be NULL
 * @param ...     the event's strings (const char *), as many as it has in event_table.def
 */
void provider_event_report(const struct provider_event_source *source, uint32_t id,
                           const char *detail, ...);

/** Report an event with three strings: service, library and a number. */
void provider_event_number(const struct provider_event_source *source, uint32_t id,
                           uint32_t number);

/** Report an exception in one of the three procedures, or the end of its process or thread. */
void provider_event_exception(const struct provider_event_source *source, uint32_t id,
                              const struct provider_observation *observation);

/** Report a procedure that did not return in time. */
void provider_event_hang(const struct provider_event_source *source, uint32_t id,
                         const struct provider_observation *observation);

/** Report that the library could not be loaded (PROVIDER_NOT_LOADED). */
void provider_event_not_loaded(const struct provider_event_source *source,
                               const struct provider_observation *observation);

/** Report a registered procedure that is not exported (PROVIDER_NO_EXPORT). */
void provider_event_no_export(const struct provider_event_source *source,
                              const struct provider_observation *observation);

#endif /* PROVIDER_EVENT_H */
