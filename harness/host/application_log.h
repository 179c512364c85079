/* SPDX-License-Identifier: MIT
 *
 * The system's own log, to which Windows' perflib writes its events.
 */
#ifndef APPLICATION_LOG_H
#define APPLICATION_LOG_H

#include "host.h"

/**
 * Write one event to the Application log of Windows, as source "perfharness". Other systems have no
 * such log and this does nothing: the caller prints the events that a user wants.
 */
void application_log_write(const struct host_event *event);

#endif /* APPLICATION_LOG_H */
