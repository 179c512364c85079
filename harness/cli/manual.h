/* SPDX-License-Identifier: MIT
 *
 * Prints manual pages, as roff source with the macros of man(7). They are made from the tables that
 * `--help` prints.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdbool.h>

#include "command.h"

/** Print perfharness(1). */
void manual_print_program(void);

/** Print perfharness-NAME(1). */
void manual_print_command(const struct command *command);

/**
 * Print a page that is not about a command.
 *
 * @param name  "libheaptracker-preload" or "perfharness-environment", both of section 7
 * @return false if there is no such page; then nothing was printed
 */
bool manual_print_topic(const char *name);

/** List all pages, with a line "NAME SECTION" for each. */
void manual_list(void);

#endif /* MANUAL_H */
