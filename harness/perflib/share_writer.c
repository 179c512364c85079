/* SPDX-License-Identifier: MIT
 *
 * Writes the states of a shared file into its two copies in turn.
 */
#include "share_writer.h"

#include <stdatomic.h>
#include <string.h>

#include "os.h"

#define FIRST_SIZE 8192 /* of a copy, in bytes; chosen: a state of heapctrs fits */

void share_writer_close(struct share_writer *writer)
{
    if (!writer->header)
        return;
    for (size_t i = 0; i < 2; i++)
        if (writer->copies[i].memory)
            os_region_unmap(writer->copies[i].memory, writer->copies[i].capacity);
    os_region_unmap(writer->header, os_region_alignment());
    memset(writer->copies, 0, sizeof(writer->copies));
    writer->header = NULL;
    os_region_remove(&writer->file);
}

void share_writer_abandon(struct share_writer *writer)
{
    if (writer->header)
        os_region_abandon(&writer->file);
    writer->header = NULL;
    memset(writer->copies, 0, sizeof(writer->copies));
}

void share_writer_open(struct share_writer *writer, const char *suffix, const char *magic)
{
    char directory[OS_PATH_SIZE];

    if (os_region_directory(directory, sizeof(directory)) ||
        os_region_create(&writer->file, directory, suffix))
        return;
    writer->file_size = os_region_alignment();
    if (!os_region_grow(&writer->file, writer->file_size))
        writer->header = os_region_map(&writer->file, 0, (size_t)writer->file_size, NULL);
    if (!writer->header) {
        os_region_remove(&writer->file);
        return;
    }
    memcpy(writer->header->magic, magic, sizeof(writer->header->magic));
    writer->header->header_size = sizeof(*writer->header);
    writer->header->process_id = os_process_id();
    writer->header->process_start = os_region_process_start();
    if (os_region_publish(&writer->file))
        share_writer_close(writer);
}

/* A copy grows by moving to a new place at the end of the file. The unused bytes are at most as
   many as the used ones. */
static bool reserve(struct share_writer *writer, size_t i, size_t size)
{
    struct share_writer_copy *copy = &writer->copies[i];
    size_t capacity = FIRST_SIZE;

    if (size <= copy->capacity)
        return true;
    while (capacity < size)
        capacity *= 2;
    capacity =
        (capacity + os_region_alignment() - 1) / os_region_alignment() * os_region_alignment();
    if (os_region_grow(&writer->file, writer->file_size + capacity))
        return false;
    unsigned char *memory = os_region_map(&writer->file, writer->file_size, capacity, NULL);
    if (!memory)
        return false;
    if (copy->memory)
        os_region_unmap(copy->memory, copy->capacity);
    *copy = (struct share_writer_copy){ memory, capacity };
    atomic_store(&writer->header->copies[i].offset, writer->file_size);
    writer->file_size += capacity;
    return true;
}

void share_writer_write(struct share_writer *writer, const void *data, size_t size)
{
    struct share_header *header = writer->header;
    const uint64_t number = atomic_load(&header->finished) + 1;
    const size_t i = number % 2;

    /* A reader of the older copy notices that the copy is being overwritten. */
    atomic_exchange(&header->begun, number); /* no later write comes before an exchange */
    if (!data || !reserve(writer, i, size))
        size = 0; /* no memory: publish nothing instead of old values */
    if (size)
        memcpy(writer->copies[i].memory, data, size);
    atomic_store(&header->copies[i].size, size);
    atomic_store(&header->finished, number);
}
