/* SPDX-License-Identifier: MIT
 *
 * application_log.h for Windows and Wine.
 */
#include "application_log.h"

#include "os.h"

void application_log_write(const struct host_event *event)
{
    os_event_report("perfharness", (enum os_event_level)event->level, event->id, event->strings,
                    event->string_count);
}
