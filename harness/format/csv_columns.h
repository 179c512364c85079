/* SPDX-License-Identifier: MIT
 *
 * The columns of a CSV series: counter paths in the order of the first sample. Every later line has
 * a value or " " for each of them; what was not there at first gets no column, as with typeperf.
 */
#ifndef CSV_COLUMNS_H
#define CSV_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "number_map.h"
#include "output.h"

struct csv_columns {
    struct output heading;    /* the paths, each in quotes with a comma in front */
    struct number_map places; /* hash of a path -> its column */
    size_t count;
};

/** Make columns of all counters that have a number or text in this sample. */
DWORD csv_columns_add(struct csv_columns *columns, const struct decoder_input *input);

/** Write the heading. */
void csv_columns_add_heading(const struct csv_columns *columns, struct output *output);

/** Write one sample's line. Errors as decoder_open. */
DWORD csv_columns_add_line(const struct csv_columns *columns, const struct decoder_input *input,
                           bool is_cooked, struct output *output);

/** Free all. */
void csv_columns_release(struct csv_columns *columns);

#endif /* CSV_COLUMNS_H */
