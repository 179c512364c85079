/* SPDX-License-Identifier: MIT
 *
 * The state of a process's providers as bytes. The process writes them; other processes read them
 * and check every field. Numbers have the machine's byte order. Each part begins at a multiple of
 * 8.
 */
#ifndef PERFLIB_IMAGE_H
#define PERFLIB_IMAGE_H

#include "perflib_state.h"
#include "perflib_writer.h"
#include "span.h"

/** A counterset. Its counters (PERF_COUNTER_INFO) and then its instances follow. */
struct image_set {
    uint32_t size; /* bytes of the set, its counters and instances */
    uint32_t counter_count;
    uint32_t instance_count;
    uint32_t status; /* its provider's result of PERF_COLLECT_START */
    GUID guid, provider_guid;
    uint32_t instance_type;
    uint32_t reserved;
};

/** An instance. Its name follows, padded and without terminator, then a value for each counter. */
struct image_instance {
    uint32_t size; /* bytes of the instance, its name and values */
    uint32_t id;
    uint32_t name_length; /* units */
    uint32_t reserved;
};

struct image_value {
    uint64_t value;
    uint64_t has_value; /* 0: the counter is by reference and has no address */
};

/**
 * Write all local providers that have a set. Under the emulation's lock.
 *
 * @param status_of  returns the result of a provider's callback
 */
void perflib_image_write(struct perflib_writer *writer,
                         ULONG (*status_of)(void *context, const struct perflib_provider *),
                         void *context);

/**
 * Make providers from bytes that another process wrote.
 *
 * @param data       a private copy, which does not change during the call
 * @param providers  receives a list (`next`) of providers with is_remote set and memory from
 *                   malloc; free it with perflib_image_release
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY. After an error *providers is
 *         NULL.
 */
DWORD perflib_image_read(struct span data, struct perflib_provider **providers);

/** Free a list of providers. */
void perflib_image_release(struct perflib_provider *providers);

#endif /* PERFLIB_IMAGE_H */
