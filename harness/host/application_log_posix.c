/* SPDX-License-Identifier: MIT
 *
 * application_log.h for Linux. Not syslog: a test of a provider is no matter of the machine's.
 */
#include "application_log.h"

void application_log_write(const struct host_event *event)
{
    (void)event;
}
