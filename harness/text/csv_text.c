/* SPDX-License-Identifier: MIT
 *
 * Adds quotes, and makes dangerous content harmless: see csv_text.h.
 */
#include "csv_text.h"

#include <string.h>

#include "utf8.h"

/* The characters that most names consist of; they need no escape. */
#define PLAIN                                                                                      \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:/()#%$*,;<>[]{}~^!?&+-=@|'"

void csv_text_add_part(struct output *output, const char *text)
{
    const size_t size = strlen(text);
    char shown[UTF8_SHOWN_SIZE];

    for (size_t at = 0; at < size;) {
        const size_t plain = strspn(text + at, PLAIN);

        if (plain) {
            output_add(output, text + at, plain);
            at += plain;
            continue;
        }
        const uint32_t c = utf8_next(text, size, &at);
        if (c == '"')
            output_add_byte(output, '"');
        utf8_show(c, shown);
        output_add_text(output, shown);
    }
}

void csv_text_add(struct output *output, const char *text)
{
    output_add_byte(output, '"');
    if (*text && strchr("=+-@", *text))
        output_add_byte(output, '\'');
    csv_text_add_part(output, text);
    output_add_byte(output, '"');
}
