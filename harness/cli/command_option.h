/* SPDX-License-Identifier: MIT
 *
 * Options of a command as a table. Each line has an option's name, the kind of its value, where the
 * value goes, and what `--help` prints about it. The forms `--name value`, `--name=value`, `-o
 * value` and `-ovalue` are accepted. After `--`, nothing is an option. Options and other arguments
 * may come in any order.
 *
 *     struct query_options {
 *         int format;
 *         const char *output;
 *     };
 *     static const struct command_option query_option_table[] = {
 *         { "format", 'f', OPTION_CHOICE, offsetof(struct query_options, format), "table|json",
 *           "how to print the answer", 0, 0 },
 *         { "output", 'o', OPTION_TEXT, offsetof(struct query_options, output), "FILE",
 *           "write there instead of stdout", 0, 0 },
 *         OPTIONS_END,
 *     };
 */
#ifndef COMMAND_OPTION_H
#define COMMAND_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kind of an option's value, and the type of the member that receives it. */
enum option_kind {
    OPTION_FLAG,     /* bool: true if given; it has no value */
    OPTION_TEXT,     /* const char *: unchanged; the last one counts */
    OPTION_TEXTS,    /* struct option_texts: may be given several times */
    OPTION_NUMBER,   /* uint32_t: decimal or 0x..., minimum..maximum (maximum 0: no limit) */
    OPTION_NUMBER64, /* uint64_t: likewise */
    OPTION_SECONDS,  /* uint32_t, milliseconds: "2", "0.25"; the limits are in milliseconds */
    OPTION_CHOICE,   /* int: position, from 0, of the word in `value`, "table|json|csv" */
};

/** Values of an option that may be given several times, in their order. */
struct option_texts {
    const char *items[64];
    size_t count;
};

struct command_option {
    const char *name; /* without dashes; NULL ends a table */
    char letter;      /* its short form, or 0 */
    enum option_kind kind;
    size_t target;     /* offsetof the member in the command's struct of values */
    const char *value; /* the name of the value in --help; the words of a choice */
    const char *help;  /* one line for --help */
    uint32_t minimum, maximum;
};

#define OPTIONS_END                                                                                \
    {                                                                                              \
        NULL, 0, OPTION_FLAG, 0, NULL, NULL, 0, 0                                                  \
    }

#endif /* COMMAND_OPTION_H */
