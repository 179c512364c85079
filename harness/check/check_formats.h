/* SPDX-License-Identifier: MIT
 *
 * The formats in which check_print.c prints: functions that begin the output, print the result of
 * one target, and end the output. Only this folder includes this.
 */
#ifndef CHECK_FORMATS_H
#define CHECK_FORMATS_H

#include "check_printer.h"
#include "check_result.h"

void check_text_add(struct check_printer *printer, const struct check_result *result);
void check_text_end(struct check_printer *printer);

void check_json_begin(struct check_printer *printer);
void check_json_add(struct check_printer *printer, const struct check_result *result);
void check_json_end(struct check_printer *printer);

void check_json1_begin(struct check_printer *printer);
void check_json1_add(struct check_printer *printer, const struct check_result *result);
void check_json1_end(struct check_printer *printer);

void check_tap_begin(struct check_printer *printer);
void check_tap_add(struct check_printer *printer, const struct check_result *result);
void check_tap_end(struct check_printer *printer);

void check_junit_begin(struct check_printer *printer);
void check_junit_add(struct check_printer *printer, const struct check_result *result);
void check_junit_end(struct check_printer *printer);

void check_sarif_begin(struct check_printer *printer);
void check_sarif_add(struct check_printer *printer, const struct check_result *result);
void check_sarif_end(struct check_printer *printer);

void check_github_add(struct check_printer *printer, const struct check_result *result);

#endif /* CHECK_FORMATS_H */
