/* SPDX-License-Identifier: MIT
 *
 * What is printed and where: the state that check_print.c and the formats share.
 */
#ifndef CHECK_PRINTER_H
#define CHECK_PRINTER_H

#include <stdbool.h>
#include <stddef.h>

#include "json_writer.h"
#include "output.h"

/** In the order of the words in --format. */
enum check_format {
    CHECK_FORMAT_TEXT,
    CHECK_FORMAT_JSON,
    CHECK_FORMAT_TAP,
    CHECK_FORMAT_JUNIT,
    CHECK_FORMAT_SARIF,    /* version 2.1.0 */
    CHECK_FORMAT_GITHUB,   /* annotations of a GitHub workflow */
    CHECK_FORMAT_JSON1,    /* the JSON before schema 2 */
    CHECK_FORMAT_MARKDOWN, /* only for the table of rules */
};

#define CHECK_FORMAT_WORDS "text|json|tap|junit|sarif|github|old-json|markdown"

/** How text for users looks. */
struct check_style {
    bool has_colours;
    bool is_quiet;   /* only errors that are not known; nothing for a target without them */
    bool is_verbose; /* also each rule, the source of a rule, and complete lists */
    size_t width;    /* in columns; 0: CHECK_DEFAULT_WIDTH */
};

#define CHECK_DEFAULT_WIDTH 96 /* chosen, for files and pipes */

/** See check_print.h. */
struct check_printer {
    struct output *output;
    enum check_format format;
    struct check_style style;
    size_t target_count; /* number of targets that will be printed */
    size_t printed_count, broken_count, untested_count;
    size_t test_number; /* of the next test in TAP */
    bool has_text;      /* text was printed, so a blank line must come first */
    struct json_writer json;
    struct output notifications; /* SARIF: notifications about targets that could not be tested */
};

#endif /* CHECK_PRINTER_H */
