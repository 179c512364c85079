/* SPDX-License-Identifier: MIT
 *
 * How the emulation of PERFLIB and its checks add findings: from any thread, and without effect if
 * providers are not watched.
 */
#ifndef PERFLIB_REPORT_H
#define PERFLIB_REPORT_H

#include "findings.h"
#include "printf_like.h"

/**
 * Add a breach.
 *
 * @param findings  NULL if findings are not wanted
 * @param subject   the faulty part, copied; NULL if the rule alone identifies the finding
 */
PRINTF_LIKE(4, 5)
void perflib_report(struct findings *findings, enum rule_id rule, const char *subject,
                    const char *format, ...);

/** Return the findings so far and leave `findings` empty, to receive more. */
struct findings perflib_report_take(struct findings *findings);

#endif /* PERFLIB_REPORT_H */
