/* SPDX-License-Identifier: MIT
 *
 * Text for people in lines of some width.
 */
#ifndef TEXT_LINES_H
#define TEXT_LINES_H

#include <stddef.h>

#include "output.h"

/**
 * Add a text, each line indented and at most so wide; a word that is wider has a line of its own.
 * Characters that could harm a terminal are shown as escapes.
 *
 * @param width  columns, the indent included
 */
void text_lines_add(struct output *output, const char *text, size_t indent, size_t width);

/** Add a text whose lines are as they are (code), each indented. */
void text_lines_add_code(struct output *output, const char *text, size_t indent);

#endif /* TEXT_LINES_H */
