/* SPDX-License-Identifier: MIT
 *
 * Lists of counted things: "2 threads, a timer".
 */
#ifndef COUNT_TEXT_H
#define COUNT_TEXT_H

#include <stdio.h>
#include <string.h>

/** Append a number of things to a list that may be empty. It is cut if there is no space. */
static inline void count_text_add(char *text, size_t size, unsigned count, const char *one,
                                  const char *many)
{
    const size_t length = strlen(text);
    const char *const separator = length ? ", " : "";

    if (count == 1)
        snprintf(text + length, size - length, "%s%s", separator, one);
    else
        snprintf(text + length, size - length, "%s%u %s", separator, count, many);
}

#endif /* COUNT_TEXT_H */
