/* SPDX-License-Identifier: MIT
 *
 * All commands of perfharness, the options that are common to them, and the environment variables
 * that the product reads: what --help, the manual pages and the completions are made from.
 */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>

#include "command.h"
#include "options.h"

/** What the common options are parsed into. */
struct main_options {
    struct global_options global;
    bool help, version;
};

/** An environment variable. */
struct environment_variable {
    const char *name;
    const char *reader; /* "preload", "tracker", "provider" or "harness": the part that reads it */
    const char *value;  /* what it holds, as in an option's help */
    const char *help;   /* one sentence */
};

/** All commands; the last is NULL. main sets it first, because commands use it themselves. */
extern const struct command *const *command_table;

extern const struct command_option main_option_table[];           /* into a struct main_options */
extern const struct environment_variable environment_variables[]; /* ends with a NULL name */

/** The command of that name, or NULL with a message on stderr that names the nearest one. */
const struct command *command_table_find(const char *name);

#endif /* COMMAND_TABLE_H */
