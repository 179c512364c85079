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
 * Print a report.
 *
 * @param provider  what was checked, for people: a path or a service
 */
void check_print(struct output *output, enum check_format format, const char *provider,
                 const struct check_report *report);

/** Print the rules: text, JSON or Markdown. */
void check_print_rules(struct output *output, enum check_format format);

#endif /* CHECK_PRINT_H */
