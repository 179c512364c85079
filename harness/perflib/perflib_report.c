/* SPDX-License-Identifier: MIT
 *
 * Adds findings of the emulation. It does so under a lock, because providers call from any thread.
 */
#include "perflib_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "os.h"

static struct os_lock findings_lock;

void perflib_report(struct findings *findings, enum rule_id rule, const char *subject,
                    const char *format, ...)
{
    const struct finding_place place = { .offset = FINDINGS_NO_OFFSET, .subject = subject };
    char message[512];
    va_list arguments;

    if (!findings)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);

    os_lock_acquire(&findings_lock);
    findings_add(findings, rule, &place, "%s", message);
    os_lock_release(&findings_lock);
}

struct findings perflib_report_take(struct findings *findings)
{
    os_lock_acquire(&findings_lock);
    struct findings taken = *findings;
    *findings = (struct findings){ 0 };
    os_lock_release(&findings_lock);
    return taken;
}
