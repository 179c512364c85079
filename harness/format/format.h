/* SPDX-License-Identifier: MIT
 *
 * Formats: a data block, decoded, as something to read. Each stands in a file of its own,
 * format_<id>.c; formats.def lists them.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "decoder.h"
#include "output.h"

struct format_options {
    bool is_cooked; /* values as people read them, where the format has a choice; else raw */
    size_t width;   /* columns to lay a table out for; 0: no limit */
    bool is_cut;    /* names may be cut to fit the width: a person looks at it */
    bool is_strict; /* OpenMetrics to the letter, for readers that ask for it */
};

struct format {
    const char *name; /* as typed behind --format */

    /**
     * Write what the input selects.
     *
     * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header, or on_breach said stop;
     *         ERROR_NOT_ENOUGH_MEMORY. What the output holds then is not to be shown.
     */
    DWORD(*write)
    (struct output *output, const struct decoder_input *input,
     const struct format_options *options);
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

/** "table|json|...", for an option's help. */
extern const char *const format_names;

/** Name of an object or a counter: from the name table, else its title index as a number. */
void format_add_title(struct output *output, const char *name, uint32_t index);

/** What is shown beside a cooked value: "/s", "%", "s", or "" where the name says it already. */
const char *format_unit(const struct decoded_counter *counter);

/** 10 to the counter's DefaultScale, as perfmon shows it: "0.001", "1.0", "100.0". */
void format_add_scale(struct output *output, int32_t scale);

/**
 * The current instance's value of a counter for people: text, hexadecimal, digits in groups, cooked
 * with a sensible number of decimals; "-" where there is none.
 */
void format_add_value(struct output *output, struct decoder *decoder,
                      const struct decoded_object *object, size_t counter, bool is_cooked);

/** A cooked value of a unit for people. */
void format_add_number(struct output *output, double value, enum cook_unit unit);

#endif /* FORMAT_H */
