/* SPDX-License-Identifier: MIT
 *
 * Names and texts of a data block as UTF-8.
 */
#ifndef NAME_TEXT_H
#define NAME_TEXT_H

#include <stdint.h>

#include "output.h"
#include "span.h"

/**
 * Append a name, up to its terminator, as UTF-8.
 *
 * @param name       bytes as they are in the data block; half a surrogate pair becomes U+FFFD
 * @param code_page  0: UTF-16LE; else one byte a character, which is UTF-8 if it can be read as
 * such and Latin-1 otherwise
 */
void name_text_add(struct output *output, struct span name, uint32_t code_page);

#endif /* NAME_TEXT_H */
