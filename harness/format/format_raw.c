/* SPDX-License-Identifier: MIT
 *
 * Writes the bytes unchanged, as a consumer's buffer holds them.
 */
#include "format_writers.h"

DWORD format_raw_write(struct output *output, const struct decoder_input *input,
                       const struct format_options *options)
{
    (void)options;
    output_add(output, input->newer.data, input->newer.size);
    return output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
