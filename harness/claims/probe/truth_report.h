/* SPDX-License-Identifier: MIT
 *
 * The results of a run: one JSON file for `make truth`, and a summary for users.
 *
 *     { "schema": 1, "program": "windows-truth",
 *       "system": { "name": "Windows", "version": "10.0.19045", "bits": 64,
 *                  "administrator": true },
 *       "results": [ { "claim": "…", "probe": "…", "result": "confirmed|refuted|not-possible",
 *                      "observed": "…" } ] }
 */
#ifndef TRUTH_REPORT_H
#define TRUTH_REPORT_H

#include "truth_worker.h"

/** Whether this process has administrator rights. */
bool truth_report_is_administrator(void);

/** Write the JSON file. Returns false if it could not be written. */
bool truth_report_write(const WCHAR *path, const struct truth_results *results,
                        const bool *selected);

/** Print the summary: refuted claims, why trials were not possible, totals. */
void truth_report_print(const struct truth_results *results, const bool *selected);

#endif /* TRUTH_REPORT_H */
