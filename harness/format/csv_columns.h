/* SPDX-License-Identifier: MIT
 *
 * CSV as typeperf and PDH write it. The columns of a series are the counter paths of its first
 * sample, in their order. Every later line has a value or " " for each of them; what was not there
 * at first gets no column, as with typeperf.
 *
 * A single sample is written in two walks over it, so that memory does not grow with its size if
 * the output has a drain.
 */
#ifndef CSV_COLUMNS_H
#define CSV_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "number_map.h"
#include "output.h"

struct csv_columns {
    struct output heading;    /* the paths, each in quotes with a comma in front */
    struct number_map places; /* hash of a path -> its column */
    size_t count;
    uint16_t system_time[8]; /* of the first sample */
};

struct csv_style {
    bool is_cooked;
    bool is_file; /* the heading has zone and bias, as in files of logman and relog; else typeperf's
                     on stdout */
};

/** Make columns of all counters that have a number or text in this sample. */
DWORD csv_columns_add(struct csv_columns *columns, const struct decoder_input *input);

/** Write the heading; `is_file` as in struct csv_style. */
void csv_columns_add_heading(const struct csv_columns *columns, bool is_file,
                             struct output *output);

/** Write one sample's line. Errors as decoder_open. */
DWORD csv_columns_add_line(const struct csv_columns *columns, const struct decoder_input *input,
                           bool is_cooked, struct output *output);

/** Write heading and line of a single sample. Errors as decoder_open. */
DWORD csv_columns_write_one(struct output *output, const struct decoder_input *input,
                            const struct csv_style *style);

/** Free all. */
void csv_columns_release(struct csv_columns *columns);

#endif /* CSV_COLUMNS_H */
