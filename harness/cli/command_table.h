/* SPDX-License-Identifier: MIT
 *
 * All commands of perfharness, the options that all of them have, and the environment variables
 * that the product reads. --help, the manual pages and the completions are made from them.
 */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>

#include "command.h"
#include "options.h"

/** The values of the common options. */
struct main_options {
    struct global_options global;
    bool help, version;
};

/** An environment variable. */
struct environment_variable {
    const char *name;
    const char *reader; /* the part that reads it: "preload", "tracker", "provider" or "harness" */
    const char *value;  /* the name of its value, as in an option's help */
    const char *help;   /* one sentence */
};

/** All commands; the last is NULL. main sets this first, because commands use it themselves. */
extern const struct command *const *command_table;

/* their targets are in a struct main_options */
extern const struct command_option command_table_main_options[];
extern const struct environment_variable command_table_environment[]; /* ends with a NULL name */

/** Find the command of that name. If it is unknown, a message on stderr names the nearest one. */
const struct command *command_table_find(const char *name);

#endif /* COMMAND_TABLE_H */
