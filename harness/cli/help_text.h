/* SPDX-License-Identifier: MIT
 *
 * Prints the texts of `--help` and `perfharness help` on stdout.
 */
#ifndef HELP_TEXT_H
#define HELP_TEXT_H

#include "command.h"

/** Print the program's help: its commands and the common options. */
void help_text_print_program(void);

/** Print a command's help: usage, what it does, its options. */
void help_text_print_command(const struct command *command);

#endif /* HELP_TEXT_H */
