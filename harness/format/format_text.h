/* SPDX-License-Identifier: MIT
 *
 * How names, units and values look in the formats for users.
 */
#ifndef FORMAT_TEXT_H
#define FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "output.h"

/** Add the name of an object or a counter from the name table, or its title index as a number. */
void format_text_add_title(struct output *output, const char *name, uint32_t index);

/** The unit of a cooked value: "/s", "%", "s", or "" if the name contains it. */
const char *format_text_unit(const struct decoded_counter *counter);

/**
 * Add 10 to the power of the counter's DefaultScale, as perfmon shows it: "0.001", "1.0", "100.0".
 */
void format_text_add_scale(struct output *output, int32_t scale);

/**
 * Add the current instance's value of a counter: text, hexadecimal, digits in groups, or cooked
 * with a fitting number of decimals; "-" without a value.
 *
 * @param counter  its position in object->counters
 */
void format_text_add_value(struct output *output, struct decoder *decoder,
                           const struct decoded_object *object, size_t counter, bool is_cooked);

/** Add a whole number with its digits in groups of three. */
void format_text_add_whole(struct output *output, uint64_t number);

/** Write bytes in the largest unit that gives at least 1: "640 B", "1.5 KiB". */
void format_text_size(char *text, size_t size, uint64_t bytes);

/** Add a cooked value of that unit. */
void format_text_add_number(struct output *output, double value, enum cook_unit unit);

#endif /* FORMAT_TEXT_H */
