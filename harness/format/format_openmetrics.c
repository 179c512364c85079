/* SPDX-License-Identifier: MIT
 *
 * OpenMetrics 1.0. metric_writer.h has the conventions.
 */
#include "format_writers.h"

#include "metric_writer.h"

DWORD format_openmetrics_write(struct output *output, const struct decoder_input *input,
                               const struct format_options *options)
{
    struct metric_writer writer;
    DWORD error;

    (void)options;
    metric_writer_init(&writer, output, METRIC_OPENMETRICS, NULL);
    error = metric_writer_add(&writer, input);
    metric_writer_end(&writer);
    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
