/* SPDX-License-Identifier: MIT
 *
 * Writes an answer of the consumer's functions into the caller's buffer, and continues to count
 * when the buffer is full. The same code therefore gives the answer and the size that it needs.
 */
#ifndef PERFLIB_WRITER_H
#define PERFLIB_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wintypes.h"

struct perflib_writer {
    unsigned char *data; /* may be NULL if `capacity` is 0 */
    size_t capacity;     /* bytes */
    size_t used;         /* bytes needed so far; if more than `capacity`, not all was written */
};

/** Append bytes; NULL appends zeros. */
static inline void perflib_writer_add(struct perflib_writer *writer, const void *bytes, size_t size)
{
    if (writer->used <= writer->capacity && size <= writer->capacity - writer->used && size) {
        if (bytes)
            memcpy(writer->data + writer->used, bytes, size);
        else
            memset(writer->data + writer->used, 0, size);
    }
    writer->used += size;
}

/** Append zeros up to a multiple of 8 bytes. */
static inline void perflib_writer_pad(struct perflib_writer *writer)
{
    perflib_writer_add(writer, NULL, (8 - writer->used % 8) % 8);
}

/** Set 32 bits at an offset that has been appended already. */
static inline void perflib_writer_set(struct perflib_writer *writer, size_t offset, ULONG value)
{
    if (offset + sizeof(value) <= writer->capacity)
        memcpy(writer->data + offset, &value, sizeof(value));
}

/**
 * Finish: *actual receives the needed size. ERROR_NOT_ENOUGH_MEMORY if the buffer was too small.
 */
static inline ULONG perflib_writer_end(const struct perflib_writer *writer, DWORD *actual)
{
    if (writer->used > UINT32_MAX)
        return ERROR_OUTOFMEMORY;
    *actual = (DWORD)writer->used;
    return writer->used <= writer->capacity ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

#endif /* PERFLIB_WRITER_H */
