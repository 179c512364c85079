/* SPDX-License-Identifier: MIT
 *
 * Fills lines word by word.
 */
#include "text_lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* Add a text. is_indented: the indent of the first line is already in the output. */
static void add_words(struct output *output, const char *text, size_t indent, size_t width,
                      bool is_indented)
{
    struct output safe = { 0 };
    size_t column = 0; /* 0: the line has no word yet */

    utf8_add_safe(&safe, text, SIZE_MAX);
    for (char *at = safe.data; at && *at;) {
        const size_t length = strcspn(at, " ");
        const char end = at[length];

        at[length] = 0;

        const size_t word_width = utf8_width(at);

        if (length && column && column + 1 + word_width > width) {
            output_add_byte(output, '\n');
            column = 0;
            is_indented = false;
        }
        if (length && column == 0) {
            output_add_repeated(output, ' ', is_indented ? 0 : indent);
            column = indent;
        } else if (length) {
            output_add_byte(output, ' ');
            column++;
        }
        output_add(output, at, length);
        column += word_width;
        at += length + (end != 0);
    }
    if (column || is_indented)
        output_add_byte(output, '\n');
    output->is_lost |= safe.is_lost;
    output_release(&safe);
}

void text_lines_add(struct output *output, const char *text, size_t indent, size_t width)
{
    add_words(output, text, indent, width, false);
}

void text_lines_add_after(struct output *output, const char *text, size_t indent, size_t width)
{
    add_words(output, text, indent, width, true);
}

void text_lines_add_code(struct output *output, const char *text, size_t indent)
{
    while (*text) {
        const size_t length = strcspn(text, "\n");

        output_add_repeated(output, ' ', indent);
        output_add(output, text, length);
        output_add_byte(output, '\n');
        text += length + (text[length] != 0);
    }
}
