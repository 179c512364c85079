/* SPDX-License-Identifier: MIT
 *
 * The report: one HTML page that needs nothing else, no network and no other file: time series of
 * the counters as charts, a table of the instances, and the provider's health.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "series.h"

/** One sample of the report. */
struct report_sample {
    uint64_t time_100ns; /* PerfTime100nSec of the data block, or when it was recorded */
    uint32_t size;       /* bytes of the answer */
    uint32_t breach_count;
    double query_ms; /* how long the query took; < 0: not known */
};

/** What goes into the page besides the series. */
struct report_input {
    const struct series_set *series;
    const struct report_sample *samples; /* one for each sample of the series */
    const char *system;                  /* name of the computer */
    const char *first_breach;            /* words about the first breach of structure; NULL: none */
    const char *title;
};

/** Write the page. Text out of data blocks is escaped, whatever it says. */
void report_write(struct output *output, const struct report_input *input);

#endif /* REPORT_H */
