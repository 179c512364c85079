/* SPDX-License-Identifier: MIT
 *
 * What the commands share that show data blocks: the options for format, counters and language, the
 * search for requested data that are missing, and the output to stdout or a file.
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

/** Values of the options. A command embeds this in its own struct. */
struct presenter_options {
    int format;
    const char *output;
    const char *language;
    struct option_texts counters;
    const char *counter_file;
    bool is_multi_timer_in_seconds;
};

/**
 * Lines of a command's option table that fill the presenter_options in the member `field` of its
 * struct.
 */
#define PRESENTER_OPTION_FORMAT(type, field, words)                                                \
    {                                                                                              \
        "format", 'f', OPTION_CHOICE, offsetof(type, field.format), words,                         \
            "how to print; the default is the first one", 0, 0                                     \
    }
#define PRESENTER_OPTION_OUTPUT(type, field)                                                       \
    {                                                                                              \
        "output", 'o', OPTION_TEXT, offsetof(type, field.output), "FILE",                          \
            "write there instead of stdout, which is -; all or nothing", 0, 0                      \
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
        { "counter",                                                                               \
          'c',                                                                                     \
          OPTION_TEXTS,                                                                            \
          offsetof(type, field.counters),                                                          \
          "PATH",                                                                                  \
          "only these, e.g. '\\Custom Heap(*)\\Bytes in Use'; may be repeated",                    \
          0,                                                                                       \
          0 },                                                                                     \
        { "language",  0,                                                                          \
          OPTION_TEXT, offsetof(type, field.language),                                             \
          "ID",        "language of names, three hexadecimal digits; 009 is English",              \
          0,           0 },                                                                        \
    {                                                                                              \
        "multi-timer-in-seconds", 0, OPTION_FLAG, offsetof(type, field.is_multi_timer_in_seconds), \
            NULL, "PERF_COUNTER_MULTI_TIMER by the published formula, not by ticks", 0, 0          \
    }

/** The words of the formats in the order of formats.def, each with "|" before it. */
extern const char presenter_formats[];

/** The same for PRESENTER_OPTION_FORMAT, which has "|" only between them. */
#define PRESENTER_FORMATS (presenter_formats + 1)

/** The interpreted options, ready for a decoder. */
struct presenter {
    struct counter_path paths[DECODER_PATHS];
    struct option_texts texts; /* texts of the paths; those of a file are in `file` */
    char *file;
    struct decoder_input input; /* names, language and paths are set; the samples are not */
    struct format_options format;
};

/**
 * Prepare a presenter.
 *
 * @param names  of the registration; must outlive the presenter; NULL: presenter_use_names has them
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message: a path or the language cannot be read
 */
int presenter_init(struct presenter *presenter, const struct presenter_options *options,
                   const struct name_table *names);

/** Use the names of the registration, which must outlive the presenter. */
void presenter_use_names(struct presenter *presenter, const struct presenter_options *options,
                         const struct name_table *names);

/** Free the paths. */
void presenter_release(struct presenter *presenter);

/** Reports breaches, and counts them. */
struct breach_callback {
    const char *source; /* the file, before each message; may be NULL */
    bool stops;         /* it stops at the first one */
    size_t count;
};

/**
 * Report a breach on stderr, until there are too many. This is a decoder_input.on_breach, with a
 * breach_callback as context.
 */
bool presenter_report_breach(void *callback, const struct walk_breach *breach);

/**
 * Check that input.newer has everything that was requested.
 *
 * @return EXIT_FINE; EXIT_NOTHING with a message for the first thing that is missing;
 *         EXIT_BAD_USAGE
 */
int presenter_find(const struct presenter *presenter);

/** Where an output goes while it grows. */
struct delivery {
    const char *path; /* NULL: stdout */
    struct file_replace *file;
    DWORD error;
};

/**
 * Send an output on while it grows: to stdout, or to a file that is replaced at the end.
 *
 * @param path  NULL or "-": stdout
 * @return EXIT_FINE; EXIT_BAD_USAGE with a message
 */
int presenter_begin(struct delivery *delivery, struct output *output, const char *path);

/**
 * Send the rest.
 *
 * @param status  of what was written: after EXIT_BAD_USAGE a file is left unchanged
 * @return `status`, or EXIT_BAD_USAGE with a message
 */
int presenter_end(struct delivery *delivery, struct output *output, int status);

/** Whether `-o` means stdout, as it does if it is not given. */
bool presenter_is_stdout(const char *path);

/**
 * Refuse raw bytes to a terminal, unless `-o -` requests them. Returns EXIT_BAD_USAGE with a
 * message.
 */
int presenter_check_raw(const struct presenter_options *options);

/** Report that raw values of rates are running totals, if CSV shows any under such a name. */
void presenter_remark_totals(const struct presenter *presenter);

/**
 * Write the output: to stdout, or whole to a file. Returns EXIT_BAD_USAGE with a message on
 * failure.
 */
int presenter_deliver(const struct output *output, const char *path);

/**
 * Write input.newer in the chosen format.
 *
 * @return EXIT_FINE; otherwise with a message
 */
int presenter_show(const struct presenter *presenter, const struct presenter_options *options);

/** Report why a format or the decoder failed. Returns the exit status for it. */
int presenter_complain(DWORD error);

#endif /* PRESENTER_H */
