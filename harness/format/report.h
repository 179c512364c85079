/* SPDX-License-Identifier: MIT
 *
 * The report: one HTML page that needs no network and no other file. It has charts of the counters
 * over time, a table of the instances, and the provider's health.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "series.h"

/** One sample of the report. */
struct report_sample {
    uint64_t time_100ns; /* PerfTime100nSec of the data block, or the time of the recording */
    uint32_t size;       /* bytes of the answer */
    uint32_t breach_count;
    double query_ms; /* duration of the query; < 0: not known */
};

/** The contents of the page besides the series. */
struct report_input {
    const struct series_set *series;
    const struct report_sample *samples; /* one for each sample of the series */
    const char *system;                  /* name of the computer */
    const char *first_breach;            /* text of the first breach of structure; NULL if there is
                                            none */
    const char *title;
};

/** Write the page. All text from data blocks is escaped. */
void report_write(struct output *output, const struct report_input *input);

#endif /* REPORT_H */
