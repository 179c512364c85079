/* SPDX-License-Identifier: MIT
 *
 * Writes objects, instances and counter blocks into Collect's buffer. It writes every byte of the
 * answer, padding included, and no byte outside the buffer. The buffer may have any alignment.
 *
 * One writer is used by one thread. The functions return ERROR_MORE_DATA if something does not fit:
 * then this call wrote nothing, and the contents of the buffer must not be returned.
 */
#ifndef BUFFER_WRITER_H
#define BUFFER_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "object_definition.h"
#include "wintypes.h"

struct buffer_writer {
    unsigned char *at; /* where the next byte goes */
    size_t left;       /* bytes from there to the end */
    size_t used;       /* bytes written */
    uint32_t object_count;

    /* The current object: begun and not ended yet. */
    const struct object_definition *definition;
    unsigned char *object;
    uint32_t instance_count;
};

/** Start with an empty buffer of `size` bytes. */
void buffer_writer_init(struct buffer_writer *writer, void *data, size_t size);

/**
 * Append an object's definitions. Instances or one counter block follow, then
 * buffer_writer_end_object.
 *
 * @param definition  must stay valid until then
 * @param perf_time   the object's own time, for PERF_ELAPSED_TIME, in ticks of `perf_freq`
 */
DWORD buffer_writer_begin_object(struct buffer_writer *writer,
                                 const struct object_definition *definition, uint64_t perf_time,
                                 uint64_t perf_freq);

/**
 * Append one instance: definition, name and counter block.
 *
 * @param name   UTF-16, `length` units, need not be terminated; copied
 * @param slots  receives the address of the values: a slot of zero for each counter of the object.
 *               The caller sets them with slot_set at any time before the answer is returned, so
 *               that a total can precede the values that it sums
 *
 * Rule: PERF_INSTANCE_DEFINITION. NameLength is in bytes with the terminator and without padding;
 * instances are distinguished by name (PERF_NO_UNIQUE_ID) and have no parent.
 */
DWORD buffer_writer_add_instance(struct buffer_writer *writer, const WCHAR *name, size_t length,
                                 unsigned char **slots);

/** Append instances that another writer made for the same definition. */
DWORD buffer_writer_add_instances(struct buffer_writer *writer, const unsigned char *instances,
                                  size_t size, uint32_t count);

/** Append the counter block of an object without instances; slots as above. */
DWORD buffer_writer_add_block(struct buffer_writer *writer, unsigned char **slots);

/**
 * Set the value of one counter directly in the buffer, because an answer has thousands of values.
 *
 * @param slot   slot of the counter: COUNTER_SLOT
 * @param value  at most 32 bits for a counter of 4 bytes
 *
 * Rule: little-endian, so that the low half of a value comes first and the rest is zero.
 */
static inline void slot_set(unsigned char *slots, size_t slot, uint64_t value)
{
    memcpy(slots + COUNTER_SLOT_SIZE * slot, &value, sizeof(value));
}

/** The size of one instance with a name of `length` units, in bytes. */
size_t buffer_writer_instance_size(const struct object_definition *definition, size_t length);

/** The slots of the instance that ends at `end`. */
static inline unsigned char *instance_slots(const struct object_definition *definition,
                                            unsigned char *end)
{
    return end - definition->block_size + COUNTER_SLOT_SIZE;
}

/** End the object: its lengths and number of instances are now known. */
void buffer_writer_end_object(struct buffer_writer *writer);

/** Append an object without instances or data, which answers a metadata query. */
DWORD buffer_writer_add_metadata(struct buffer_writer *writer,
                                 const struct object_definition *definition, uint64_t perf_time,
                                 uint64_t perf_freq);

#endif /* BUFFER_WRITER_H */
