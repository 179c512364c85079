/* SPDX-License-Identifier: MIT
 *
 * An output: text or bytes that grow in memory until they are complete. If something fails
 * half-way, nothing is written to stdout and no file is half written.
 *
 * If memory runs out, the output records it in is_lost, and later calls do nothing. The caller
 * checks is_lost once, at the end.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "printf_like.h"

/** Receives the content of an output, part by part. False: it failed, and the rest is dropped. */
typedef bool output_drain(void *context, const char *data, size_t size);

/** The approximate size of the parts that a drain receives, in bytes. */
#define OUTPUT_PART ((size_t)1 << 20)

/** A zeroed struct is an empty output. */
struct output {
    char *data;          /* the content, followed by a zero byte; NULL while empty */
    size_t size;         /* bytes, without that zero byte */
    size_t capacity;     /* bytes allocated */
    bool is_lost;        /* memory ran out, or the drain failed: data is incomplete */
    output_drain *drain; /* NULL: the content is kept. Otherwise called at OUTPUT_PART bytes */
    void *drain_context;
};

/** Pass the content to the drain. Without a drain nothing happens. */
void output_flush(struct output *output);

/** Add bytes. */
void output_add(struct output *output, const void *data, size_t size);

/**
 * Reserve space at the end for a caller that knows the most bytes that it will add.
 *
 * @return the place to write to; NULL if memory ran out. The caller calls output_took next.
 */
char *output_reserve(struct output *output, size_t size);

/** Add the first `size` bytes of the reserved space to the content. */
static inline void output_took(struct output *output, size_t size)
{
    output->size += size;
    output->data[output->size] = '\0';
}

/** Add zero-terminated text. */
void output_add_text(struct output *output, const char *text);

/** Add one byte. */
void output_add_byte(struct output *output, char byte);

/** Add the same byte `count` times. */
void output_add_repeated(struct output *output, char byte, size_t count);

/** Add the text that printf would write. */
PRINTF_LIKE(2, 3)
void output_add_format(struct output *output, const char *format, ...);

/** Remove the content and keep the memory. */
void output_clear(struct output *output);

/** Free the memory. The output is empty and can be used again. */
void output_release(struct output *output);

#endif /* OUTPUT_H */
