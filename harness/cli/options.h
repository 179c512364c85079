/* SPDX-License-Identifier: MIT
 *
 * Options of a command as a table: one line for each option says what it is called, what it takes,
 * where its value goes and what `--help` prints about it. Understood are `--name value`,
 * `--name=value`, `-o value`, `-ovalue`, and `--`, behind which nothing is an option. Options and
 * other arguments may stand in any order.
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
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What an option takes, and the type of the field that receives it. */
enum option_kind {
    OPTION_FLAG,     /* bool: true when given; takes nothing */
    OPTION_TEXT,     /* const char *: as it stands; the last one counts */
    OPTION_TEXTS,    /* struct option_texts: may be given several times */
    OPTION_NUMBER,   /* uint32_t: decimal or 0x..., minimum..maximum (maximum 0: no limit) */
    OPTION_NUMBER64, /* uint64_t: likewise */
    OPTION_SECONDS,  /* uint32_t, milliseconds: "2", "0.25"; the limits are in milliseconds */
    OPTION_CHOICE,   /* int: place, from 0, of the word in `value`, "table|json|csv" */
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
    size_t target;     /* offsetof the field in the command's struct of values */
    const char *value; /* what --help calls the value; the words of a choice */
    const char *help;  /* one line for --help */
    uint32_t minimum, maximum;
};

#define OPTIONS_END                                                                                \
    {                                                                                              \
        NULL, 0, OPTION_FLAG, 0, NULL, NULL, 0, 0                                                  \
    }

/**
 * Take the options out of the arguments.
 *
 * @param options  the table
 * @param values   the struct that the table's targets lie in, filled with defaults by the caller
 * @param argc     receives how many arguments are left
 * @param argv     receives those left, in their order
 * @return false: an option is unknown or its value is wrong; a message with the nearest known
 *         option went to stderr: return EXIT_BAD_USAGE
 */
bool options_parse(const struct command_option *options, void *values, int *argc, char **argv);

/**
 * Take only the options of `options`, wherever they stand, and leave those of `others` (whose
 * values may look like options) and the unknown ones.
 */
bool options_take(const struct command_option *options, void *values,
                  const struct command_option *others, int *argc, char **argv);

/** Print the table, a line for each option, on stdout. */
void options_print(const struct command_option *options);

/**
 * How many letters must be changed, added or left out to make one word of the other; for "did you
 * mean". Words of more than 63 bytes are far from everything.
 */
size_t options_distance(const char *left, const char *right);

#endif /* OPTIONS_H */
