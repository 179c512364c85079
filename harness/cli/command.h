/* SPDX-License-Identifier: MIT
 *
 * A command of perfharness: each describes and implements itself in a file of its own; main.c
 * finds it in commands.def, and `--help` prints what it says.
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
    EXIT_NOTHING = 3,     /* nothing to query: no such object, provider, file */
};

/** The options before the command, common to all of them. */
struct global_options {
    const char
        *registry_file; /* --registry, or $PERFHARNESS_REGISTRY; NULL: the system's registry where
                           there is one, or heapctrs.reg beside the program or in the source tree */
    const char *library_path; /* --library-path; NULL: the program's own folder */
    uint32_t test_level;      /* --test-level; 0: what the registration says */
    int trust;                /* --trust, enum host_trust */
    bool disables;            /* --disable: what misbehaves is disabled in the registration */
    const char *event_log;    /* --event-log; NULL: stderr (the Application log on Windows) */
};

struct command {
    const char *name;    /* as typed */
    const char *usage;   /* what follows the name, e.g. "[VALUE] [--format FORMAT]" */
    const char *summary; /* one line for the list of commands */
    const char *help;    /* the rest of `perfharness NAME --help`: what it does, examples */
    const struct command_option *options; /* --help lists them; NULL: none */

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
PRINTF_LIKE(1, 2)
void command_complain(const char *format, ...);

/** Why a file could not be read, in words: an error of os_file_read_all. */
const char *command_file_trouble(DWORD error);

/**
 * Hand on what is in stdout's buffer, for commands that print over a longer time.
 *
 * @return false when nobody can read it any more (broken pipe, full disk): stop, and return; main
 *         says why if anybody wants to know, and makes the exit status EXIT_BAD_USAGE
 */
bool command_flush(void);

/**
 * Read the registration that the options name: --registry, else $PERFHARNESS_REGISTRY, else the
 * system's registry where there is one, else heapctrs.reg beside the program, in ../../registry or
 * in ../share/heapctrs.
 *
 * @param registration  receives it; free it with registration_release
 * @return EXIT_FINE; EXIT_BAD_USAGE (unreadable or damaged) or EXIT_NOTHING (none found), both
 *         with a message on stderr
 */
int command_open_registration(const struct global_options *options,
                              struct registration *registration);

/** The same without a word on stderr: what went wrong is in error->message. */
int command_find_registration(const struct global_options *options,
                              struct registration *registration, struct registration_error *error);

/**
 * Where that registration is.
 *
 * @param path  receives the path of a .reg file, or "" for the system's registry
 * @return EXIT_FINE; EXIT_NOTHING with error->message if there is none; nothing is read
 */
int command_find_registration_file(const struct global_options *options, char *path, size_t size,
                                   struct registration_error *error);

/** The program's own folder, without a separator at its end. */
const char *command_program_folder(void);

/** The folder to look for libraries in first: --library-path, or the program's own; never NULL. */
const char *command_library_path(const struct global_options *options);

#endif /* COMMAND_H */
