/* SPDX-License-Identifier: MIT
 *
 * A growing buffer: see reg_buffer.h.
 */
#include "reg_buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

/* Make the buffer large enough for `more` further bytes. False: memory ran out, and is_lost is
   set. */
static bool reserve(struct reg_buffer *buffer, size_t more)
{
    unsigned char *data =
        buffer->is_lost || more > SIZE_MAX - buffer->size
            ? NULL
            : array_reserve(buffer->data, &buffer->capacity, buffer->size + more, 1);

    if (!data) {
        buffer->is_lost = true;
        return false;
    }
    buffer->data = data;
    return true;
}

void reg_buffer_add(struct reg_buffer *buffer, const void *data, size_t size)
{
    if (size == 0 || !reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void reg_buffer_add_unit(struct reg_buffer *buffer, WCHAR unit)
{
    reg_buffer_add(buffer, &unit, sizeof(unit));
}

void reg_buffer_add_sized_utf16(struct reg_buffer *buffer, const char *text, size_t size)
{
    /* UTF-16 never has more units than UTF-8 has bytes. */
    if (!reserve(buffer, (size + 1) * sizeof(WCHAR)))
        return;
    WCHAR *at = (WCHAR *)(void *)(buffer->data + buffer->size);
    buffer->size += text_from_utf8(text, size, at, size + 1) * sizeof(WCHAR);
}

void reg_buffer_add_utf16(struct reg_buffer *buffer, const char *text)
{
    reg_buffer_add_sized_utf16(buffer, text, strlen(text));
}

void reg_buffer_add_format(struct reg_buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(buffer, (size_t)length + 1)) {
        buffer->is_lost = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)length;
}

void reg_buffer_release(struct reg_buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof(*buffer));
}
