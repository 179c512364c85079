/* SPDX-License-Identifier: MIT
 *
 * Characters of UTF-8: decoding that never fails (invalid bytes become U+FFFD), encoding, the
 * columns of a character on a terminal, and text that is safe to show.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/**
 * Read the character at *at and move *at after it. A byte that does not begin a valid character
 * (overlong forms, surrogates, above U+10FFFF, incomplete) is read as U+FFFD with a length of one.
 *
 * @param size  bytes of text; *at < size
 */
uint32_t utf8_next(const char *text, size_t size, size_t *at);

/** Encode a character. Returns the number of bytes, 1 to 4. */
size_t utf8_encode(uint32_t character, char bytes[4]);

/**
 * Fold a character for comparisons without case: Latin, Greek and Cyrillic letters become
 * lower-case letters; all others are unchanged.
 */
uint32_t utf8_fold(uint32_t character);

/** Columns on a terminal: 0 for combining marks and format characters, 2 for East Asian wide. */
unsigned utf8_character_width(uint32_t character);

/** Whether a character moves the cursor, changes colours or changes the direction of text. */
bool utf8_is_unsafe(uint32_t character);

#define UTF8_SHOWN_SIZE 12 /* bytes */

/**
 * A character in a form that is safe to show, zero-terminated: itself, or \xNN or \uNNNN if it is
 * unsafe.
 *
 * @return its columns on a terminal
 */
unsigned utf8_show(uint32_t character, char shown[UTF8_SHOWN_SIZE]);

/** The columns of a text that utf8_add_safe writes without a limit. */
size_t utf8_width(const char *text);

/**
 * Add text that cannot harm a terminal: control characters (C0, C1, bidirectional overrides) are
 * shown as \xNN or \uNNNN.
 *
 * @param width  the most columns; longer text ends in "…"
 * @return columns used
 */
size_t utf8_add_safe(struct output *output, const char *text, size_t width);

#endif /* UTF8_H */
