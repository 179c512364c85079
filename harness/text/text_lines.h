/* SPDX-License-Identifier: MIT
 *
 * Text for people, broken into lines.
 */
#ifndef TEXT_LINES_H
#define TEXT_LINES_H

#include <stddef.h>

#include "output.h"

/**
 * Add a text in indented lines. A word that is wider than a line has a line of its own. Characters that
 * could harm a terminal are shown as escapes.
 *
 * @param width  the most columns of a line, including the indent
 */
void text_lines_add(struct output *output, const char *text, size_t indent, size_t width);

/** The same after a label, which already takes the indent of the first line. */
void text_lines_add_after(struct output *output, const char *text, size_t indent, size_t width);

/** Add code: its lines are kept, each indented. */
void text_lines_add_code(struct output *output, const char *text, size_t indent);

#endif /* TEXT_LINES_H */
