/* SPDX-License-Identifier: MIT
 *
 * Output in the making: text or bytes that grow in memory until they are complete, so that what
 * fails half-way leaves nothing on stdout and no half-written file.
 *
 * A failure to grow is remembered and asked for once, at the end; all calls after it do nothing.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "printf_like.h"

/** Zeroed, it is empty and ready. */
struct output {
    char *data;   /* what was added so far, a zero byte behind it; NULL while empty */
    size_t size;  /* bytes, without that zero byte */
    size_t room;  /* bytes allocated */
    bool is_lost; /* memory ran out: data is not all that was added */
};

/** Add bytes. */
void output_add(struct output *output, const void *data, size_t size);

/**
 * Room behind what is there, for a caller that knows how much it adds at most.
 *
 * @return where to write; NULL when memory ran out. Followed by output_took.
 */
char *output_reserve(struct output *output, size_t size);

/** So many of the reserved bytes were written. */
static inline void output_took(struct output *output, size_t size)
{
    output->size += size;
    output->data[output->size] = '\0';
}

/** Add zero-terminated text. */
void output_add_text(struct output *output, const char *text);

/** Add one byte. */
void output_add_byte(struct output *output, char byte);

/** Add `count` times the same byte. */
void output_add_repeated(struct output *output, char byte, size_t count);

/** Add what printf would write. */
PRINTF_LIKE(2, 3)
void output_add_format(struct output *output, const char *format, ...);

/** Forget the content, keep the memory. */
void output_clear(struct output *output);

/** Free the memory; the struct is empty and ready again. */
void output_release(struct output *output);

#endif /* OUTPUT_H */
