/* SPDX-License-Identifier: MIT
 *
 * A command of perfharness. Each describes and implements itself in a file of its own; main.c finds
 * it in commands.def, and `--help` prints its texts.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command_option.h"
#include "printf_like.h"
#include "registration.h"

/** Exit statuses, the same for every command. */
enum exit_status {
    EXIT_FINE = 0,        /* done */
    EXIT_BROKEN_RULE = 1, /* the provider or the data broke a rule */
    EXIT_BAD_USAGE = 2,   /* bad usage or input */
    EXIT_NOTHING = 3,     /* no such object, provider or file */
};

/** The options that all commands have, before or after the command. */
struct global_options {
    const char
        *registry_file; /* --registry, or $PERFHARNESS_REGISTRY; NULL: the system's registry if
                           there is one, otherwise heapctrs.reg beside the program or in the source
                           tree */
    const char *library_path; /* --library-path; NULL: the program's own folder */
    uint32_t test_level;      /* --test-level; 0: as registered */
    int trust;                /* --trust, enum host_trust */
    bool disables;            /* --disable: disable providers that misbehave in the registration */
    const char *event_log;    /* --event-log; NULL: stderr (the Application log on Windows) */
};

struct command {
    const char *name;    /* as in the arguments */
    const char *usage;   /* text after the name, e.g. "[VALUE] [--format FORMAT]" */
    const char *summary; /* one line for the list of commands */
    const char *help;    /* the rest of `perfharness NAME --help`: what it does, examples */
    const struct command_option *options; /* --help lists them; NULL: no options */

    /**
     * Run the command.
     *
     * @param argc  number of arguments after the command's name
     * @param argv  the arguments, UTF-8 on every system
     * @return an exit status; messages went to stderr, the answer and nothing else to stdout
     */
    int (*run)(const struct global_options *options, int argc, char **argv);
};

/**
 * Print "perfharness: " and a message for users on stderr. It contains the file, the offset, the
 * rule and the remedy. A line break is added.
 */
PRINTF_LIKE(1, 2)
void command_complain(const char *format, ...);

/** Report that memory ran out. Returns the exit status, EXIT_BAD_USAGE. */
int command_complain_memory(void);

/**
 * Report that a file could not be written, why, and what helps. Returns the exit status, EXIT_BAD_USAGE.
 *
 * @param error  as os_file_write_all returns it
 */
int command_complain_output(const char *path, DWORD error);

/** Why a file could not be read, and what helps; `error` is one of os_file_read_all. */
const char *command_file_error_text(DWORD error);

/**
 * Flush stdout, for commands that print over a longer time.
 *
 * @return false if the output has no reader any more (broken pipe, full disk): stop, and return.
 *         main reports the reason if there is a reader for it, and makes the exit status
 *         EXIT_BAD_USAGE
 */
bool command_flush(void);

/**
 * Read the registration that the options name: --registry, otherwise $PERFHARNESS_REGISTRY,
 * otherwise the system's registry if there is one, otherwise heapctrs.reg beside the program, in
 * ../../registry or in ../share/heapctrs.
 *
 * @param registration  receives it; free it with registration_release
 * @return EXIT_FINE; EXIT_BAD_USAGE (unreadable or damaged) or EXIT_NOTHING (not found), both with
 *         a message on stderr
 */
int default_registration_open(const struct global_options *options,
                              struct registration *registration);

/** The same without a message on stderr: error->message has the reason. */
int default_registration_find(const struct global_options *options,
                              struct registration *registration, struct registration_error *error);

/**
 * Find where that registration is. Nothing is read.
 *
 * @param path  receives the path of a .reg file, or "" for the system's registry
 * @return EXIT_FINE; EXIT_NOTHING with error->message if no place has a registration
 */
int default_registration_find_file(const struct global_options *options, char *path, size_t size,
                                   struct registration_error *error);

/** The program's own folder, without a separator at the end. */
const char *command_program_folder(void);

/** The first folder to look for libraries in: --library-path, or the program's own; never NULL. */
const char *command_library_path(const struct global_options *options);

#endif /* COMMAND_H */
