/* SPDX-License-Identifier: MIT
 *
 * Opening, checking and following one region: see region_view.h. What the header says is copied,
 * then checked, then used; pointers into the mapping are made only from the copies.
 */
#include "region_view.h"

#define VISITS_PER_SHARD 8 /* two passes and some tries */
/* Bytes; chosen: a region with all segments has 218 MB, and 32-bit processes have little space. */
#define LARGEST_REGION (sizeof(size_t) == 8 ? (uint64_t)1 << 32 : (uint64_t)1 << 28)

static uint64_t shard_capacity(const struct region_view *view)
{
    return region_segment_begin(REGION_FIRST_SHARDS, view->shard_segments);
}

/* Whether a segment lies inside the mapping. */
static bool fits(const struct region_view *view, uint64_t offset, uint64_t size)
{
    return offset >= sizeof(struct region_header) && offset % 64 == 0 &&
           offset <= view->mapping.size && size <= view->mapping.size - offset;
}

/* Read the segments that the header announces. *missing is set if some are outside the mapping,
   which then has to grow. */
static bool take_segments(struct region_view *view, bool *missing)
{
    const struct region_header *header = region_view_header(view);
    uint32_t heaps = atomic_load_explicit(&header->heap_segments, memory_order_acquire);
    uint32_t shards = atomic_load_explicit(&header->shard_segments, memory_order_acquire);
    uint64_t shards_before = shard_capacity(view);

    if (heaps > REGION_HEAP_SEGMENTS || shards > REGION_SHARD_SEGMENTS ||
        heaps < view->heap_segments || shards < view->shard_segments)
        return false;
    for (uint32_t i = view->heap_segments; i < heaps; i++) {
        uint64_t offset = atomic_load_explicit(&header->heap_offsets[i], memory_order_relaxed);
        if (!fits(view, offset,
                  region_segment_count(REGION_FIRST_HEAPS, i) * sizeof(struct region_heap))) {
            *missing = true;
            break;
        }
        view->heap_offsets[i] = offset;
        view->heap_segments = i + 1;
    }
    for (uint32_t i = view->shard_segments; i < shards; i++) {
        uint64_t offset = atomic_load_explicit(&header->shard_offsets[i], memory_order_relaxed);
        if (!fits(view, offset, region_shards_size(i))) {
            *missing = true;
            break;
        }
        view->shard_offsets[i] = offset;
        view->shard_segments = i + 1;
    }
    view->shard_visits += (shard_capacity(view) - shards_before) * VISITS_PER_SHARD;
    return true;
}

static DWORD map(struct os_region_mapping *mapping, const struct os_region_source *source)
{
    if (source->size < sizeof(struct region_header) || source->size > LARGEST_REGION)
        return ERROR_INVALID_DATA;
    return os_region_map_read(source, (size_t)source->size, mapping) ? ERROR_SUCCESS
                                                                     : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD check(struct region_view *view, const char *name)
{
    const struct region_header *header = region_view_header(view);
    bool missing = false;

    if (header->magic == REGION_MAGIC && header->version != REGION_VERSION)
        view->refusal = REFUSAL_version;
    if (header->magic != REGION_MAGIC || header->version != REGION_VERSION ||
        header->header_size != sizeof(*header) || header->byte_order != REGION_BYTE_ORDER)
        return ERROR_INVALID_DATA;
    view->process_id = header->process_id;
    view->process_start = header->process_start;
    view->pid_namespace = header->pid_namespace;
    if (os_region_is_local(view->pid_namespace, &view->is_local))
        return ERROR_NOT_ENOUGH_MEMORY;
    if (view->process_id == 0 || view->process_id != os_region_name_process_id(name))
        return ERROR_INVALID_DATA;
    uint32_t state = atomic_load_explicit(&header->state, memory_order_acquire);
    if (state == REGION_CLOSED)
        return ERROR_FILE_NOT_FOUND;
    return state == REGION_LIVE && take_segments(view, &missing) && !missing ? ERROR_SUCCESS
                                                                             : ERROR_INVALID_DATA;
}

static void reap(const struct os_region_source *source, const char *directory, const char *name,
                 bool *was_reaped)
{
    if (os_region_reap(source, directory, name) == ERROR_SUCCESS)
        *was_reaped = true;
}

/* Missing and untrusted files are reported as such. For any other error the system could not be
   asked. */
static DWORD error_of_open(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return ERROR_FILE_NOT_FOUND;
    case ERROR_INVALID_NAME:
    case ERROR_ACCESS_DENIED:
        return ERROR_INVALID_DATA;
    default:
        return ERROR_NOT_ENOUGH_MEMORY;
    }
}

DWORD region_view_open(struct region_view *view, const char *directory, const char *name,
                       bool *was_reaped)
{
    struct os_region_source source;
    DWORD error = os_region_open(&source, directory, name);

    *was_reaped = false;
    view->refusal = error == ERROR_ACCESS_DENIED  ? REFUSAL_unreadable
                    : error == ERROR_INVALID_NAME ? REFUSAL_no_region
                                                  : REFUSAL_damaged;
    if (error)
        return error_of_open(error);
    view->device = source.device;
    view->inode = source.inode;
    view->owner = source.owner;
    /* A region that is already known stays: a link cannot hide it. */
    if (source.has_other_names) {
        view->refusal = REFUSAL_linked;
        error = ERROR_INVALID_DATA;
        goto close_source;
    }
    /* The lock decides, whatever the file says. */
    enum os_region_life life = os_region_life(&source);
    if (life != OS_REGION_LIVE) {
        reap(&source, directory, name, was_reaped); /* removes it only if its lock is free */
        view->refusal = REFUSAL_NONE;
        error = life == OS_REGION_DEAD ? ERROR_FILE_NOT_FOUND : ERROR_NOT_ENOUGH_MEMORY;
        goto close_source;
    }
    if (source.size == 0) {
        error = ERROR_NOT_READY;
        goto close_source;
    }
    error = map(&view->mapping, &source);
    if (error)
        goto close_source;
    view->size_limit = UINT64_MAX;
    error = region_view_header(view)->magic == 0 ? ERROR_NOT_READY : check(view, name);
    /* A child of a bare clone() may hold the lock of its dead parent until it ends. */
    if (!error && view->is_local && os_region_owner_is_gone(view->process_id))
        error = ERROR_NOT_READY;
    if (!error && view->is_local && !os_region_is_of(&source, view->process_id)) {
        view->refusal = REFUSAL_impostor;
        error = ERROR_INVALID_DATA;
    }
    if (error)
        region_view_close(view);

close_source:
    os_region_close(&source);
    return error;
}

void region_view_close(struct region_view *view)
{
    os_region_unmap_read(&view->mapping);
}

/* Map the file again, with its current size. */
static DWORD remap(struct region_view *view, const char *directory, const char *name)
{
    struct os_region_source source;
    struct os_region_mapping larger;
    DWORD error = os_region_open(&source, directory, name);

    if (error)
        return error == ERROR_ACCESS_DENIED ? ERROR_NOT_ENOUGH_MEMORY : error_of_open(error);
    if (source.device != view->device || source.inode != view->inode)
        error = ERROR_INVALID_DATA;
    else if (source.size <= view->mapping.size)
        error = ERROR_INVALID_DATA; /* the header announces segments that do not exist */
    else if (source.size > view->size_limit)
        error = ERROR_FILE_TOO_LARGE;
    else
        error = map(&larger, &source);
    os_region_close(&source);
    if (error)
        return error;
    os_region_unmap_read(&view->mapping);
    view->mapping.memory = larger.memory;
    view->mapping.size = larger.size;
    return ERROR_SUCCESS;
}

DWORD region_view_follow(struct region_view *view, const char *directory, const char *name)
{
    bool missing = false;

    if (atomic_load_explicit(&region_view_header(view)->state, memory_order_acquire) ==
        REGION_CLOSED)
        return ERROR_FILE_NOT_FOUND;
    if (!take_segments(view, &missing))
        return ERROR_INVALID_DATA;
    if (missing) {
        DWORD error = remap(view, directory, name);
        if (error)
            return error;
        missing = false;
        if (!take_segments(view, &missing) || missing)
            return ERROR_INVALID_DATA;
    }
    return ERROR_SUCCESS;
}

bool region_view_is_live(struct region_view *view, const char *directory, const char *name,
                         bool *was_reaped)
{
    struct os_region_source source;
    bool is_live = true;

    *was_reaped = false;
    if (view->is_local && os_region_owner_is_gone(view->process_id))
        is_live = false;
    DWORD error = os_region_open(&source, directory, name);
    if (error) /* an owner that cannot be asked is not dead */
        return is_live && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND &&
               error != ERROR_INVALID_NAME;
    if (source.device != view->device || source.inode != view->inode ||
        source.size < view->mapping.size) {
        is_live = false;
    } else if (os_region_life(&source) == OS_REGION_DEAD) {
        is_live = false;
        region_view_close(view); /* a system may refuse to remove a mapped file */
        reap(&source, directory, name, was_reaped);
    }
    os_region_close(&source);
    return is_live;
}

uint32_t region_view_heap_count(const struct region_view *view)
{
    uint32_t count =
        atomic_load_explicit(&region_view_header(view)->heap_count, memory_order_acquire);
    uint64_t capacity = region_segment_begin(REGION_FIRST_HEAPS, view->heap_segments);

    return count < capacity ? count : (uint32_t)capacity;
}

uint32_t region_view_missing_heaps(const struct region_view *view)
{
    uint32_t count =
        atomic_load_explicit(&region_view_header(view)->heap_count, memory_order_acquire);
    const uint64_t most = region_segment_begin(REGION_FIRST_HEAPS, REGION_HEAP_SEGMENTS);
    const uint32_t known = region_view_heap_count(view);

    return (count < most ? count : (uint32_t)most) - known;
}

const struct region_heap *region_view_heap(const struct region_view *view, uint32_t index)
{
    uint32_t segment = region_segment_of(REGION_FIRST_HEAPS, index);
    uint64_t offset =
        view->heap_offsets[segment] +
        (index - region_segment_begin(REGION_FIRST_HEAPS, segment)) * sizeof(struct region_heap);

    return (const struct region_heap *)(const void *)(view->mapping.memory + offset);
}

const struct region_shard *region_view_shard(void *context, uint32_t index)
{
    struct region_view *view = context;

    if (index >= shard_capacity(view) || view->shard_visits == 0)
        return NULL;
    view->shard_visits--;
    uint32_t segment = region_segment_of(REGION_FIRST_SHARDS, index);
    uint64_t offset =
        view->shard_offsets[segment] +
        (index - region_segment_begin(REGION_FIRST_SHARDS, segment)) * sizeof(struct region_shard);
    return (const struct region_shard *)(const void *)(view->mapping.memory + offset);
}
