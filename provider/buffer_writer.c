/* SPDX-License-Identifier: MIT
 *
 * Objects, instances and counter blocks in Collect's buffer. All stores use memcpy, because the
 * buffer may begin at any address; the compiler makes plain stores of them.
 */
#include "buffer_writer.h"

#include <string.h>

#include "round_up.h"

/* The part that is the same in all instances. */
static const PERF_INSTANCE_DEFINITION any_instance = {
    .UniqueID = PERF_NO_UNIQUE_ID,
    .NameOffset = sizeof(PERF_INSTANCE_DEFINITION),
};

/* Take `size` bytes of the buffer; NULL if it has less. */
static unsigned char *take(struct buffer_writer *writer, size_t size)
{
    unsigned char *at = writer->at;

    if (size > writer->left)
        return NULL;
    writer->at += size;
    writer->left -= size;
    writer->used += size;
    return at;
}

static void write_u32(unsigned char *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void write_u64(unsigned char *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

/* Rule: the block's length is followed by zeros up to the first slot. The slots are zeroed too,
   so that no byte of the consumer's buffer stays unwritten if a counter gets no value. */
static unsigned char *begin_block(const struct object_definition *definition, unsigned char *block)
{
    memset(block, 0, definition->block_size);
    write_u32(block, definition->block_size);
    return block + COUNTER_SLOT_SIZE;
}

static size_t name_record_size(size_t length)
{
    return round_up_8(sizeof(PERF_INSTANCE_DEFINITION) + (length + 1) * sizeof(WCHAR));
}

void buffer_writer_init(struct buffer_writer *writer, void *data, size_t size)
{
    memset(writer, 0, sizeof(*writer));
    writer->at = data;
    writer->left = size;
}

DWORD buffer_writer_begin_object(struct buffer_writer *writer,
                                 const struct object_definition *definition, uint64_t perf_time,
                                 uint64_t perf_freq)
{
    unsigned char *object = take(writer, definition->size);

    if (!object)
        return ERROR_MORE_DATA;
    memcpy(object, definition->bytes, definition->size);
    write_u64(object + offsetof(PERF_OBJECT_TYPE, PerfTime), perf_time);
    write_u64(object + offsetof(PERF_OBJECT_TYPE, PerfFreq), perf_freq);
    writer->definition = definition;
    writer->object = object;
    writer->instance_count = 0;
    return ERROR_SUCCESS;
}

DWORD buffer_writer_add_instance(struct buffer_writer *writer, const WCHAR *name, size_t length,
                                 unsigned char **slots)
{
    size_t record_size = name_record_size(length);
    unsigned char *record = take(writer, record_size + writer->definition->block_size);
    unsigned char *block;

    if (!record)
        return ERROR_MORE_DATA;
    block = record + record_size;
    memcpy(record, &any_instance, sizeof(any_instance));
    write_u32(record + offsetof(PERF_INSTANCE_DEFINITION, ByteLength), (uint32_t)record_size);
    write_u32(record + offsetof(PERF_INSTANCE_DEFINITION, NameLength),
              (uint32_t)((length + 1) * sizeof(WCHAR)));
    write_u64(block - 8, 0); /* terminator and padding, which are at most these 8 bytes */
    memcpy(record + sizeof(any_instance), name, length * sizeof(WCHAR));
    *slots = begin_block(writer->definition, block);
    writer->instance_count++;
    return ERROR_SUCCESS;
}

DWORD buffer_writer_add_instances(struct buffer_writer *writer, const unsigned char *instances,
                                  size_t size, uint32_t count)
{
    unsigned char *at = take(writer, size);

    if (!at)
        return ERROR_MORE_DATA;
    if (size > 0) /* with size 0, either pointer may be invalid */
        memcpy(at, instances, size);
    writer->instance_count += count;
    return ERROR_SUCCESS;
}

DWORD buffer_writer_add_block(struct buffer_writer *writer, unsigned char **slots)
{
    unsigned char *block = take(writer, writer->definition->block_size);

    if (!block)
        return ERROR_MORE_DATA;
    *slots = begin_block(writer->definition, block);
    return ERROR_SUCCESS;
}

size_t buffer_writer_instance_size(const struct object_definition *definition, size_t length)
{
    return name_record_size(length) + definition->block_size;
}

void buffer_writer_end_object(struct buffer_writer *writer)
{
    unsigned char *object = writer->object;

    write_u32(object + offsetof(PERF_OBJECT_TYPE, TotalByteLength),
              (uint32_t)(writer->at - object));
    if (writer->definition->object->has_instances)
        write_u32(object + offsetof(PERF_OBJECT_TYPE, NumInstances), writer->instance_count);
    writer->object_count++;
}

DWORD buffer_writer_add_metadata(struct buffer_writer *writer,
                                 const struct object_definition *definition, uint64_t perf_time,
                                 uint64_t perf_freq)
{
    LONG mark = definition->object->has_instances ? PERF_METADATA_MULTIPLE_INSTANCES
                                                  : PERF_METADATA_NO_INSTANCES;
    DWORD error = buffer_writer_begin_object(writer, definition, perf_time, perf_freq);

    if (error)
        return error;
    write_u32(writer->object + offsetof(PERF_OBJECT_TYPE, NumInstances), (uint32_t)mark);
    writer->object_count++;
    return ERROR_SUCCESS;
}
