/* SPDX-License-Identifier: MIT
 *
 * Formats: a data block, decoded, as something to read. This is their list; format_writers.h says
 * what each of them is.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "format_writers.h"

struct format {
    const char *name; /* as typed after --format */

    DWORD(*write)
    (struct output *output, const struct decoder_input *input,
     const struct format_options *options); /* see format_writers.h */
};

/** All formats, in the order of formats.def. */
extern const struct format formats[];

/** Their place in `formats`. */
enum format_id {
#define FORMAT(id) FORMAT_##id,
#include "formats.def"
#undef FORMAT
    FORMAT_COUNT
};

#endif /* FORMAT_H */
