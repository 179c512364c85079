/* SPDX-License-Identifier: MIT
 *
 * The list of formats. A format writes a decoded data block as something to read; format_writers.h
 * describes each.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "format_writers.h"

struct format {
    const char *name; /* as in --format */

    DWORD(*write)
    (struct output *output, const struct decoder_input *input,
     const struct format_options *options); /* see format_writers.h */
};

/** All formats, in the order of formats.def. */
extern const struct format formats[];

/** Positions in `formats`. */
enum format_id {
#define FORMAT(id) FORMAT_##id,
#include "formats.def"
#undef FORMAT
    FORMAT_COUNT
};

#endif /* FORMAT_H */
