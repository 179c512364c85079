/* SPDX-License-Identifier: MIT
 *
 * The state of a process's providers as bytes: written by the process, read by others, who believe
 * nothing of it. All numbers are those of the machine; everything begins at a multiple of 8.
 */
#ifndef PERFLIB_IMAGE_H
#define PERFLIB_IMAGE_H

#include "perflib_state.h"
#include "perflib_writer.h"
#include "span.h"

/** A counterset; its counters follow (PERF_COUNTER_INFO), then its instances. */
struct image_set {
    uint32_t size; /* bytes of all that belongs to it */
    uint32_t counter_count;
    uint32_t instance_count;
    uint32_t status; /* what its provider answered to PERF_COLLECT_START */
    GUID guid, provider_guid;
    uint32_t instance_type;
    uint32_t reserved;
};

/** An instance; its name follows, without terminator and padded, then a value for each counter. */
struct image_instance {
    uint32_t size; /* bytes of all that belongs to it */
    uint32_t id;
    uint32_t name_length; /* units */
    uint32_t reserved;
};

struct image_value {
    uint64_t value;
    uint64_t has_value; /* 0: a counter by reference without an address */
};

/**
 * Write all local providers that have a set; under the emulation's lock.
 *
 * @param status_of  what a provider answered
 */
void perflib_image_write(struct perflib_writer *writer,
                         ULONG (*status_of)(void *context, const struct perflib_provider *),
                         void *context);

/**
 * Make providers of bytes that another process wrote.
 *
 * @param data       a private copy: it does not change meanwhile
 * @param providers  receives a list (next), each with is_remote and memory from malloc;
 *                   perflib_image_release
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY: *providers is NULL
 */
DWORD perflib_image_read(struct span data, struct perflib_provider **providers);

/** Free a list of them. */
void perflib_image_release(struct perflib_provider *providers);

#endif /* PERFLIB_IMAGE_H */
