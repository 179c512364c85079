/* SPDX-License-Identifier: MIT
 *
 * Replaces numbers in messages that a provider never wrote. A buffer is filled with one byte before
 * a call; a field that still holds this byte is not data of the provider.
 */
#ifndef FILL_TEXT_H
#define FILL_TEXT_H

#include <stddef.h>

/**
 * Replace each number that consists of the fill byte, 4 or 8 times, with "(not written)".
 *
 * @param text  decimal numbers, signed or not, and hexadecimal ones that begin with 0x; terminated
 * @param size  bytes at `text`; a longer result is cut
 * @param fill  the byte; with 0 nothing is replaced, because 0 is also a valid value
 */
void fill_text_replace(char *text, size_t size, unsigned char fill);

#endif /* FILL_TEXT_H */
