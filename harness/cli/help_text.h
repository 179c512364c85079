/* SPDX-License-Identifier: MIT
 *
 * What `--help` and `perfharness help` print on stdout.
 */
#ifndef HELP_TEXT_H
#define HELP_TEXT_H

#include "command.h"

/** The program's own: its commands and the common options. */
void help_text_print_program(void);

/** A command's: usage, what it does, its options. */
void help_text_print_command(const struct command *command);

#endif /* HELP_TEXT_H */
