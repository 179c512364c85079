/* SPDX-License-Identifier: MIT
 *
 * A check's report, and the table of rules, as text for people, JSON, TAP, JUnit or Markdown.
 */
#ifndef CHECK_PRINT_H
#define CHECK_PRINT_H

#include "check.h"
#include "output.h"

/** In the order of the words that --format takes. */
enum check_format {
    CHECK_FORMAT_TEXT,
    CHECK_FORMAT_JSON,
    CHECK_FORMAT_TAP,
    CHECK_FORMAT_JUNIT,
    CHECK_FORMAT_MARKDOWN, /* rules only */
};

#define CHECK_FORMAT_WORDS "text|json|tap|junit|markdown"

/**
 * Prints one report after another: as one TAP stream, one JUnit file, one JSON array (a single
 * report: as it is).
 *
 *     check_printer_begin(&printer, &output, CHECK_FORMAT_TEXT, 2);
 *     check_printer_add(&printer, "first.dll", &first);
 *     check_printer_add(&printer, "second.dll", &second);
 *     check_printer_end(&printer);
 *
 * What is in the output may be taken away in between.
 */
struct check_printer {
    struct output *output;
    enum check_format format;
    size_t provider_count; /* that are going to be printed */
    size_t test_number;    /* of the next test in TAP */
    size_t printed_count, broken_count, untested_count;
};

void check_printer_begin(struct check_printer *printer, struct output *output,
                         enum check_format format, size_t provider_count);

/**
 * Print a report.
 *
 * @param provider  what was checked, for people: a path or a service
 */
void check_printer_add(struct check_printer *printer, const char *provider,
                       const struct check_report *report);

/** The end; a summary when there were several. */
void check_printer_end(struct check_printer *printer);

/** Print the rules: text, JSON or Markdown. */
void check_print_rules(struct output *output, enum check_format format);

#endif /* CHECK_PRINT_H */
