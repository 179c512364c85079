/* SPDX-License-Identifier: MIT
 *
 * What a provider, or a process that it started, writes to stdout and stderr: lines for people. They are
 * limited in length and number, and control characters are made visible, so that no provider can fill a
 * log, move the cursor, or write a line that looks like one of ours.
 */
#ifndef PROVIDER_OUTPUT_H
#define PROVIDER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/** Most lines of one provider that are handed on; our own choice. */
#define PROVIDER_OUTPUT_LINES 50

/** Most bytes of a line; the rest begins a new line. */
#define PROVIDER_OUTPUT_WIDTH 300

/** What one provider has written. Zeroed: nothing; set `library`. */
struct provider_output {
    const char *library; /* path; not owned */
    char line[PROVIDER_OUTPUT_WIDTH + 1];
    size_t length;
    unsigned line_count; /* that were handed on */
};

/**
 * Say who receives the lines; NULL, the default: nobody, and they go to stderr as they are.
 *
 * @param listener  `library` is its path; `line` is safe to print and has no end of line
 */
void provider_output_listen(void (*listener)(const char *library, const char *line));

/** The receiver to start a child with: as struct child_output; `context` is a struct provider_output. */
void provider_output_receive(void *context, const char *bytes, size_t size);

/** Whether there is a listener. */
bool provider_output_is_heard(void);

/** Hand on a line that has no end yet: its process has ended. */
void provider_output_end(struct provider_output *output);

#endif /* PROVIDER_OUTPUT_H */
