/* SPDX-License-Identifier: MIT
 *
 * Numbers in messages that a provider never wrote: a buffer is filled with one byte before a call,
 * and a field that still holds it is no data of the provider.
 */
#ifndef FILL_TEXT_H
#define FILL_TEXT_H

#include <stddef.h>

/**
 * Replace each number that consists of the fill byte, 4 or 8 times, with "(not written)".
 *
 * @param text  decimal numbers, signed or not, and hexadecimal ones that begin with 0x; terminated
 * @param size  bytes at `text`; a text that would become longer is cut
 * @param fill  the byte; 0 replaces nothing, as a zero is an answer like any other
 */
void fill_text_replace(char *text, size_t size, unsigned char fill);

#endif /* FILL_TEXT_H */
