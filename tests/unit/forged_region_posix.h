/* SPDX-License-Identifier: MIT
 *
 * Regions that no tracker has made. A test chooses their number, size, heaps and process. They are
 * sparse files, so they take only the disk space that is written. Their PID namespace is another
 * one, so no reader can ask whether their process lives: the lock decides.
 */
#ifndef FORGED_REGION_POSIX_H
#define FORGED_REGION_POSIX_H

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os_region.h"
#include "region.h"

/** The properties of a region. */
struct forged_region {
    uint32_t process_id; /* not 0 */
    uint64_t start;      /* when its process started, also in its file name; a lower one is older */
    uint32_t heap_count;
    uint64_t size; /* of the file, if more than its heaps take */
    /* Of the name of each heap, which is filled up with letters; 0: as short as it can be. */
    size_t name_length;
    const char *same; /* the name of every heap; NULL: each has a name of its own */
};

struct forged_file {
    struct region_header *header; /* holds the lock */
    size_t size;
    char path[512];
};

static inline uint64_t forged_heap_offset(uint32_t segment)
{
    return sizeof(struct region_header) +
           region_segment_begin(REGION_FIRST_HEAPS, segment) * sizeof(struct region_heap);
}

static inline struct region_heap *forged_heap(const struct forged_file *file, uint32_t index)
{
    return (struct region_heap *)(void *)((unsigned char *)file->header + forged_heap_offset(0)) +
           index;
}

static inline void forged_heap_set(const struct forged_file *file,
                                   const struct forged_region *region, uint32_t index)
{
    struct region_heap *heap = forged_heap(file, index);
    char name[256];
    int length = region->same
                     ? snprintf(name, sizeof(name), "x:%u:%s", region->process_id, region->same)
                     : snprintf(name, sizeof(name), "x:%u:%x", region->process_id, index);

    for (; (size_t)length < region->name_length; length++)
        name[length] = 'y';
    for (int i = 0; i < length; i++)
        heap->name[i] = (uint16_t)name[i];
    heap->name_length = (uint16_t)length;
    heap->open_time = region->start + 1;
    heap->identity = index + 1;
}

/** Make a region and hold its lock. */
static inline struct forged_file forged_region_make(const char *folder,
                                                    const struct forged_region *region)
{
    struct forged_file file;
    char unfinished[512];
    uint32_t segments = region_segment_of(REGION_FIRST_HEAPS, region->heap_count) + 1;
    size_t heaps = (size_t)forged_heap_offset(segments), size = heaps;
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

    if (segments > REGION_HEAP_SEGMENTS)
        segments = REGION_HEAP_SEGMENTS, heaps = size = (size_t)forged_heap_offset(segments);
    if (region->size > size)
        size = (size_t)region->size;
    snprintf(file.path, sizeof(file.path), "%.400s/%u-%016llx" OS_REGION_SUFFIX, folder,
             region->process_id, (unsigned long long)region->start);
    snprintf(unfinished, sizeof(unfinished), "%.400s/forged", folder);
    int handle = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (handle < 0 || ftruncate(handle, (off_t)size) || fcntl(handle, F_OFD_SETLK, &lock))
        abort();
    file.size = heaps;
    file.header = mmap(NULL, heaps, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (file.header == MAP_FAILED)
        abort();
    struct region_header *header = file.header;
    header->magic = REGION_MAGIC;
    header->version = REGION_VERSION;
    header->header_size = sizeof(*header);
    header->byte_order = REGION_BYTE_ORDER;
    header->process_id = region->process_id;
    header->process_start = region->start + 1;
    header->pid_namespace = 1;
    for (uint32_t i = 0; i < segments; i++)
        header->heap_offsets[i] = forged_heap_offset(i);
    header->heap_segments = segments;
    header->heap_count = region->heap_count;
    header->state = REGION_LIVE;
    for (uint32_t i = 0; i < region->heap_count; i++)
        forged_heap_set(&file, region, i);
    if (rename(unfinished, file.path))
        abort();
    return file;
}

/** One more heap in a region that has a record for it. */
static inline void forged_region_add_heap(const struct forged_file *file,
                                          const struct forged_region *region)
{
    forged_heap_set(file, region, file->header->heap_count);
    file->header->heap_count++;
    file->header->change_count++;
}

static inline void forged_region_remove(struct forged_file *file)
{
    unlink(file->path);
    munmap(file->header, file->size);
}

#endif /* FORGED_REGION_POSIX_H */
