/* SPDX-License-Identifier: MIT
 *
 * One function for each format: format_<id>_write, in the file format_<id>.c. formats.def lists
 * them.
 */
#ifndef FORMAT_WRITERS_H
#define FORMAT_WRITERS_H

#include <stdbool.h>
#include <stddef.h>

#include "decoder.h"
#include "output.h"

struct format_options {
    bool is_cooked; /* cooked values, if the format has a choice; otherwise raw ones */
    size_t width;   /* width of a table in columns of text; 0: no limit */
    bool is_file;   /* the output is a file, not stdout: CSV has another heading */
    bool is_cut;    /* names may be cut to fit the width, because the output is a terminal */
};

/**
 * Write what the input selects.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header, or on_breach returned false;
 *         ERROR_NOT_ENOUGH_MEMORY. After an error the output must not be shown.
 */
#define FORMAT(id)                                                                                 \
    DWORD format_##id##_write(struct output *output, const struct decoder_input *input,            \
                              const struct format_options *options);
#include "formats.def"
#undef FORMAT

#endif /* FORMAT_WRITERS_H */
