/* SPDX-License-Identifier: MIT
 *
 * See fill_text.h.
 */
#include "fill_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ALL_BYTES UINT64_C(0x0101010101010101)

static const char replacement[] = "(not written)";

/* Whether a token is the fill byte, repeated, in one of the forms that messages print. */
static bool is_fill(const char *token, size_t length, unsigned char fill)
{
    const uint64_t wide = ALL_BYTES * fill;
    const uint32_t narrow = (uint32_t)wide;
    char forms[6][24];

    snprintf(forms[0], sizeof(forms[0]), "%" PRIu32, narrow);
    snprintf(forms[1], sizeof(forms[1]), "%" PRId32, (int32_t)narrow);
    snprintf(forms[2], sizeof(forms[2]), "%" PRIu64, wide);
    snprintf(forms[3], sizeof(forms[3]), "%" PRId64, (int64_t)wide);
    snprintf(forms[4], sizeof(forms[4]), "0x%" PRIX32, narrow);
    snprintf(forms[5], sizeof(forms[5]), "0x%" PRIX64, wide);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strlen(forms[i]) == length && memcmp(forms[i], token, length) == 0)
            return true;
    return false;
}

void fill_text_replace(char *text, size_t size, unsigned char fill)
{
    const size_t replacement_length = sizeof(replacement) - 1;
    size_t at = 0;

    while (fill && text[at]) {
        const bool has_sign = text[at] == '-' && isdigit((unsigned char)text[at + 1]);
        size_t length = has_sign;

        while (isalnum((unsigned char)text[at + length]))
            length++;
        if (length == 0) {
            at++;
            continue;
        }
        if (is_fill(text + at, length, fill)) {
            const size_t rest = strlen(text + at + length);
            const size_t left = size - 1 - at; /* before the terminator */
            const size_t put = replacement_length < left ? replacement_length : left;
            const size_t kept = rest < left - put ? rest : left - put;

            memmove(text + at + put, text + at + length, kept);
            memcpy(text + at, replacement, put);
            text[at + put + kept] = 0;
            length = put;
        }
        at += length;
    }
}
