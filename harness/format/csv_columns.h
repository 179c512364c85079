/* SPDX-License-Identifier: MIT
 *
 * CSV as typeperf and PDH write it. The columns of a series are the counter paths of its first
 * sample, in their order. Every later line has a value or " " for each of them. As with typeperf, a
 * counter that is not in the first sample gets no column.
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
#include "keyed_hash.h"
#include "number_map.h"
#include "output.h"

struct csv_columns {
    struct output heading;    /* the paths, each with a comma before it and in quotes */
    struct number_map places; /* from the hash of a path to its column */
    struct keyed_hash key; /* secret: paths with names of a provider are distinguished by hashes */
    size_t count;
    uint16_t system_time[8]; /* of the first sample */
};

struct csv_style {
    bool is_cooked;
    bool is_file; /* the heading has zone and bias, as in files of logman and relog; otherwise it is
                     that of typeperf on stdout */
};

/** Make a column for each counter that has a number or a text in this sample. */
DWORD csv_columns_add(struct csv_columns *columns, const struct decoder_input *input);

/** Write the heading; `is_file` as in struct csv_style. */
void csv_columns_add_heading(const struct csv_columns *columns, bool is_file,
                             struct output *output);

/** Write one sample's line. The errors are those of decoder_open. */
DWORD csv_columns_add_line(const struct csv_columns *columns, const struct decoder_input *input,
                           bool is_cooked, struct output *output);

/** Write the heading and the line of a single sample. The errors are those of decoder_open. */
DWORD csv_columns_write_one(struct output *output, const struct decoder_input *input,
                            const struct csv_style *style);

/** Free everything. */
void csv_columns_release(struct csv_columns *columns);

#endif /* CSV_COLUMNS_H */
