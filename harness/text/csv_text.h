/* SPDX-License-Identifier: MIT
 *
 * Writes a text as a field of a CSV file.
 */
#ifndef CSV_TEXT_H
#define CSV_TEXT_H

#include "output.h"

/**
 * Add a text in quotes. Quotes in the text are doubled (RFC 4180). The meaning of the text does not
 * change: characters that control a terminal or break the line are shown as utf8_add_safe shows
 * them. A text that begins with = + - or @, which a spreadsheet would calculate, gets an apostrophe
 * before it. Spreadsheets read this as "the cell is text".
 */
void csv_text_add(struct output *output, const char *text);

/** The same without the quotes around it and the apostrophe: a part of a field. */
void csv_text_add_part(struct output *output, const char *text);

#endif /* CSV_TEXT_H */
