/* SPDX-License-Identifier: MIT
 *
 * Manual pages, as roff source with the macros of man(7), on stdout. They are made from the tables
 * that `--help` prints.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdbool.h>

#include "command.h"

/** perfharness(1). */
void manual_print_program(void);

/** perfharness-NAME(1). */
void manual_print_command(const struct command *command);

/**
 * A page on something else than a command.
 *
 * @param name  "libheaptracker-preload" or "perfharness-environment", both of section 7
 * @return false: there is no such page, and nothing was printed
 */
bool manual_print_topic(const char *name);

/** All pages, a line "NAME SECTION" for each. */
void manual_list(void);

#endif /* MANUAL_H */
