/* SPDX-License-Identifier: MIT
 *
 * The report: one HTML page that needs no network and no other file. It has charts of the counters
 * over time, a table of the instances, the provider's health, and a flame graph if there is a profile.
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

/** A function in the stacks of a flame graph, below the functions that called it. */
struct report_frame {
    uint32_t parent; /* position of its caller, smaller than its own; that of the root is 0 */
    const char *name;
    uint64_t live, allocated; /* bytes, with those of its callees */
};

/** A flame graph. Frame 0 is the root: everything. */
struct report_flame {
    struct report_frame *frames;
    size_t count;
    const char *title; /* whose stacks these are */
    uint64_t rate;     /* mean distance of samples in bytes; 1: every block */
    uint64_t left_out; /* live bytes of frames that are too small for the page */
};

/** The contents of the page besides the series. */
struct report_input {
    const struct series_set *series;
    const struct report_sample *samples; /* one for each sample of the series */
    const char *system;                  /* name of the computer */
    const char *first_breach; /* text of the first breach of structure; NULL: no breach */
    const char *title;
    const struct report_flame *flame; /* NULL: there is no profile */
};

/** Write the page. All text from data blocks is escaped. */
void report_write(struct output *output, const struct report_input *input);

#endif /* REPORT_H */
