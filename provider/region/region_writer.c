/* SPDX-License-Identifier: MIT
 *
 * Segments in a file or in private pages, and handing out what stands in them: see
 * region_writer.h and region.h.
 */
#include "region_writer.h"

#include <string.h>

#include "os_region.h"
#include "spin_lock.h"

/* The first heaps and shards lie behind the header in one mapping with it. */
#define FIRST_HEAP_OFFSET sizeof(struct region_header)
#define FIRST_SHARD_OFFSET (FIRST_HEAP_OFFSET + REGION_FIRST_HEAPS * sizeof(struct region_heap))
#define FIRST_SIZE                                                                                 \
    (FIRST_SHARD_OFFSET + REGION_FIRST_SHARDS * (sizeof(struct region_shard) + sizeof(uint64_t)))

static_assert(FIRST_HEAP_OFFSET % 64 == 0 && FIRST_SHARD_OFFSET % 64 == 0, "cache lines");
static_assert(REGION_FIRST_SHARDS % REGION_SHARD_BLOCK == 0 &&
                  REGION_SHARD_BLOCK * sizeof(uint64_t) == 64,
              "the change counts of a block fill a cache line, and no block is in two segments");

struct segments {
    uint32_t first;        /* elements in the first one */
    uint32_t element_size; /* bytes */
    uint32_t more_size;    /* that stand behind all elements, for each */
    uint32_t count;        /* elements handed out */
    uint32_t segment_count;
    uint32_t segment_limit;
    uint64_t offsets[REGION_SEGMENTS];
    _Atomic(unsigned char *) memory[REGION_SEGMENTS];
};

struct region_store {
    struct spin_lock lock;
    bool has_file;
    uint32_t process_id;          /* that made the file: its own header may be cut off */
    uint64_t process_image;       /* address that readers with a debugger's rights start from */
    struct region_header *header; /* NULL: without a file nobody needs one */
    struct os_region_file file;
    uint64_t file_size;
    struct segments heaps, shards;
};

static struct region_store published, private_store;

static void store_init(struct region_store *store)
{
    store->heaps.first = REGION_FIRST_HEAPS;
    store->heaps.element_size = sizeof(struct region_heap);
    store->heaps.segment_limit = REGION_HEAP_SEGMENTS;
    store->shards.first = REGION_FIRST_SHARDS;
    store->shards.element_size = sizeof(struct region_shard);
    store->shards.more_size = sizeof(uint64_t);
    store->shards.segment_limit = REGION_SHARD_SEGMENTS;
}

static size_t segment_size(const struct segments *segments, uint32_t segment)
{
    return (size_t)(region_segment_count(segments->first, segment) *
                    (segments->element_size + segments->more_size));
}

static uint64_t aligned(uint64_t size)
{
    uint64_t alignment = os_region_alignment();

    return (size + alignment - 1) / alignment * alignment;
}

/* Everything in the header that readers check. */
static void header_fill(struct region_store *store)
{
    struct region_header *header = store->header;

    header->magic = REGION_MAGIC;
    header->version = REGION_VERSION;
    header->header_size = sizeof(*header);
    header->byte_order = REGION_BYTE_ORDER;
    store->process_id = header->process_id = os_process_id();
    header->process_start = os_region_process_start();
    header->pid_namespace = os_region_pid_namespace();
    header->process_image = store->process_image;
    for (uint32_t i = 0; i < store->heaps.segment_count; i++)
        atomic_store_explicit(&header->heap_offsets[i], store->heaps.offsets[i],
                              memory_order_relaxed);
    for (uint32_t i = 0; i < store->shards.segment_count; i++)
        atomic_store_explicit(&header->shard_offsets[i], store->shards.offsets[i],
                              memory_order_relaxed);
    atomic_store_explicit(&header->heap_segments, store->heaps.segment_count, memory_order_relaxed);
    atomic_store_explicit(&header->shard_segments, store->shards.segment_count,
                          memory_order_relaxed);
    atomic_store_explicit(&header->heap_count, store->heaps.count, memory_order_relaxed);
    atomic_store_explicit(&header->state, REGION_LIVE, memory_order_release);
}

/* Memory for one more segment: at the end of the file, or private pages. */
static unsigned char *segment_make(struct region_store *store, size_t size, uint64_t *offset)
{
    uint32_t error = os_last_error();
    unsigned char *memory = NULL;

    if (!store->has_file) {
        memory = os_pages_allocate(size);
    } else {
        uint64_t begin = aligned(store->file_size);
        if (os_region_grow(&store->file, begin + size) == ERROR_SUCCESS) {
            store->file_size = begin + size;
            memory = os_region_map(&store->file, begin, size, NULL);
            *offset = begin;
        }
    }
    os_last_error_set(error);
    return memory;
}

/* Hand out the next elements, which are in one segment; NULL when there is no room. */
static void *elements_add(struct region_store *store, struct segments *segments, uint32_t count,
                          uint32_t *index)
{
    uint32_t segment = region_segment_of(segments->first, segments->count);

    if (segment >= segments->segment_limit)
        return NULL;
    if (segment == segments->segment_count) {
        uint64_t offset = 0;
        unsigned char *memory = segment_make(store, segment_size(segments, segment), &offset);
        if (!memory)
            return NULL;
        segments->offsets[segment] = offset;
        atomic_store_explicit(&segments->memory[segment], memory, memory_order_release);
        segments->segment_count++;
        if (store->has_file) {
            bool is_heaps = segments == &store->heaps;
            atomic_store_explicit(is_heaps ? &store->header->heap_offsets[segment]
                                           : &store->header->shard_offsets[segment],
                                  offset, memory_order_relaxed);
            atomic_store_explicit(is_heaps ? &store->header->heap_segments
                                           : &store->header->shard_segments,
                                  segments->segment_count, memory_order_release);
        }
    }
    *index = segments->count;
    segments->count += count;
    uint64_t at = *index - region_segment_begin(segments->first, segment);
    return atomic_load_explicit(&segments->memory[segment], memory_order_relaxed) +
           at * segments->element_size;
}

void region_writer_open(uint64_t process_image)
{
    struct region_store *store = &published;
    char directory[OS_PATH_SIZE];
    uint32_t error = os_last_error();

    store_init(&private_store);
    store_init(store);
    if (os_region_directory(directory, sizeof(directory)) ||
        os_region_create(&store->file, directory, OS_REGION_SUFFIX))
        goto restore_error;
    unsigned char *memory = NULL;
    if (os_region_grow(&store->file, FIRST_SIZE) == ERROR_SUCCESS)
        memory = os_region_map(&store->file, 0, FIRST_SIZE, NULL);
    if (!memory) {
        os_region_remove(&store->file);
        goto restore_error;
    }
    store->file_size = FIRST_SIZE;
    store->header = (struct region_header *)(void *)memory;
    store->heaps.offsets[0] = FIRST_HEAP_OFFSET;
    store->shards.offsets[0] = FIRST_SHARD_OFFSET;
    atomic_store(&store->heaps.memory[0], memory + FIRST_HEAP_OFFSET);
    atomic_store(&store->shards.memory[0], memory + FIRST_SHARD_OFFSET);
    store->heaps.segment_count = store->shards.segment_count = 1;
    store->process_image = process_image;
    header_fill(store);
    if (os_region_publish(&store->file)) {
        os_region_unmap(memory, FIRST_SIZE);
        os_region_remove(&store->file);
        memset(store, 0, sizeof(*store));
        store_init(store);
        goto restore_error;
    }
    store->has_file = true;

restore_error:
    os_last_error_set(error);
}

static struct region_heap *add_heap(struct region_store *store)
{
    uint32_t index;

    spin_lock_acquire(&store->lock);
    struct region_heap *heap = elements_add(store, &store->heaps, 1, &index);
    if (heap && store->has_file)
        atomic_store_explicit(&store->header->heap_count, store->heaps.count, memory_order_release);
    spin_lock_release(&store->lock);
    return heap;
}

struct region_heap *region_writer_add_heap(struct region_store **store)
{
    struct region_heap *heap = published.has_file ? add_heap(&published) : NULL;

    *store = heap ? &published : &private_store;
    return heap ? heap : add_heap(&private_store);
}

bool region_writer_add_shards(struct region_store *store, struct region_shard_block *block)
{
    spin_lock_acquire(&store->lock);
    block->shards = elements_add(store, &store->shards, REGION_SHARD_BLOCK, &block->index);
    if (block->shards) {
        uint32_t segment = region_segment_of(REGION_FIRST_SHARDS, block->index);
        unsigned char *memory =
            atomic_load_explicit(&store->shards.memory[segment], memory_order_relaxed);
        uint64_t count = region_segment_count(REGION_FIRST_SHARDS, segment);
        uint64_t at = block->index - region_segment_begin(REGION_FIRST_SHARDS, segment);
        block->change_counts =
            (_Atomic uint64_t *)(void *)(memory + count * sizeof(struct region_shard)) + at;
    }
    spin_lock_release(&store->lock);
    return block->shards != NULL;
}

const struct region_shard *region_writer_shard(void *store, uint32_t index)
{
    struct segments *shards = &((struct region_store *)store)->shards;
    uint32_t segment = region_segment_of(shards->first, index);
    unsigned char *memory = atomic_load_explicit(&shards->memory[segment], memory_order_acquire);

    return (const struct region_shard *)(void *)(memory + (index - region_segment_begin(
                                                                       shards->first, segment)) *
                                                              shards->element_size);
}

bool region_writer_is_private(const struct region_store *store)
{
    return store == &private_store;
}

bool region_writer_is_published(const struct region_store *store)
{
    return store->has_file;
}

void region_writer_changed(void)
{
    if (published.has_file)
        atomic_fetch_add_explicit(&published.header->change_count, 1, memory_order_release);
}

void region_writer_lost(void)
{
    if (published.has_file)
        atomic_fetch_add_explicit(&published.header->lost_count, 1, memory_order_relaxed);
}

bool region_writer_is_own(void)
{
    return published.has_file && published.process_id == os_process_id();
}

static void segments_unmap(struct region_store *store, struct segments *segments)
{
    for (uint32_t i = 0; i < segments->segment_count; i++) {
        void *memory = atomic_load_explicit(&segments->memory[i], memory_order_relaxed);
        if (store->header && i == 0)
            continue; /* lies behind the header */
        if (store->header)
            os_region_unmap(memory, segment_size(segments, i));
        else
            os_pages_free(memory, segment_size(segments, i));
    }
}

void region_writer_close(bool unmap)
{
    if (region_writer_is_own()) {
        /* Somebody may have cut the file: a store behind its end would end the process. */
        if (!os_region_grow(&published.file, FIRST_SIZE))
            atomic_store_explicit(&published.header->state, REGION_CLOSED, memory_order_release);
        os_region_remove(&published.file);
    }
    if (!unmap)
        return;
    segments_unmap(&published, &published.heaps);
    segments_unmap(&published, &published.shards);
    if (published.header)
        os_region_unmap(published.header, FIRST_SIZE);
    segments_unmap(&private_store, &private_store.heaps);
    segments_unmap(&private_store, &private_store.shards);
    memset(&published, 0, sizeof(published));
    memset(&private_store, 0, sizeof(private_store));
}

void region_writer_lock(void)
{
    spin_lock_acquire(&published.lock);
    spin_lock_acquire(&private_store.lock);
}

void region_writer_unlock(void)
{
    spin_lock_release(&private_store.lock);
    spin_lock_release(&published.lock);
}

/* Put the new file's memory, or private memory, in the place of each mapping of the old one. */
static bool replace_mappings(struct region_store *store, bool with_file)
{
    for (int kind = 0; kind < 3; kind++) {
        struct segments *segments = kind == 1 ? &store->heaps : &store->shards;
        uint32_t begin = kind == 0 ? 0 : 1, end = kind == 0 ? 1 : segments->segment_count;
        for (uint32_t i = begin; i < end; i++) {
            void *memory = kind == 0
                               ? (void *)store->header
                               : atomic_load_explicit(&segments->memory[i], memory_order_relaxed);
            uint64_t offset = kind == 0 ? 0 : segments->offsets[i];
            size_t size = kind == 0 ? FIRST_SIZE : segment_size(segments, i);
            if (with_file ? !os_region_map(&store->file, offset, size, memory)
                          : !os_region_replace_private(memory, size))
                return false;
        }
    }
    return true;
}

bool region_writer_fork(void)
{
    struct region_store *store = &published;
    char directory[OS_PATH_SIZE];
    uint32_t error = os_last_error();

    if (!store->has_file)
        return true;
    os_region_abandon(&store->file);
    bool with_file = os_region_directory(directory, sizeof(directory)) == ERROR_SUCCESS &&
                     os_region_create(&store->file, directory, OS_REGION_SUFFIX) == ERROR_SUCCESS;
    if (with_file &&
        (os_region_grow(&store->file, store->file_size) || !replace_mappings(store, true))) {
        os_region_remove(&store->file);
        with_file = false;
    }
    bool done = with_file || replace_mappings(store, false);
    store->has_file = with_file;
    if (done)
        header_fill(store);
    os_last_error_set(error);
    return done;
}

void region_writer_publish(void)
{
    uint32_t error = os_last_error();

    if (published.has_file && os_region_publish(&published.file)) {
        os_region_remove(&published.file);
        published.has_file = false;
    }
    os_last_error_set(error);
}

void region_writer_abandon(void)
{
    if (published.has_file)
        os_region_abandon(&published.file);
    memset(&published, 0, sizeof(published));
    memset(&private_store, 0, sizeof(private_store));
}
