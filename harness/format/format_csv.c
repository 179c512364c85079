/* SPDX-License-Identifier: MIT
 *
 * CSV exactly as `typeperf -f CSV` writes it: a heading of counter paths after "(PDH-CSV 4.0)", a
 * line for each sample, everything in quotes, local time with milliseconds, six decimals, and " "
 * where there is no value. Lines end in CR LF. In a file, the heading has zone and bias, as in the
 * files of logman and relog.
 *
 * The columns are those of the input's own instances. csv_columns lays out a series over instances
 * that come and go; it keeps the heading's order in every line.
 */
#include "format_writers.h"

#include "csv_columns.h"

DWORD format_csv_write(struct output *output, const struct decoder_input *input,
                       const struct format_options *options)
{
    const struct csv_style style = { .is_cooked = options->is_cooked, .is_file = options->is_file };
    const DWORD error = csv_columns_write_one(output, input, &style);

    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
