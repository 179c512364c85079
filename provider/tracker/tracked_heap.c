/* SPDX-License-Identifier: MIT
 *
 * The life of the tracked heaps: opening and closing, their names and records, the first heap and
 * the end of the library. Slots are in heap_slot.c, and everything here is done under their lock.
 */
#include "tracked_heap.h"

#include <string.h>

#include "address_map.h"
#include "call_sites.h"
#include "debug_message.h"
#include "events.h"
#include "heap_slot.h"
#include "os_region.h"
#include "os_thread.h"
#include "page_pool.h"
#include "process_image.h"
#include "profile.h"
#include "profile_file.h"
#include "shard.h"
#include "shard_block.h"
#include "text.h"
#include "thread.h"

#define NAME_BUCKETS 512u /* chosen: few names share a bucket, and the table is a page */

/* A process without events reads it at its end, but no other variable here. */
static bool is_ready;

static struct {
    uint32_t open_count;
    uint32_t last_number;
    heap_name process;
    uint32_t process_id;
    uint32_t flags;        /* flags of every heap: HEAP_TRACKER_... */
    uint64_t profile_rate; /* the rate in HEAPCTRS_PROFILE */
    bool has_tables;       /* every heap keeps a table of its blocks */
} heaps;

/* NAME_BUCKETS lists of heaps; NULL until there is a heap. They are in the page pool's first pages, which a process gets
   at once. */
static struct tracked_heap **by_name;

/* ---- names and records ----------------------------------------------------------------- */

/* The heaps whose names may have a hash. */
static struct tracked_heap **bucket_of(uint32_t hash)
{
    return &by_name[hash % NAME_BUCKETS];
}

static bool name_is_taken(const WCHAR *name, size_t length, uint32_t hash)
{
    for (struct tracked_heap *heap = *bucket_of(hash); heap; heap = heap->next_of_name)
        if (heap->name_hash == hash && heap->name_length == length &&
            memcmp(heap->name, name, length * sizeof(*name)) == 0)
            return true;
    return false;
}

/* Compose a name that no other heap of the process has. The heap's number makes it unique. */
static void name_give(struct tracked_heap *heap, uint32_t number)
{
    size_t length = heap_name_compose(heaps.process, heaps.process_id, heap->clean, 0, heap->name);
    uint32_t hash = heap_name_hash(heap->name, length);

    while (name_is_taken(heap->name, length, hash)) {
        length = heap_name_add_suffix(heap->name, number);
        hash = heap_name_hash(heap->name, length);
        /* Two long names can become equal where they are cut. Then another number is tried, the next one of a sequence
           that has each number of 32 bits once. */
        if (name_is_taken(heap->name, length, hash))
            number = number * 2654435761u + 1;
    }
    heap->name_hash = hash;
    heap->name_length = (uint32_t)length;
    heap->next_of_name = *bucket_of(hash);
    *bucket_of(hash) = heap;
}

static void name_drop(struct tracked_heap *heap)
{
    struct tracked_heap **at = bucket_of(heap->name_hash);

    while (*at && *at != heap)
        at = &(*at)->next_of_name;
    if (*at)
        *at = heap->next_of_name;
}

/* Write the whole record except the identity. */
static void record_fill(struct tracked_heap *heap)
{
    struct region_heap *shared = heap->shared;

#define COPY(field)                                                                                \
    atomic_store_explicit(&shared->field,                                                          \
                          atomic_load_explicit(&heap->field, memory_order_relaxed),                \
                          memory_order_relaxed)
    COPY(failure_count);
    COPY(unmatched_count);
    COPY(lost_count);
    COPY(reserved_bytes);
    COPY(committed_bytes);
#undef COPY
    atomic_store_explicit(&shared->open_time, heap->open_time, memory_order_relaxed);
    for (uint32_t i = 0; i < heap->name_length; i++)
        atomic_store_explicit(&shared->name[i], (uint16_t)heap->name[i], memory_order_relaxed);
    atomic_store_explicit(&shared->name_length, (uint16_t)heap->name_length, memory_order_relaxed);
}

/* ---- fork and exit ---------------------------------------------------------------------- */

bool tracked_heap_is_own(void)
{
    return heaps.process_id == os_process_id();
}

bool tracked_heap_has_any(void)
{
    return heaps.open_count != 0;
}

static void heap_rewrite(struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    if (number == 0)
        return;
    record_fill(heap);
    shard_rewrite_heap(heap);
    atomic_store_explicit(&heap->shared->identity, number, memory_order_release);
}

/* Empty the name's bucket. */
static void heap_unname(struct tracked_heap *heap)
{
    if (atomic_load_explicit(&heap->number, memory_order_relaxed) != 0)
        *bucket_of(heap->name_hash) = NULL;
}

static void heap_rename(struct tracked_heap *heap)
{
    uint32_t number = atomic_load_explicit(&heap->number, memory_order_relaxed);

    if (number == 0)
        return;
    name_give(heap, number);
    record_fill(heap);
    shard_fork_heap(heap);
    atomic_store_explicit(&heap->shared->identity, number, memory_order_release);
}

static uint32_t unpublished_flag(const struct tracked_heap *heap)
{
    return region_writer_is_published(heap->store) ? 0 : HEAP_IS_UNPUBLISHED;
}

static void heap_mark_published(struct tracked_heap *heap)
{
    uint32_t flags = atomic_load_explicit(&heap->flags, memory_order_relaxed);
    uint32_t now = (flags & ~HEAP_IS_UNPUBLISHED) | unpublished_flag(heap);

    if (now != flags && atomic_load_explicit(&heap->number, memory_order_relaxed) != 0)
        region_writer_count_unpublished(now & HEAP_IS_UNPUBLISHED ? 1 : -1);
    atomic_store_explicit(&heap->flags, now, memory_order_relaxed);
}

/* Names are assigned in the order in which the slots were filled. If no slot was used twice, the
   names of the child differ from those of its parent only in the process id. */
void tracked_heap_fork(void)
{
    heaps.process_id = os_process_id();
    profile_fork_finish();
    heap_slot_each(heap_unname);
    heap_slot_each(heap_rename);
    region_writer_changed();
    region_writer_publish();
    heap_slot_each(heap_mark_published);
}

void tracked_heap_rewrite(void)
{
    heap_slot_each(heap_rewrite);
    region_writer_changed();
    region_writer_publish();
    heap_slot_each(heap_mark_published);
}

void tracked_heap_forget_all(void)
{
    region_writer_abandon();
    address_map_forget_kept();
    call_sites_forget();
    page_pool_forget();
    shard_block_forget();
    thread_forget();
    heap_slot_forget();
    is_ready = false;
    memset(&heaps, 0, sizeof(heaps));
    by_name = NULL;
}

/* If no heap is open, all memory is released. Otherwise the process is ending, and other threads
   may still have events. */
__attribute__((destructor)) static void tracker_end(void)
{
    if (!is_ready)
        return;
    events_end();
    bool is_unused = heaps.open_count == 0;
    if (heap_slot_is_alive()) /* otherwise it is the region of the parent of a bare clone() */
        region_writer_close();
    profile_close();
    if (!is_unused)
        return;
    region_writer_unmap();
    os_thread_value_release();
    heap_slot_release();
    call_sites_release();
    page_pool_release();
    address_map_forget_kept();
    shard_block_forget();
    thread_forget();
    is_ready = false;
    memset(&heaps, 0, sizeof(heaps));
    by_name = NULL;
}

void tracked_heap_end_process(void)
{
    /* In a child of vfork or clone, and in one of fork without events, the id is another, or no slot is alive. */
    if (!is_ready || !region_writer_may_end() || !heap_slot_is_alive())
        return;
    region_writer_end();
    profile_end();
}

/* ---- public ----------------------------------------------------------------------- */

static void read_environment(void)
{
    char text[OS_PATH_SIZE];
    DWORD error = os_environment("HEAPCTRS_PROFILE", text, sizeof(text));

    heaps.profile_rate = error ? PROFILE_RATE_OFF : profile_rate_of(text);
    if (error != ERROR_NOT_FOUND && heaps.profile_rate == PROFILE_RATE_OFF &&
        (error || strcmp(text, "0") != 0))
        debug_message(
            "HEAPCTRS_PROFILE is ignored: set it to 0, to 1, or to a number from %u to %u",
            PROFILE_RATE_LEAST, PROFILE_RATE_MOST);
    if (os_environment("HEAPCTRS_CALL_SITES", text, sizeof(text)) != ERROR_NOT_FOUND)
        debug_message_always("HEAPCTRS_CALL_SITES does not exist any more: set HEAPCTRS_PROFILE=1, "
                             "which records the call stack of every block");
    error = os_environment("HEAPCTRS_BLOCKS", text, sizeof(text));
    const bool is_one = !error && strcmp(text, "1") == 0;
    if (error != ERROR_NOT_FOUND && !is_one && (error || (*text && strcmp(text, "0") != 0)))
        debug_message("HEAPCTRS_BLOCKS is ignored: set it to 0 or to 1");
    heaps.has_tables =
        is_one || heaps.profile_rate == PROFILE_RATE_ALL ||
        (os_environment("HEAPCTRS_SNAPSHOT", text, sizeof(text)) == ERROR_SUCCESS && text[0]);
    if (heaps.profile_rate == PROFILE_RATE_ALL)
        heaps.flags = HEAP_TRACKER_PROFILE;
}

/* Set the program's name in the names of its heaps: $HEAPCTRS_NAME, or its own name. */
static void name_process(void)
{
    char process[256];
    DWORD error = os_environment("HEAPCTRS_NAME", process, sizeof(process));

    if (error && error != ERROR_NOT_FOUND)
        debug_message("HEAPCTRS_NAME is ignored: it must be UTF-8 of at most %u bytes",
                      (unsigned)sizeof(process) - 1);
    if (error)
        os_process_name(process, sizeof(process));
    heap_name_clean(process, "process", heaps.process);
}

/* Prepare everything for the first heap. */
static bool make_ready(void)
{
    if (heap_slot_is_of_parent())
        tracked_heap_forget_all();
    if (is_ready)
        return true;
    if (heap_slot_init() || thread_init())
        return false;
    if (!by_name)
        by_name = page_pool_allocate(NAME_BUCKETS * sizeof(*by_name));
    if (!by_name)
        return false;
    name_process();
    heaps.process_id = os_process_id();
    const uint64_t image = (uint64_t)(uintptr_t)&process_image;
    region_writer_open();
    process_image_fill(heap_slot_segments());
    read_environment();
    profile_init(heaps.profile_rate, image);
    is_ready = true;
    return true;
}

heap_tracker tracked_heap_open(const char *name, uint32_t flags)
{
    heap_tracker handle = HEAP_TRACKER_INVALID;
    uint32_t number = 0;

    events_begin();
    unwind_prepare();
    void *forward = flags & HEAP_TRACKER_IS_MALLOC ? NULL : events_forward_open(name);
    heap_slot_lock();
    struct tracked_heap *heap = make_ready() ? heap_slot_take() : NULL;
    if (heap) {
        number = ++heaps.last_number ? heaps.last_number : ++heaps.last_number;
        heap_name_clean(name, "unnamed", heap->clean);
        name_give(heap, number);
        if (heaps.has_tables)
            flags &= ~HEAP_HAS_NO_TABLE;
        flags |= heaps.flags | unpublished_flag(heap) | (forward ? HEAP_IS_FORWARDED : 0);
        atomic_store_explicit(&heap->flags, flags, memory_order_relaxed);
        atomic_store_explicit(&heap->forward, forward, memory_order_relaxed);
        heap->open_time = os_clock_ticks_by_call();
        heap->failure_count = heap->unmatched_count = heap->lost_count = 0;
        heap->reserved_bytes = heap->committed_bytes = 0;
        atomic_store_explicit(&heap->allocator, ALLOCATOR_UNKNOWN, memory_order_relaxed);
        atomic_store_explicit(&heap->shared->figures.version, 0, memory_order_relaxed);
        record_fill(heap);
        shard_open_heap(heap);
        address_map_open(&heap->map, number);
        atomic_store_explicit(&heap->number, number, memory_order_release);
        atomic_store_explicit(&heap->shared->identity, number, memory_order_release);
        region_writer_changed();
        heaps.open_count++;
        if (flags & HEAP_IS_UNPUBLISHED)
            region_writer_count_unpublished(1);
        handle = heap_slot_handle(heap);
    }
    heap_slot_unlock();
    if (heap && (flags & HEAP_TRACKER_PROFILE || !(flags & HEAP_HAS_NO_TABLE)))
        profile_begin_heap(flags & HEAP_TRACKER_PROFILE);
    if (heap)
        events_open(number, name && *name ? name : "unnamed");
    else if (forward)
        events_forward_close(forward);
    return handle;
}

uint32_t tracked_heap_close(heap_tracker handle)
{
    uint32_t number, error = ERROR_INVALID_HANDLE;
    void *forward = NULL;

    heap_slot_lock();
    struct tracked_heap *heap = heap_slot_find(handle, &number);
    if (heap) {
        /* The order matters: first no new events, then no events in the map, then no record for
           readers. */
        atomic_store_explicit(&heap->number, 0, memory_order_release);
        address_map_close(&heap->map);
        atomic_store_explicit(&heap->shared->identity, 0, memory_order_release);
        region_writer_changed();
        shard_close_heap(heap);
        name_drop(heap);
        forward = atomic_load_explicit(&heap->forward, memory_order_relaxed);
        if (atomic_load_explicit(&heap->flags, memory_order_relaxed) & HEAP_IS_UNPUBLISHED)
            region_writer_count_unpublished(-1);
        heap_slot_give(heap);
        heaps.open_count--;
        error = ERROR_SUCCESS;
    }
    heap_slot_unlock();
    if (!error)
        events_close(number);
    if (forward)
        events_forward_close(forward);
    return error;
}

void tracked_heap_process_name(char *name, size_t size)
{
    static const WCHAR unknown[] = TEXT16("process");
    const WCHAR *text = is_ready ? heaps.process : unknown;

    text_to_utf8(text, text_length(text), name, size);
}

void tracked_heap_add_rare(struct tracked_heap *heap, _Atomic uint64_t *total,
                           _Atomic uint64_t *shared)
{
    (void)heap;
    atomic_fetch_add_explicit(total, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(shared, 1, memory_order_relaxed);
    region_writer_changed();
}

void tracked_heap_lost(struct tracked_heap *heap)
{
    tracked_heap_add_rare(heap, &heap->lost_count, &heap->shared->lost_count);
}
