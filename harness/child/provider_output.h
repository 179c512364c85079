/* SPDX-License-Identifier: MIT
 *
 * What a provider, or a process that it started, writes to stdout and stderr: lines for users.
 * Their length and number are limited, and control characters are made visible. So no provider can
 * fill a log, move the cursor, or write a line that looks like one of ours.
 */
#ifndef PROVIDER_OUTPUT_H
#define PROVIDER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/** Most lines of one provider that are passed on; chosen. */
#define PROVIDER_OUTPUT_LINES 50

/** Most bytes of a line; chosen. The rest begins a new line. */
#define PROVIDER_OUTPUT_WIDTH 300

/** The output of one provider. The caller zeroes it and sets `library`. */
struct provider_output {
    const char *library; /* path; not owned */
    char line[PROVIDER_OUTPUT_WIDTH + 1];
    size_t length;
    unsigned line_count; /* lines that were passed on */
};

/**
 * Set the receiver of the lines. NULL, the default: the lines go to stderr unchanged.
 *
 * @param listener  `library` is its path; `line` is safe to print and has no end of line
 */
void provider_output_listen(void (*listener)(const char *library, const char *line));

/**
 * The receiver with which a child is started: see struct child_output. `context` is a struct
 * provider_output.
 */
void provider_output_receive(void *context, const char *bytes, size_t size);

/** Whether there is a listener. */
bool provider_output_is_heard(void);

/** Pass on a line that has no end yet, because its process has ended. */
void provider_output_end(struct provider_output *output);

#endif /* PROVIDER_OUTPUT_H */
