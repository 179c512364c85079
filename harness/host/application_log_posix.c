/* SPDX-License-Identifier: MIT
 *
 * application_log.h for Linux. It does not use syslog: a test of a provider does not concern the
 * machine.
 */
#include "application_log.h"

void application_log_write(const struct host_event *event)
{
    (void)event;
}
