/* SPDX-License-Identifier: MIT
 *
 * UTF-8 by characters: decoding that never fails (what is no UTF-8 becomes U+FFFD), encoding, the
 * columns a character takes on a terminal, and text made safe to show.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/**
 * The character at *at, which is moved behind it. A byte that begins no valid character (overlong
 * forms, surrogates, above U+10FFFF, cut short) is read as U+FFFD, one byte long.
 *
 * @param size  bytes of text; *at < size
 */
uint32_t utf8_next(const char *text, size_t size, size_t *at);

/** Encode; returns bytes written, 1..4. */
size_t utf8_encode(uint32_t character, char bytes[4]);

/**
 * The character that stands for it and its other case, for comparisons: Latin, Greek and Cyrillic
 * letters become small ones; all others stay.
 */
uint32_t utf8_fold(uint32_t character);

/** Columns on a terminal: 0 for combining marks and format characters, 2 for East Asian wide. */
unsigned utf8_character_width(uint32_t character);

/** Whether a character moves the cursor, changes colours or turns the text around it. */
bool utf8_is_unsafe(uint32_t character);

#define UTF8_SHOWN_SIZE 12 /* bytes */

/**
 * A character as it may be shown, zero-terminated: itself, or \xNN or \uNNNN for an unsafe one.
 *
 * @return its columns on a terminal
 */
unsigned utf8_show(uint32_t character, char shown[UTF8_SHOWN_SIZE]);

/** Columns of a text as utf8_add_safe writes it without a limit. */
size_t utf8_width(const char *text);

/**
 * Add text that cannot harm a terminal: control characters (C0, C1, bidirectional overrides) are
 * shown as \xNN or \uNNNN.
 *
 * @param width  at most so many columns; longer text ends in "…"
 * @return columns used
 */
size_t utf8_add_safe(struct output *output, const char *text, size_t width);

#endif /* UTF8_H */
