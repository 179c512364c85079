/* SPDX-License-Identifier: MIT
 *
 * CSV exactly as `typeperf -f CSV` writes it: a heading of counter paths behind "(PDH-CSV 4.0)", a
 * line for each sample, everything in quotes, local time with milliseconds, six decimals, and " "
 * where there is no value. Lines end in CR LF, as there.
 *
 * The columns are those of the input's own instances; a series over instances that come and go is
 * laid out by csv_columns, which keeps the heading's order for every line.
 */
#include "format_writers.h"

#include <stdio.h>

#include "csv_columns.h"

DWORD format_write_csv(struct output *output, const struct decoder_input *input,
                       const struct format_options *options)
{
    struct csv_columns columns = { 0 };
    DWORD error = csv_columns_add(&columns, input);

    if (!error)
        csv_columns_add_heading(&columns, output);
    if (!error)
        error = csv_columns_add_line(&columns, input, options->is_cooked, output);
    csv_columns_release(&columns);
    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
