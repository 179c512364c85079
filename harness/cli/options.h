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
 * @param values   the struct of the table's targets, filled with defaults by the caller
 * @param argc     receives the number of remaining arguments
 * @param argv     receives the remaining arguments, in their order
 * @return false if an option is unknown or its value is wrong; a message with the nearest known
 *         option went to stderr. The command returns EXIT_BAD_USAGE
 */
bool options_parse(const struct command_option *options, void *values, int *argc, char **argv);

/**
 * Take only the options of `options`, at any position, and leave those of `others` (whose values
 * may look like options) and the unknown ones.
 */
bool options_take(const struct command_option *options, void *values,
                  const struct command_option *others, int *argc, char **argv);

/** Print the table on stdout, one line for each option. */
void options_print(const struct command_option *options);

/**
 * How many letters must be changed, added or left out to turn one word into the other, for "did you
 * mean". Words of more than 63 bytes are far from all others.
 */
size_t options_distance(const char *left, const char *right);

#endif /* OPTIONS_H */
