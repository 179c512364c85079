/* SPDX-License-Identifier: MIT
 *
 * Regions that no tracker has made, on every system. They are in region_folder, and this process holds them.
 * forged_region_posix.h makes those of other processes.
 */
#ifndef FORGED_REGION_H
#define FORGED_REGION_H

#include <stdlib.h>
#include <string.h>

#include "os_region.h"
#include "region.h"
#include "region_folder.h"
#include "unit.h"

struct forged {
    struct os_region_file file;
    unsigned char *memory;
    size_t size;
};

static inline struct region_heap *heap_of(const struct forged *region, uint32_t index)
{
    const struct region_header *header = (const void *)region->memory;
    uint32_t segment = region_segment_of(REGION_FIRST_HEAPS, index);

    return (struct region_heap *)(void *)(region->memory + header->heap_offsets[segment]) +
           (index - region_segment_begin(REGION_FIRST_HEAPS, segment));
}

static inline void name_set(struct region_heap *heap, const char *text)
{
    heap->name_length = (uint16_t)strlen(text);
    for (size_t i = 0; text[i]; i++)
        heap->name[i] = (uint16_t)text[i];
}

static uint64_t opened; /* heaps, so far */

/* Publish a region with `heap_count` heaps, all of them called `name`, at least `least_size` bytes long. */
static inline void forge_long(struct forged *region, uint32_t heap_count, const char *name,
                              size_t least_size)
{
    uint32_t segments = region_segment_of(REGION_FIRST_HEAPS, heap_count - 1) + 1;
    uint64_t used = sizeof(struct region_header);

    region->size =
        (size_t)(used +
                 region_segment_begin(REGION_FIRST_HEAPS, segments) * sizeof(struct region_heap) +
                 os_region_alignment());
    if (region->size < least_size)
        region->size = least_size;
    assert_int_equal(os_region_create(&region->file, region_folder, OS_REGION_SUFFIX), 0);
    assert_int_equal(os_region_grow(&region->file, region->size), 0);
    region->memory = os_region_map(&region->file, 0, region->size, NULL);
    assert_non_null(region->memory);
    struct region_header *header = (struct region_header *)(void *)region->memory;
    header->magic = REGION_MAGIC;
    header->version = REGION_VERSION;
    header->header_size = sizeof(*header);
    header->byte_order = REGION_BYTE_ORDER;
    header->process_id = os_process_id();
    header->process_start = os_region_process_start();
    header->pid_namespace = os_region_pid_namespace();
    for (uint32_t i = 0; i < segments; i++) {
        header->heap_offsets[i] = used;
        used += region_segment_count(REGION_FIRST_HEAPS, i) * sizeof(struct region_heap);
    }
    header->heap_segments = segments;
    header->heap_count = heap_count;
    for (uint32_t i = 0; i < heap_count; i++) {
        struct region_heap *heap = heap_of(region, i);
        name_set(heap, name);
        /* Heaps are shown in the order of their opening. */
        heap->open_time = ++opened;
        heap->identity = i + 1;
    }
    header->state = REGION_LIVE;
    assert_int_equal(os_region_publish(&region->file), 0);
}

static inline void forge(struct forged *region, uint32_t heap_count, const char *name)
{
    forge_long(region, heap_count, name, 0);
}

static inline void withdraw(struct forged *region)
{
    ((struct region_header *)(void *)region->memory)->state = REGION_CLOSED;
    os_region_unmap(region->memory, region->size);
    os_region_remove(&region->file);
}

#endif /* FORGED_REGION_H */
