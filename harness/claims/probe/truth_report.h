/* SPDX-License-Identifier: MIT
 *
 * What a run has found: one JSON file for `make truth`, and a summary for people.
 *
 *     { "schema": 1, "program": "windows-truth",
 *       "system": { "name": "Windows", "version": "10.0.19045", "bits": 64, "administrator": true
 * }, "results": [ { "claim": "…", "probe": "…", "result": "confirmed|refuted|not-possible",
 *                      "observed": "…" } ] }
 */
#ifndef TRUTH_REPORT_H
#define TRUTH_REPORT_H

#include "truth_worker.h"

/** Whether this process has administrator rights. */
bool truth_report_is_administrator(void);

/** Write the JSON file. False: it could not be written. */
bool truth_report_write(const WCHAR *path, const struct truth_results *results,
                        const bool *selected);

/** Print the summary: what was refuted, why trials were not possible, totals. */
void truth_report_print(const struct truth_results *results, const bool *selected);

#endif /* TRUTH_REPORT_H */
