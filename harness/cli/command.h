/* SPDX-License-Identifier: MIT
 *
 * A command of perfharness: each describes and implements itself in a file of its own; main.c
 * finds it in commands.def, and `--help` prints what it says.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdint.h>

/** Exit statuses, the same for every command. */
enum exit_status {
    EXIT_FINE = 0,        /* done */
    EXIT_BROKEN_RULE = 1, /* the provider or the data broke a rule */
    EXIT_BAD_USAGE = 2,   /* bad usage or input */
    EXIT_NOTHING = 3,     /* nothing to query: no such object, provider, file */
};

/** The options before the command, common to all of them. */
struct global_options {
    const char *registry_file; /* --registry; NULL: the system's registry where there is one, or
                                  heapctrs.reg beside the program or in the source tree */
    const char *library_path;  /* --library-path; NULL: the program's own folder */
    uint32_t test_level;       /* --test-level; 0: what the registration says */
    const char *event_log;     /* --event-log; NULL: stderr (the Application log on Windows) */
};

struct command {
    const char *name;    /* as typed */
    const char *usage;   /* what follows the name, e.g. "[VALUE] [--format FORMAT]" */
    const char *summary; /* one line for the list of commands */
    const char *help;    /* the rest of `perfharness NAME --help`: options and examples */

    /**
     * Run.
     *
     * @param argc  arguments behind the command's name
     * @param argv  the arguments, UTF-8 on every system
     * @return an exit status; messages went to stderr, the answer and only that to stdout
     */
    int (*run)(const struct global_options *options, int argc, char **argv);
};

/**
 * Print "perfharness: " and a message for people on stderr: name the file, the offset, the rule and
 * the remedy. A line break is added.
 */
void command_complain(const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 1, 2)))
#endif
    ;

#endif /* COMMAND_H */
