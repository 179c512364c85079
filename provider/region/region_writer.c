/* SPDX-License-Identifier: MIT
 *
 * Makes segments in a file or in private pages, and assigns the records and shards in them: see
 * region_writer.h and region.h.
 */
#include "region_writer.h"

#include <string.h>

#include "debug_message.h"
#include "os_region.h"
#include "spin_lock.h"

/* The first shards and heaps follow the header in the same mapping. What a process with one heap writes to is in the
   first page. */
#define FIRST_SHARD_OFFSET sizeof(struct region_header)
#define FIRST_HEAP_OFFSET (FIRST_SHARD_OFFSET + REGION_FIRST_SHARDS * sizeof(struct region_shard))
#define FIRST_SIZE (FIRST_HEAP_OFFSET + REGION_FIRST_HEAPS * sizeof(struct region_heap))

static_assert(FIRST_HEAP_OFFSET % 64 == 0 && FIRST_SHARD_OFFSET % 64 == 0, "cache lines");
static_assert(FIRST_HEAP_OFFSET + sizeof(struct region_heap) <= 4096,
              "the first heap is in the first page");
static_assert(REGION_FIRST_SHARDS % REGION_SHARD_BLOCK == 0, "no block is in two segments");

struct segments {
    uint32_t first;        /* elements in the first segment */
    uint32_t element_size; /* bytes of one element */
    uint32_t count;        /* elements assigned */
    uint32_t segment_count;
    uint32_t segment_limit;
    uint64_t offsets[REGION_SEGMENTS];
    _Atomic(unsigned char *) memory[REGION_SEGMENTS];
};

struct region_store {
    struct spin_lock lock;
    bool has_file;
    uint32_t process_id;          /* the process that created the file: the header may be lost */
    struct region_header *header; /* NULL without a file: it is not needed then */
    uint64_t file_size;
    struct segments heaps, shards;
    _Atomic uint32_t unpublished_count; /* as in the header */
    _Atomic uint32_t growth_error;      /* error of the last failed growth; 0 if there was none */
    _Atomic uint64_t lost_count;        /* as in the header */
    /* the file was shortened, and private pages replace the missing ones */
    _Atomic bool is_damaged;
};

static struct region_store published;
static _Alignas(OS_TABLE_ALIGNMENT) struct region_store private_store;
/* The file of `published`, which has space for a long path. */
static _Alignas(OS_TABLE_ALIGNMENT) struct os_region_file own_file;
static _Atomic bool is_confined; /* see region_writer_confine */
static size_t page_size;

static void store_init(struct region_store *store)
{
    store->heaps.first = REGION_FIRST_HEAPS;
    store->heaps.element_size = sizeof(struct region_heap);
    store->heaps.segment_limit = REGION_HEAP_SEGMENTS;
    store->shards.first = REGION_FIRST_SHARDS;
    store->shards.element_size = sizeof(struct region_shard);
    store->shards.segment_limit = REGION_SHARD_SEGMENTS;
}

static size_t segment_size(const struct segments *segments, uint32_t segment)
{
    return (size_t)(region_segment_count(segments->first, segment) * segments->element_size);
}

static uint64_t aligned(uint64_t size)
{
    uint64_t alignment = os_region_alignment();

    return (size + alignment - 1) / alignment * alignment;
}

/* Fill in everything in the header that readers check. */
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
    atomic_store_explicit(&header->unpublished_count, store->unpublished_count,
                          memory_order_relaxed);
    atomic_store_explicit(&header->lost_count, store->lost_count, memory_order_relaxed);
    atomic_store_explicit(&header->state, REGION_LIVE, memory_order_release);
}

/* Get memory for one more segment: at the end of the file, or in private pages. */
static unsigned char *segment_make(struct region_store *store, size_t size, uint64_t *offset)
{
    uint32_t error = os_last_error();
    unsigned char *memory = NULL;

    if (!store->has_file) {
        memory = os_pages_allocate(size);
    } else {
        uint64_t begin = aligned(store->file_size);
        DWORD growth = is_confined ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
        if (!growth)
            growth = os_region_grow(&own_file, begin + size);
        if (!growth) {
            store->file_size = begin + size;
            memory = os_region_map(&own_file, begin, size, NULL);
            *offset = begin;
        }
        if (!memory)
            store->growth_error = growth ? growth : ERROR_NOT_ENOUGH_MEMORY;
        if (!is_confined)
            os_region_hide(&own_file);
    }
    os_last_error_set(error);
    return memory;
}

/* Assign the next elements, which are in one segment. NULL if there is no space. */
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

/* Report why nothing is published, which readers cannot see. */
static void report_refusal(const char *what, const char *path, DWORD error)
{
    debug_message("no heap is published: %s %s: %s (error %u). Correct this, or set HEAPCTRS_DIR "
                  "to another folder",
                  what, path, debug_message_reason(error), (unsigned)error);
}

/* Create the file for the region. */
static DWORD file_make(struct os_region_file *file)
{
    file->path[0] = 0;
    DWORD error = os_region_directory(file->path, sizeof(file->path));

    if (error) {
        report_refusal("the folder", file->path, error);
        return error;
    }
    error = os_region_create(file, file->path, OS_REGION_SUFFIX);
    if (error)
        report_refusal("a file in", file->path, error);
    return error;
}

/* Give the file its first size and map it. If that fails, the file is removed and NULL is
   returned. */
static unsigned char *file_map(struct os_region_file *file)
{
    DWORD error = os_region_grow(file, FIRST_SIZE);
    unsigned char *memory = error ? NULL : os_region_map(file, 0, FIRST_SIZE, NULL);

    if (memory)
        return memory;
    report_refusal("the file", file->path, error ? error : ERROR_NOT_ENOUGH_MEMORY);
    os_region_remove(file);
    return NULL;
}

/* Whether an address is in the mapped segments of a file. */
static bool is_in_segments(const struct segments *segments, uintptr_t address)
{
    for (uint32_t i = 1; i < REGION_SEGMENTS; i++) { /* the first segments follow the header */
        uintptr_t begin =
            (uintptr_t)atomic_load_explicit(&segments->memory[i], memory_order_acquire);
        if (begin && address - begin < segment_size(segments, i))
            return true;
    }
    return false;
}

/* Called by a signal handler because a page of the file is missing. A private page replaces it;
   its contents are copied when the region is made again. */
static bool repair(uintptr_t address)
{
    struct region_store *store = &published;

    if (!store->has_file ||
        (address - (uintptr_t)store->header >= aligned(FIRST_SIZE) &&
         !is_in_segments(&store->heaps, address) && !is_in_segments(&store->shards, address)))
        return false;
    if (!os_region_replace_private((void *)(address & ~(page_size - 1)), page_size))
        return false;
    store->lost_count++;
    store->is_damaged = true;
    return true;
}

void region_writer_open(void)
{
    struct region_store *store = &published;
    uint32_t last_error = os_last_error();
    unsigned char *memory = NULL;

    store_init(store);
    if (file_make(&own_file) == ERROR_SUCCESS)
        memory = file_map(&own_file);
    if (!memory)
        goto restore_error;
    store->file_size = FIRST_SIZE;
    store->header = (struct region_header *)(void *)memory;
    store->heaps.offsets[0] = FIRST_HEAP_OFFSET;
    store->shards.offsets[0] = FIRST_SHARD_OFFSET;
    atomic_store(&store->heaps.memory[0], memory + FIRST_HEAP_OFFSET);
    atomic_store(&store->shards.memory[0], memory + FIRST_SHARD_OFFSET);
    store->heaps.segment_count = store->shards.segment_count = 1;
    header_fill(store);
    DWORD error = os_region_publish(&own_file);
    if (error) {
        report_refusal("the file", own_file.path, error);
        os_region_unmap(memory, FIRST_SIZE);
        os_region_remove(&own_file);
        memset(store, 0, sizeof(*store));
        store_init(store);
        goto restore_error;
    }
    os_region_hide(&own_file);
    page_size = os_page_size();
    store->has_file = true;
    os_region_guard_writer(repair);

restore_error:
    os_last_error_set(last_error);
}

static struct region_heap *add_heap(struct region_store *store)
{
    uint32_t index;

    spin_lock_acquire(&store->lock);
    if (!store->has_file) /* until now, no page of it was touched */
        store_init(store);
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

struct region_shard *region_writer_add_shards(struct region_store *store, uint32_t *index)
{
    spin_lock_acquire(&store->lock);
    struct region_shard *shards = elements_add(store, &store->shards, REGION_SHARD_BLOCK, index);
    spin_lock_release(&store->lock);
    return shards;
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
    published.lost_count++;
    if (published.has_file)
        atomic_fetch_add_explicit(&published.header->lost_count, 1, memory_order_relaxed);
}

void region_writer_count_unpublished(int32_t heaps)
{
    uint32_t before = atomic_fetch_add(&published.unpublished_count, (uint32_t)heaps);

    if (!published.has_file)
        return;
    atomic_store_explicit(&published.header->unpublished_count, before + (uint32_t)heaps,
                          memory_order_relaxed);
    if (before == 0 && heaps > 0)
        debug_message("some heaps are not published: the file %s cannot become longer: %s (error "
                      "%u)",
                      own_file.path, debug_message_reason(published.growth_error),
                      (unsigned)published.growth_error);
}

static void segments_unmap(struct region_store *store, struct segments *segments)
{
    for (uint32_t i = 0; i < segments->segment_count; i++) {
        void *memory = atomic_load_explicit(&segments->memory[i], memory_order_relaxed);
        if (store->header && i == 0)
            continue; /* it follows the header */
        if (store->header)
            os_region_unmap(memory, segment_size(segments, i));
        else
            os_pages_free(memory, segment_size(segments, i));
    }
}

void region_writer_close(void)
{
    if (!published.has_file)
        return;
    /* A store past the end of a shortened file may end the process. */
    if (is_confined || os_region_is_whole(&own_file, FIRST_SIZE))
        atomic_store_explicit(&published.header->state, REGION_CLOSED, memory_order_release);
    if (!is_confined)
        os_region_remove(&own_file);
    published.has_file = false;
}

void region_writer_end(void)
{
    os_region_unname(&own_file);
    published.has_file = false;
}

bool region_writer_may_end(void)
{
    return !is_confined && published.has_file && published.process_id == os_process_id();
}

void region_writer_unmap(void)
{
    segments_unmap(&published, &published.heaps);
    segments_unmap(&published, &published.shards);
    if (published.header)
        os_region_unmap(published.header, FIRST_SIZE);
    segments_unmap(&private_store, &private_store.heaps);
    segments_unmap(&private_store, &private_store.shards);
    memset(&published, 0, sizeof(published));
    memset(&private_store, 0, sizeof(private_store));
}

void region_writer_confine(void)
{
    is_confined = true;
}

bool region_writer_is_lost(void)
{
    static _Atomic uint64_t asked_at;

    return published.has_file && !is_confined &&
           os_region_is_lost(&own_file, published.is_damaged, &asked_at);
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

/* Replace each mapping of the old file by the new file's memory, or by private memory. */
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
            if (with_file ? !os_region_map(&own_file, offset, size, memory)
                          : !os_region_replace_private(memory, size))
                return false;
        }
    }
    return true;
}

void region_writer_leave_parent(void)
{
    uint32_t error = os_last_error();

    if (published.has_file)
        replace_mappings(&published, false);
    os_last_error_set(error);
}

/* Create a file as long as the old one, for the same segments. */
static bool file_make_alike(struct region_store *store)
{
    if (file_make(&own_file))
        return false;
    DWORD error = os_region_grow(&own_file, store->file_size);
    if (!error)
        return true;
    report_refusal("the file", own_file.path, error);
    os_region_remove(&own_file);
    return false;
}

/* The same for a file that readers have lost, which is removed. On failure the store keeps it: a later try may find
   space. This is a function of its own because a child has no use for so large a copy on its stack. */
__attribute__((noinline)) static bool file_make_again(struct region_store *store)
{
    struct os_region_file old = own_file;
    const bool done = file_make_alike(store);

    if (done)
        os_region_remove(&old);
    else
        own_file = old;
    return done;
}

bool region_writer_remake(bool is_child)
{
    struct region_store *store = &published;
    uint32_t error = os_last_error();
    bool done = true;

    if (!store->has_file)
        return true;
    os_region_abandon(&own_file);
    if (is_child)
        store->lost_count = 0;
    bool with_file = is_child ? file_make_alike(store) : file_make_again(store);
    if (!with_file && !is_child) {
        done = false;
        goto restore_error;
    }
    if (with_file && !replace_mappings(store, true)) {
        report_refusal("the file", own_file.path, ERROR_NOT_ENOUGH_MEMORY);
        os_region_remove(&own_file);
        with_file = false;
    }
    done = with_file || replace_mappings(store, false);
    if (with_file)
        os_region_hide(&own_file);
    store->has_file = with_file;
    store->is_damaged = false;
    if (done)
        header_fill(store);

restore_error:
    os_last_error_set(error);
    return done;
}

void region_writer_publish(void)
{
    uint32_t last_error = os_last_error();
    DWORD error = published.has_file ? os_region_publish(&own_file) : ERROR_SUCCESS;

    if (error) {
        report_refusal("the file", own_file.path, error);
        os_region_remove(&own_file);
        published.has_file = false;
    }
    os_last_error_set(last_error);
}

void region_writer_abandon(void)
{
    if (published.has_file)
        os_region_abandon(&own_file);
    memset(&published, 0, sizeof(published));
    memset(&private_store, 0, sizeof(private_store));
}
