/* SPDX-License-Identifier: MIT
 *
 * The results of a check in one of several formats. Each format has a file of its own.
 */
#ifndef CHECK_PRINT_H
#define CHECK_PRINT_H

#include "check_printer.h"
#include "check_result.h"

/**
 * Prints one result after another: as one TAP stream, one JUnit file, one JSON object.
 *
 *     check_print_begin(&printer, &output, CHECK_FORMAT_TEXT, 2);
 *     check_print_add(&printer, &first);
 *     check_print_add(&printer, &second);
 *     check_print_end(&printer);
 *
 * The caller may take away the contents of the output between these calls. It may set `style` after the
 * first call.
 */
void check_print_begin(struct check_printer *printer, struct output *output,
                       enum check_format format, size_t target_count);
void check_print_add(struct check_printer *printer, const struct check_result *result);

/**
 * End the output; text has a summary if there were several targets. This frees what the printer
 * holds.
 */
void check_print_end(struct check_printer *printer);

#endif /* CHECK_PRINT_H */
