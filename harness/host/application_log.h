/* SPDX-License-Identifier: MIT
 *
 * The system's own log, into which Windows' perflib writes its events.
 */
#ifndef APPLICATION_LOG_H
#define APPLICATION_LOG_H

#include "host.h"

/**
 * Write one event to the Application log of Windows, as source "perfharness". Elsewhere there is none,
 * and this does nothing: whoever wants events there prints them.
 */
void application_log_write(const struct host_event *event);

#endif /* APPLICATION_LOG_H */
