/* SPDX-License-Identifier: MIT
 *
 * Adds quotes, and makes dangerous content harmless: see csv_text.h.
 */
#include "csv_text.h"

#include <string.h>

#include "utf8.h"

void csv_text_add(struct output *output, const char *text)
{
    const size_t size = strlen(text);
    char shown[UTF8_SHOWN_SIZE];

    output_add_byte(output, '"');
    if (*text && strchr("=+-@", *text))
        output_add_byte(output, '\'');
    for (size_t at = 0; at < size;) {
        const uint32_t c = utf8_next(text, size, &at);
        if (c == '"')
            output_add_byte(output, '"');
        utf8_show(c, shown);
        output_add_text(output, shown);
    }
    output_add_byte(output, '"');
}
