/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows by doubling. The caller decides where its content goes (stdout, a file,
 * a socket).
 */
#include "output.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

void output_flush(struct output *output)
{
    if (!output->drain || output->is_lost || !output->size)
        return;
    if (!output->drain(output->drain_context, output->data, output->size))
        output->is_lost = true;
    output->size = 0;
}

/* Make the buffer large enough for `size` more bytes and the zero byte. */
static bool output_grow(struct output *output, size_t size)
{
    if (output->is_lost)
        return false;
    if (output->drain && output->size >= OUTPUT_PART) {
        output_flush(output);
        if (output->is_lost)
            return false;
    }
    if (size < output->capacity - output->size)
        return true;

    char *data = size < SIZE_MAX - output->size
                     ? array_reserve(output->data, &output->capacity, output->size + size + 1, 1)
                     : NULL;
    if (!data) {
        output->is_lost = true;
        return false;
    }
    output->data = data;
    return true;
}

char *output_reserve(struct output *output, size_t size)
{
    return output_grow(output, size) ? output->data + output->size : NULL;
}

void output_add(struct output *output, const void *data, size_t size)
{
    if (!output_grow(output, size))
        return;
    if (size)
        memcpy(output->data + output->size, data, size);
    output->size += size;
    output->data[output->size] = '\0';
}

void output_add_text(struct output *output, const char *text)
{
    output_add(output, text, strlen(text));
}

void output_add_byte(struct output *output, char byte)
{
    output_add(output, &byte, 1);
}

void output_add_repeated(struct output *output, char byte, size_t count)
{
    if (!output_grow(output, count))
        return;
    memset(output->data + output->size, byte, count);
    output->size += count;
    output->data[output->size] = '\0';
}

void output_add_format(struct output *output, const char *format, ...)
{
    va_list arguments, again;
    int size;

    va_start(arguments, format);
    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        output->is_lost = true;
    else if (output_grow(output, (size_t)size)) {
        vsnprintf(output->data + output->size, (size_t)size + 1, format, again);
        output->size += (size_t)size;
    }
    va_end(again);
}

void output_clear(struct output *output)
{
    output->size = 0;
    output->is_lost = false;
    if (output->data)
        output->data[0] = '\0';
}

void output_release(struct output *output)
{
    free(output->data);
    *output = (struct output){ 0 };
}
