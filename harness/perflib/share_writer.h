/* SPDX-License-Identifier: MIT
 *
 * A file of the region directory in which this process shares a state with other processes: see
 * perflib_shared_file.h. The caller protects a writer with a lock of its own.
 */
#ifndef SHARE_WRITER_H
#define SHARE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os_region.h"
#include "perflib_shared_file.h"

struct share_writer {
    struct os_region_file file;
    struct share_header *header; /* NULL: there is no file */
    struct share_writer_copy {
        unsigned char *memory; /* mapped into this process */
        size_t capacity;
    } copies[2];
    uint64_t file_size;
};

/**
 * Make the file. A program that cannot share continues without it.
 *
 * @param suffix  OS_REGION_COUNTERS_SUFFIX or OS_REGION_CONSUMER_SUFFIX
 * @param magic   SHARE_MAGIC or SHARE_CONSUMER_MAGIC
 */
void share_writer_open(struct share_writer *writer, const char *suffix, const char *magic);

/** Remove the file. Without one, nothing. */
void share_writer_close(struct share_writer *writer);

/** In a child of fork: forget the file, which is the parent's. */
void share_writer_abandon(struct share_writer *writer);

/**
 * Write a new state. If there is no space for it, the state is empty.
 *
 * @param data  `size` bytes; NULL: an empty state
 */
void share_writer_write(struct share_writer *writer, const void *data, size_t size);

#endif /* SHARE_WRITER_H */
