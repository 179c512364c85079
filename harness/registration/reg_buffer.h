/* SPDX-License-Identifier: MIT
 *
 * A growing buffer of bytes, which the readers and writers of registrations fill. If memory runs
 * out, the buffer records it in is_lost, and later calls do nothing. The caller checks is_lost
 * once, at the end.
 */
#ifndef REG_BUFFER_H
#define REG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "printf_like.h"
#include "wintypes.h"

/** A zeroed struct is an empty buffer. */
struct reg_buffer {
    unsigned char *data; /* from malloc, aligned for any type; NULL while empty */
    size_t size;         /* bytes used */
    size_t capacity;     /* bytes allocated */
    bool is_lost;        /* memory ran out: data is incomplete */
};

/** Add bytes. */
void reg_buffer_add(struct reg_buffer *buffer, const void *data, size_t size);

/** Add one UTF-16 unit. */
void reg_buffer_add_unit(struct reg_buffer *buffer, WCHAR unit);

/** Add zero-terminated UTF-8 as UTF-16, without its terminator. */
void reg_buffer_add_utf16(struct reg_buffer *buffer, const char *text);

/** Add `size` bytes of UTF-8 as UTF-16. */
void reg_buffer_add_sized_utf16(struct reg_buffer *buffer, const char *text, size_t size);

/** Add the text that printf would write, without the terminating zero. */
PRINTF_LIKE(2, 3)
void reg_buffer_add_format(struct reg_buffer *buffer, const char *format, ...);

/** Free the memory. The buffer is empty and can be used again. */
void reg_buffer_release(struct reg_buffer *buffer);

#endif /* REG_BUFFER_H */
