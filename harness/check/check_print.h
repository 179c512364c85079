/* SPDX-License-Identifier: MIT
 *
 * The results of a check in one of several formats. Each format has a file of its own.
 */
#ifndef CHECK_PRINT_H
#define CHECK_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "check_result.h"
#include "json_writer.h"
#include "output.h"

/** In the order of the words that --format takes. */
enum check_format {
    CHECK_FORMAT_TEXT,
    CHECK_FORMAT_JSON,
    CHECK_FORMAT_TAP,
    CHECK_FORMAT_JUNIT,
    CHECK_FORMAT_SARIF,    /* 2.1.0 */
    CHECK_FORMAT_GITHUB,   /* annotations of a workflow */
    CHECK_FORMAT_JSON1,    /* the JSON of version 0.2.0 */
    CHECK_FORMAT_MARKDOWN, /* rules only */
};

#define CHECK_FORMAT_WORDS "text|json|tap|junit|sarif|github|json1|markdown"

/** How text for people looks. */
struct check_style {
    bool has_colours;
    bool is_quiet;   /* only errors that are not known; nothing for a sound target */
    bool is_verbose; /* also each rule, the source of a rule, and whole lists */
    size_t width;    /* columns; 0: CHECK_DEFAULT_WIDTH */
};

#define CHECK_DEFAULT_WIDTH 96

/**
 * Prints one result after another: as one TAP stream, one JUnit file, one JSON object.
 *
 *     check_printer_begin(&printer, &output, CHECK_FORMAT_TEXT, 2);
 *     check_printer_add(&printer, &first);
 *     check_printer_add(&printer, &second);
 *     check_printer_end(&printer);
 *
 * What is in the output may be taken away in between. `style` may be set behind the begin.
 */
struct check_printer {
    struct output *output;
    enum check_format format;
    struct check_style style;
    size_t target_count; /* that are going to be printed */
    size_t printed_count, broken_count, untested_count;
    size_t test_number; /* of the next test in TAP */
    bool has_text;      /* text was printed, so that a blank line is due */
    struct json_writer json;
    struct output notifications; /* SARIF: about targets that could not be tested */
};

void check_printer_begin(struct check_printer *printer, struct output *output,
                         enum check_format format, size_t target_count);
void check_printer_add(struct check_printer *printer, const struct check_result *result);

/** The end; in text a summary when there were several targets. Frees what the printer holds. */
void check_printer_end(struct check_printer *printer);

#endif /* CHECK_PRINT_H */
