/* SPDX-License-Identifier: MIT
 *
 * What each format is: a function format_write_<id>, in the file format_<id>.c. formats.def lists
 * them.
 */
#ifndef FORMAT_WRITERS_H
#define FORMAT_WRITERS_H

#include <stdbool.h>
#include <stddef.h>

#include "decoder.h"
#include "output.h"

struct format_options {
    bool is_cooked; /* values as people read them, where the format has a choice; else raw */
    size_t width;   /* columns to lay a table out for; 0: no limit */
    bool is_file;   /* it goes into a file, not to stdout: CSV has another heading */
    bool is_cut;    /* names may be cut to fit the width: a person looks at it */
};

/**
 * Write what the input selects.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header, or on_breach said stop;
 *         ERROR_NOT_ENOUGH_MEMORY. After an error the output must not be shown.
 */
#define FORMAT(id)                                                                                 \
    DWORD format_write_##id(struct output *output, const struct decoder_input *input,              \
                            const struct format_options *options);
#include "formats.def"
#undef FORMAT

#endif /* FORMAT_WRITERS_H */
