/* SPDX-License-Identifier: MIT
 *
 * What each byte of an answer is: part of a structure, of a name, of a value, or padding without
 * meaning. Rules that compare bytes use it.
 */
#ifndef ANSWER_MAP_H
#define ANSWER_MAP_H

#include <stdint.h>

#include "span.h"

enum answer_byte {
    ANSWER_PADDING,   /* nothing: after names and values, unused members */
    ANSWER_STRUCTURE, /* a member that a reader uses */
    ANSWER_NAME,
    ANSWER_VALUE,
};

/**
 * Classify each byte of the objects that one Collect wrote.
 *
 * @param bytes  the answer, without a data block
 * @param map    receives one enum answer_byte for each byte
 */
void answer_map(struct span bytes, unsigned char *map);

#endif /* ANSWER_MAP_H */
