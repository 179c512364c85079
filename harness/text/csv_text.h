/* SPDX-License-Identifier: MIT
 *
 * A text as a field of a CSV file.
 */
#ifndef CSV_TEXT_H
#define CSV_TEXT_H

#include "output.h"

/**
 * Add a text in quotes, those in it doubled (RFC 4180). What it says stays what it says: characters
 * that steer a terminal or break the line are shown as utf8_add_safe shows them, and in front of a
 * text that a spreadsheet would calculate (it begins with = + - @) stands an apostrophe, which
 * spreadsheets take for "this is text".
 */
void csv_text_add(struct output *output, const char *text);

#endif /* CSV_TEXT_H */
