/* SPDX-License-Identifier: MIT
 *
 * How the emulation of PERFLIB and its checks add findings: from any thread, and to nowhere when
 * nobody asked for them.
 */
#ifndef PERFLIB_REPORT_H
#define PERFLIB_REPORT_H

#include "findings.h"
#include "printf_like.h"

/**
 * Add a breach.
 *
 * @param findings  NULL: nobody wants to know
 * @param subject   what is at fault, copied; NULL: the rule alone tells findings apart
 */
PRINTF_LIKE(4, 5)
void perflib_report(struct findings *findings, enum rule_id rule, const char *subject,
                    const char *format, ...);

/** Take what has been found so far out of `findings`, which is empty then and may get more. */
struct findings perflib_report_take(struct findings *findings);

#endif /* PERFLIB_REPORT_H */
