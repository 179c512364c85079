/* SPDX-License-Identifier: MIT
 *
 * Bytes that grow: what the readers and writers of registrations collect into. A failure to grow is
 * remembered and asked for once, at the end; all calls after it do nothing.
 */
#ifndef REG_BUFFER_H
#define REG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "printf_like.h"
#include "wintypes.h"

/** Zeroed, it is empty and ready. */
struct reg_buffer {
    unsigned char *data; /* from malloc, aligned for any type; NULL while empty */
    size_t size;         /* bytes used */
    size_t room;         /* bytes allocated */
    bool is_lost;        /* memory ran out: data is not all that was added */
};

/** Add bytes. */
void reg_buffer_add(struct reg_buffer *buffer, const void *data, size_t size);

/** Add one UTF-16 unit. */
void reg_buffer_add_unit(struct reg_buffer *buffer, WCHAR unit);

/** Add zero-terminated UTF-8 as UTF-16, without its terminator. */
void reg_buffer_add_utf16(struct reg_buffer *buffer, const char *text);

/** Add `size` bytes of UTF-8 as UTF-16. */
void reg_buffer_add_sized_utf16(struct reg_buffer *buffer, const char *text, size_t size);

/** Add what printf would write, without the terminating zero. */
PRINTF_LIKE(2, 3)
void reg_buffer_add_format(struct reg_buffer *buffer, const char *format, ...);

/** Free the memory; the struct is empty and ready again. */
void reg_buffer_release(struct reg_buffer *buffer);

#endif /* REG_BUFFER_H */
