/* SPDX-License-Identifier: MIT
 *
 * What the commands share that show data blocks: the options that choose format, counters and
 * language, the search for what was asked for and is not there, and the way to stdout or a file.
 */
#ifndef PRESENTER_H
#define PRESENTER_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "decoder.h"
#include "format.h"
#include "file_replace.h"
#include "output.h"

/** Values of the options; a command embeds it in its own struct. */
struct presenter_options {
    int format;
    const char *output;
    const char *language;
    struct option_texts counters;
    const char *counter_file;
    bool is_multi_timer_in_seconds;
};

/** Lines of a command's option table that fill the presenter_options at `field` of its struct. */
#define PRESENTER_OPTION_FORMAT(type, field, words)                                                \
    {                                                                                              \
        "format", 'f', OPTION_CHOICE, offsetof(type, field.format), words,                         \
            "how to print; the first one unless told otherwise", 0, 0                              \
    }
#define PRESENTER_OPTION_OUTPUT(type, field)                                                       \
    {                                                                                              \
        "output", 'o', OPTION_TEXT, offsetof(type, field.output), "FILE",                          \
            "write there instead of stdout, which is -; all or nothing", 0, 0                                  \
    }
#define PRESENTER_OPTIONS_SELECT(type, field)                                                      \
    { "counter-file",                                                                              \
      0,                                                                                           \
      OPTION_TEXT,                                                                                 \
      offsetof(type, field.counter_file),                                                          \
      "FILE",                                                                                      \
      "the same as --counter: a path in each line; - is stdin",                                    \
      0,                                                                                           \
      0 },                                                                                         \
    { "counter",                                                                                   \
      'c',                                                                                         \
      OPTION_TEXTS,                                                                                \
      offsetof(type, field.counters),                                                              \
      "PATH",                                                                                      \
      "only these, e.g. '\\Custom Heap(*)\\Bytes in Use'; may be repeated",                        \
      0,                                                                                           \
      0 },                                                                                         \
        { "language",  0,                                                                          \
          OPTION_TEXT, offsetof(type, field.language),                                             \
          "ID",        "language of names, three hexadecimal digits; 009 is English",              \
          0,           0 },                                                                        \
    {                                                                                              \
        "multi-timer-in-seconds", 0, OPTION_FLAG, offsetof(type, field.is_multi_timer_in_seconds), \
            NULL, "PERF_COUNTER_MULTI_TIMER by the published formula, not by ticks", 0, 0          \
    }

/** The words of the formats in the order of formats.def, each with "|" in front of it. */
extern const char presenter_formats[];

/** The same for PRESENTER_OPTION_FORMAT, which wants "|" between them only. */
#define PRESENTER_FORMATS (presenter_formats + 1)

/** What the options mean, ready for a decoder. */
struct presenter {
    struct counter_path paths[DECODER_PATHS];
    struct option_texts texts; /* of the paths; those of a file are in `file` */
    char *file;
    struct decoder_input input; /* names, language and paths are filled in; the samples are not */
    struct format_options format;
};

/**
 * Prepare.
 *
 * @param names  of the registration; must outlive the presenter; NULL: none
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message: a path or the language cannot be read
 */
int presenter_init(struct presenter *presenter, const struct presenter_options *options,
                   const struct name_table *names);

/** Free the paths. */
void presenter_release(struct presenter *presenter);

/** Who tells breaches, and how many it has told. */
struct breach_teller {
    const char *source; /* the file, in front of each message; NULL: none */
    bool stops;         /* at the first one */
    size_t count;
};

/** A breach, told on stderr, until there are too many. For decoder_input.on_breach, with a
    breach_teller as context. */
bool presenter_tell_breach(void *teller, const struct walk_breach *breach);

/**
 * Is all that was asked for in input.newer?
 *
 * @return EXIT_FINE; EXIT_NOTHING with a message for the first thing that is not; EXIT_BAD_USAGE
 */
int presenter_find(const struct presenter *presenter);

/** Where an output goes while it grows. */
struct delivery {
    const char *path; /* NULL: stdout */
    struct file_replace *file;
    DWORD error;
};

/**
 * Send an output on as it grows: to stdout, or into a file that is replaced in the end.
 *
 * @param path  NULL or "-": stdout
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message
 */
int presenter_begin(struct delivery *delivery, struct output *output, const char *path);

/**
 * Send the rest.
 *
 * @param status  of what was written: after EXIT_BAD_USAGE a file is left as it was
 * @return `status`, or EXIT_BAD_USAGE with a message
 */
int presenter_end(struct delivery *delivery, struct output *output, int status);

/** Whether `-o` names stdout, as it does when it is not given. */
bool presenter_is_stdout(const char *path);

/** Refuse raw bytes to a terminal, unless `-o -` asks for them. EXIT_BAD_USAGE with a message. */
int presenter_check_raw(const struct presenter_options *options);

/** Say that raw values of rates are running totals, if CSV shows any under such a name. */
void presenter_remark_totals(const struct presenter *presenter);

/** Hand on what was written: to stdout, or whole to a file. EXIT_BAD_USAGE with a message. */
int presenter_deliver(const struct output *output, const char *path);

/**
 * Write input.newer in the format that was chosen, and hand it on.
 *
 * @return EXIT_FINE; otherwise with a message
 */
int presenter_show(const struct presenter *presenter, const struct presenter_options *options);

/** Say why a format or the decoder failed; returns the exit status for it. */
int presenter_complain(DWORD error);

#endif /* PRESENTER_H */
