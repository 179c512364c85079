/* SPDX-License-Identifier: MIT
 *
 * The check: it tries all rules on one provider. The provider runs in a process of its own and is
 * called with many queries, buffer sizes, guards and life cycles. What it does and writes is
 * compared with the rules. A crash, a hang or an exit is a finding, and the run continues until there
 * are too many of them.
 *
 * The check is deterministic for a given seed, as far as the provider is.
 *
 *     struct check_report report = { 0 };
 *
 *     error = check_provider(&options, &report);
 *     ... report.findings ...
 *     check_report_release(&report);
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>

#include "check_options.h"
#include "check_report.h"
#include "name_table.h"
#include "span.h"
#include "wintypes.h"

/**
 * Check a provider.
 *
 * @param report  zeroed by the caller; receives everything that was found, also if the check ends
 *                with an error
 * @return ERROR_SUCCESS, whatever was found; otherwise a failure of the harness itself (no child
 *         process, no memory)
 */
DWORD check_provider(const struct check_options *options, struct check_report *report);

/**
 * Check a saved answer of HKEY_PERFORMANCE_DATA.
 *
 * @param names    texts of title indices; NULL if unknown
 * @param readers  bits: 1 << enum reader_id
 */
void check_blob(struct span bytes, const struct name_table *names, uint32_t readers,
                struct check_report *report);

#endif /* CHECK_H */
