/* SPDX-License-Identifier: MIT
 *
 * Takes the options of a command out of its arguments, by a table: see command_option.h.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "command_option.h"

/**
 * Take the options out of the arguments.
 *
 * @param options  the table
 * @param values   the struct that the table's targets lie in, filled with defaults by the caller
 * @param argc     receives how many arguments are left
 * @param argv     receives those left, in their order
 * @return false: an option is unknown or its value is wrong; a message with the nearest known
 *         option went to stderr: return EXIT_BAD_USAGE
 */
bool options_parse(const struct command_option *options, void *values, int *argc, char **argv);

/**
 * Take only the options of `options`, wherever they stand, and leave those of `others` (whose
 * values may look like options) and the unknown ones.
 */
bool options_take(const struct command_option *options, void *values,
                  const struct command_option *others, int *argc, char **argv);

/** Print the table, a line for each option, on stdout. */
void options_print(const struct command_option *options);

/**
 * How many letters must be changed, added or left out to make one word of the other; for "did you
 * mean". Words of more than 63 bytes are far from everything.
 */
size_t options_distance(const char *left, const char *right);

#endif /* OPTIONS_H */
