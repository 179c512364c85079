/* SPDX-License-Identifier: MIT
 *
 * A span: bytes that another process or file supplied, and the one way to read them. span_at
 * compares without overflow, so no length from outside is used unchecked.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const unsigned char *data;
    size_t size; /* bytes */
};

/**
 * The `size` bytes at `offset`; NULL if any of them lies outside the span. Offsets have 64 bits on every system: a
 * sum of an offset and a length of 32 bits cannot overflow.
 */
static inline const void *span_at(struct span span, uint64_t offset, size_t size)
{
    if (offset > span.size || size > span.size - offset)
        return NULL;
    return span.data + offset;
}

/** The part of `size` bytes from `offset`; an empty span with NULL data if it is not inside. */
static inline struct span span_part(struct span span, uint64_t offset, size_t size)
{
    const unsigned char *data = span_at(span, offset, size);
    struct span part = { data, data ? size : 0 };

    return part;
}

/** The bytes from `offset` to the end; an empty span with NULL data if it is not inside. */
static inline struct span span_rest(struct span span, uint64_t offset)
{
    if (offset > span.size)
        return (struct span){ NULL, 0 };
    return (struct span){ span.data + offset, (size_t)(span.size - offset) };
}

/** Take `size` bytes off the front. False if there are fewer; then nothing is taken. */
static inline bool span_take(struct span *span, size_t size)
{
    if (size > span->size)
        return false;
    span->data += size;
    span->size -= size;
    return true;
}

/**
 * A little-endian value of 16, 32 or 64 bits at any alignment. The caller has checked the place.
 */
static inline uint16_t read_u16(const void *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t read_u32(const void *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t read_u64(const void *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

#endif /* SPAN_H */
