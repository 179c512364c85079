/* SPDX-License-Identifier: MIT
 *
 * Escapes the five characters that XML names, and control characters by number.
 */
#include "xml.h"

#include <stddef.h>

static const char *reference_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

void xml_add_escaped(struct output *output, const char *text)
{
    for (; *text; text++) {
        const char *reference = reference_of(*text);

        if (reference)
            output_add_text(output, reference);
        else if ((unsigned char)*text < ' ')
            output_add_format(output, "&#%d;", *text);
        else
            output_add_byte(output, *text);
    }
}
