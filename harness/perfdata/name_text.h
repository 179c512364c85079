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
 * @param name       bytes of the data block; half a surrogate pair becomes U+FFFD
 * @param code_page  0: UTF-16LE. Otherwise each character has one byte; the name is read as UTF-8
 *                   if it is valid UTF-8, otherwise as Latin-1
 */
void name_text_add(struct output *output, struct span name, uint32_t code_page);

#endif /* NAME_TEXT_H */
