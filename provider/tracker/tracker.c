/* SPDX-License-Identifier: MIT
 *
 * The API: allocate, free, reallocate, and the rest of heaptracker.h. Every event of every
 * interface passes here: another listener belongs into record_allocation, record_free,
 * record_resize and the counts of failures. Only events without listeners take the short path of
 * usual_event.h. Opening and closing are in tracked_heap.c, counting in shard_count.h, the blocks
 * in address_map.c, queries of a heap in tracker_figures.c.
 */
#include <string.h>

#include "address_change.h"
#include "address_map.h"
#include "call_sites.h"
#include "event.h"
#include "events.h"
#include "faults.h"
#include "fork.h"
#include "shard_count.h"
#include "sized_heap.h"
#include "tracked_heap.h"

static void count_unmatched(const struct event *event, enum fault_kind kind, uintptr_t address,
                            uint16_t first_site)
{
    struct tracked_heap *heap = event->heap;

    tracked_heap_add_rare(heap, &heap->unmatched_count, &heap->shared->unmatched_count);
    if (kind == FAULT_UNKNOWN_FREE)
        faults_add_unknown(event->number, address, event->site);
    else
        faults_add(kind, event->number, address, event->site,
                   (uintptr_t)call_sites_address(first_site));
}

/* Note a free, so that a second free of the block is recognised. */
static void note_free(const struct event *event, uintptr_t address)
{
    if (atomic_load_explicit(&event->heap->flags, memory_order_relaxed) & HEAP_TRACKER_PROFILE)
        faults_note_free(event->number, address, event->site);
}

/* Count the free of a block that is in no map any more. */
static void count_freed(struct event *event, size_t size)
{
    shard_count_free(event->heap, shard_begin(event->heap, event->shard), size);
}

/* Remember the chunk, because the next event in it may be a usual one. Threads without shards
   share one record, so they remember none. */
static void remember(const struct event *event, uintptr_t address, struct address_chunk *chunk)
{
    if (event->shard)
        address_recent_add(&event->thread->recent, address, chunk);
}

/* Record a new block, with its chunk locked until it is counted. */
static uint32_t record_allocation(struct event *event, uintptr_t address, size_t size,
                                  uint16_t site)
{
    struct address_block block = { address, size, site }, old;
    struct address_chunk *chunk;

    switch (address_map_insert(&event->heap->map, event->number, &block, &old, &chunk)) {
    case ADDRESS_CLOSED:
        return ERROR_INVALID_HANDLE;
    case ADDRESS_NO_MEMORY:
        tracked_heap_lost(event->heap);
        return ERROR_NOT_ENOUGH_MEMORY;
    case ADDRESS_FOUND: {
        /* The free of the older block was missed. */
        struct shard *shard = shard_begin(event->heap, event->shard);
        shard_before_free(event->heap, shard);
        shard_add(shard, TOTAL_FREED_BYTES, old.size);
        shard_add(shard, TOTAL_FREE_COUNT, 1);
        shard_count_allocation(event->heap, shard, size, size);
        count_unmatched(event, FAULT_MISSED_FREE, address, old.site);
        break;
    }
    case ADDRESS_ABSENT:
        shard_count_allocation(event->heap, shard_begin(event->heap, event->shard), size, size);
        break;
    }
    remember(event, address, chunk);
    address_map_unlock(chunk);
    event_count_down(event, address, size);
    events_allocate(event_forward(event), event->number, address, size);
    return ERROR_SUCCESS;
}

/* Record the free of a block. `expected` is the size that the caller knows, or NULL. */
static uint32_t record_free(struct event *event, uintptr_t address, const size_t *expected)
{
    struct address_block old;
    struct address_chunk *chunk;
    enum address_result result =
        address_map_remove(&event->heap->map, event->number, address, &old, &chunk);

    profile_free(address);
    if (result == ADDRESS_CLOSED)
        return ERROR_INVALID_HANDLE;
    if (result != ADDRESS_FOUND) {
        count_unmatched(event, FAULT_UNKNOWN_FREE, address, 0);
        return ERROR_NOT_FOUND;
    }
    count_freed(event, old.size);
    remember(event, address, chunk);
    address_map_unlock(chunk);
    note_free(event, address);
    events_free(event_forward(event), event->number, address, old.size);
    if (expected && *expected != old.size) {
        count_unmatched(event, FAULT_WRONG_SIZE, address, old.site);
        return ERROR_BAD_LENGTH;
    }
    return ERROR_SUCCESS;
}

/* Record a block of `old_size` bytes, which is in no map now but counts as in use, as `size`
   bytes long at `address`. If the map has a block there, its free was missed. */
static uint32_t record_resize(struct event *event, uintptr_t address, size_t size,
                              uintptr_t old_address, size_t old_size, uint16_t site)
{
    struct address_block block = { address, size, site }, old;
    struct address_chunk *chunk;
    enum address_result result =
        address_map_insert(&event->heap->map, event->number, &block, &old, &chunk);

    if (result == ADDRESS_CLOSED)
        return ERROR_INVALID_HANDLE;
    struct shard *shard = shard_begin(event->heap, event->shard);
    if (result == ADDRESS_NO_MEMORY) {
        /* The block cannot be known any more, so it must not count as in use for ever. */
        shard_count_free(event->heap, shard, old_size);
        tracked_heap_lost(event->heap);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (result == ADDRESS_FOUND) {
        shard_before_free(event->heap, shard);
        shard_add(shard, TOTAL_FREED_BYTES, old.size);
        shard_add(shard, TOTAL_FREE_COUNT, 1);
    }
    shard_count_reallocation(event->heap, shard, size, size, old_size);
    if (result == ADDRESS_FOUND)
        count_unmatched(event, FAULT_MISSED_FREE, address, old.site);
    address_map_unlock(chunk);
    event_count_down(event, address, size);
    events_reallocate(event_forward(event), event->number, address, size, old_address, old_size);
    return ERROR_SUCCESS;
}

/* Take a block out of the map without counting it, and its sample out of the profile. ERROR_NOT_FOUND
   counts as unmatched. */
static uint32_t take_block(struct event *event, uintptr_t address, struct address_block *old,
                           struct profile_sample *sample)
{
    struct address_chunk *chunk;
    enum address_result result =
        address_map_remove(&event->heap->map, event->number, address, old, &chunk);

    address_map_unlock(chunk);
    *sample = (struct profile_sample){ 0 };
    if (profile_may_know(address))
        profile_free_slowly(address, sample);
    if (result == ADDRESS_FOUND) {
        note_free(event, address);
        return ERROR_SUCCESS;
    }
    if (result == ADDRESS_CLOSED)
        return ERROR_INVALID_HANDLE;
    count_unmatched(event, FAULT_UNKNOWN_FREE, address, 0);
    return ERROR_NOT_FOUND;
}

static bool has_no_table(const struct event *event)
{
    return atomic_load_explicit(&event->heap->flags, memory_order_relaxed) & HEAP_HAS_NO_TABLE;
}

/* Refuse an event that needs a table in a heap without one: what it changed is not known. */
static uint32_t refuse(const struct event *event)
{
    event_lost(event);
    return ERROR_NOT_SUPPORTED;
}

static uint16_t site_of(const struct tracked_heap *heap, uintptr_t site)
{
    return atomic_load_explicit(&heap->flags, memory_order_relaxed) & HEAP_TRACKER_PROFILE
               ? call_sites_number(site)
               : 0;
}

/* ---- public ----------------------------------------------------------------------- */

heap_tracker heap_tracker_open(const char *name, const struct heap_tracker_options *options)
{
    uint32_t flags = 0;

    if (options && options->size >= offsetof(struct heap_tracker_options, allocator))
        flags =
            options->flags & (HEAP_TRACKER_PROFILE | HEAP_TRACKER_IS_MALLOC | HEAP_TRACKER_SIZED);
    fork_watch();
    fork_finish();
    fork_publish_again();
    heap_tracker opened = tracked_heap_open(name, flags);
    if (options && options->size >= sizeof(*options) && options->allocator) {
        enum region_allocator allocator = allocator_figures_named(options->allocator);
        if (allocator != ALLOCATOR_UNKNOWN)
            heap_figures_begin(opened, allocator_figures_find(allocator, 0));
    }
    return opened;
}

/* An event of a signal handler must not wait for the profile's lock, so this is an event of its own. */
static void discard_samples(uint32_t number)
{
    struct thread *thread =
        atomic_load_explicit(&profile_has_samples, memory_order_relaxed) ? thread_enter() : NULL;

    if (!thread)
        return;
    profile_discard_heap(number);
    thread_leave(thread);
}

uint32_t heap_tracker_close(heap_tracker heap)
{
    uint32_t number = 0;

    fork_finish();
    heap_slot_find(heap, &number);
    uint32_t error = tracked_heap_close(heap);
    if (!error)
        discard_samples(number);
    return error;
}

/* Addresses are only numbers here: no memory is accessed through them. */
__attribute__((noinline)) static uint32_t allocate_event(heap_tracker heap, uintptr_t address,
                                                         size_t size, uintptr_t site)
{
    struct event event;

    if (sized_heap_is(heap))
        return sized_heap_allocate_slowly(heap, address, size, size, site);

    uint32_t error = event_begin(&event, heap, site);

    if (error)
        return error;
    if (address)
        error = record_allocation(&event, address, size, site_of(event.heap, site));
    else
        error = event_record_failure(&event);
    event_end(&event);
    return error;
}

uint32_t heap_tracker_allocate_from(heap_tracker heap, const void *address, size_t size,
                                    const void *site)
{
    return usual_event_allocate(heap, (uintptr_t)address, size) ||
                   usual_event_allocate_sized(heap, (uintptr_t)address, size, size)
               ? ERROR_SUCCESS
               : allocate_event(heap, (uintptr_t)address, size, (uintptr_t)site);
}

uint32_t heap_tracker_allocate(heap_tracker heap, const void *address, size_t size)
{
    return heap_tracker_allocate_from(heap, address, size, __builtin_return_address(0));
}

__attribute__((noinline)) static uint32_t free_event(heap_tracker heap, uintptr_t address,
                                                     const size_t *expected, uintptr_t site)
{
    struct event event;
    uint32_t error = event_begin(&event, heap, site);

    if (error)
        return error;
    if (address)
        error = has_no_table(&event) ? refuse(&event) : record_free(&event, address, expected);
    event_end(&event);
    return error;
}

uint32_t heap_tracker_free_from(heap_tracker heap, const void *address, const void *site)
{
    size_t size;

    return usual_event_free(heap, (uintptr_t)address, &size)
               ? ERROR_SUCCESS
               : free_event(heap, (uintptr_t)address, NULL, (uintptr_t)site);
}

uint32_t heap_tracker_free(heap_tracker heap, const void *address)
{
    return heap_tracker_free_from(heap, address, __builtin_return_address(0));
}

/* A block was freed whose size was not the one that the caller passed. */
static uint32_t size_was_wrong(heap_tracker heap, uintptr_t address, uintptr_t site)
{
    struct event event;

    if (event_begin(&event, heap, site) == ERROR_SUCCESS) {
        count_unmatched(&event, FAULT_WRONG_SIZE, address, 0);
        event_end(&event);
    }
    return ERROR_BAD_LENGTH;
}

uint32_t heap_tracker_free_sized(heap_tracker heap, const void *address, size_t size)
{
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    size_t known;

    if (usual_event_free_sized(heap, (uintptr_t)address, size))
        return ERROR_SUCCESS;
    if (!usual_event_free(heap, (uintptr_t)address, &known))
        return sized_heap_is(heap) ? sized_heap_free_slowly(heap, (uintptr_t)address, size)
                                   : free_event(heap, (uintptr_t)address, &size, site);
    return known == size ? ERROR_SUCCESS : size_was_wrong(heap, (uintptr_t)address, site);
}

/* The result of the first phase of a reallocation, in resize->state. */
enum resize_state { RESIZE_NOTHING, RESIZE_TAKEN, RESIZE_UNKNOWN, RESIZE_NEW };

static uint32_t resize_begin(struct event *event, uintptr_t old_address,
                             struct heap_tracker_resize *resize)
{
    struct address_block old;
    struct profile_sample sample;
    uint32_t error = ERROR_SUCCESS;

    if (!old_address) {
        resize->state = RESIZE_NEW;
    } else if ((error = take_block(event, old_address, &old, &sample)) == ERROR_SUCCESS) {
        resize->state = RESIZE_TAKEN;
        resize->old_size = old.size;
        resize->site = old.site;
        resize->stack = sample.stack;
        resize->rate = (uint32_t)sample.rate;
    } else if (error == ERROR_NOT_FOUND) {
        resize->state = RESIZE_UNKNOWN;
    }
    return error;
}

/* Put the old block back unchanged. It has always counted as in use. */
static uint32_t resize_undo(struct event *event, const struct heap_tracker_resize *resize)
{
    struct address_block block = { (uintptr_t)resize->old_address, resize->old_size,
                                   (uint16_t)resize->site };
    struct address_block old;
    struct address_chunk *chunk;

    if (resize->state == RESIZE_TAKEN) {
        enum address_result result =
            address_map_insert(&event->heap->map, event->number, &block, &old, &chunk);
        if (result == ADDRESS_CLOSED)
            return ERROR_INVALID_HANDLE;
        if (result == ADDRESS_NO_MEMORY || result == ADDRESS_FOUND) {
            /* The old block is forgotten, or another thread reported a block there meanwhile,
               which is still known. */
            count_freed(event, result == ADDRESS_FOUND ? old.size : resize->old_size);
            tracked_heap_lost(event->heap);
        } else {
            profile_put_back((uintptr_t)resize->old_address,
                             &(struct profile_sample){ .size = resize->old_size,
                                                       .rate = resize->rate,
                                                       .stack = resize->stack });
        }
        address_map_unlock(chunk);
    }
    return event_record_failure(event);
}

static uint32_t resize_end(struct event *event, uintptr_t new_address, size_t size,
                           const struct heap_tracker_resize *resize, uintptr_t site)
{
    if (!new_address)
        return resize_undo(event, resize);
    if (resize->state == RESIZE_TAKEN) {
        uint16_t new_site = site_of(event->heap, site);
        return record_resize(event, new_address, size, (uintptr_t)resize->old_address,
                             resize->old_size, new_site ? new_site : (uint16_t)resize->site);
    }
    uint32_t error = record_allocation(event, new_address, size, site_of(event->heap, site));
    return error ? error : resize->state == RESIZE_UNKNOWN ? ERROR_NOT_FOUND : ERROR_SUCCESS;
}

static uint32_t resize_begin_event(heap_tracker heap, uintptr_t old_address,
                                   struct heap_tracker_resize *resize, uintptr_t site)
{
    struct event event;

    *resize = (struct heap_tracker_resize){ .old_address = (const void *)old_address };
    uint32_t error = event_begin(&event, heap, site);
    if (error)
        return error;
    error = has_no_table(&event) ? refuse(&event) : resize_begin(&event, old_address, resize);
    event_end(&event);
    return error;
}

uint32_t heap_tracker_resize_begin_from(heap_tracker heap, const void *old_address,
                                        struct heap_tracker_resize *resize, const void *site)
{
    return resize_begin_event(heap, (uintptr_t)old_address, resize, (uintptr_t)site);
}

uint32_t heap_tracker_resize_begin(heap_tracker heap, const void *old_address,
                                   struct heap_tracker_resize *resize)
{
    return resize_begin_event(heap, (uintptr_t)old_address, resize,
                              (uintptr_t)__builtin_return_address(0));
}

static uint32_t resize_end_event(heap_tracker heap, uintptr_t new_address, size_t size,
                                 struct heap_tracker_resize *resize, uintptr_t site)
{
    struct event event;
    uint32_t error = event_begin(&event, heap, site);

    if (error)
        return error;
    error = has_no_table(&event) ? ERROR_NOT_SUPPORTED
                                 : resize_end(&event, new_address, size, resize, site);
    resize->state = RESIZE_NOTHING;
    event_end(&event);
    return error;
}

uint32_t heap_tracker_resize_end_from(heap_tracker heap, const void *new_address, size_t size,
                                      struct heap_tracker_resize *resize, const void *site)
{
    return resize_end_event(heap, (uintptr_t)new_address, size, resize, (uintptr_t)site);
}

uint32_t heap_tracker_resize_end(heap_tracker heap, const void *new_address, size_t size,
                                 struct heap_tracker_resize *resize)
{
    return resize_end_event(heap, (uintptr_t)new_address, size, resize,
                            (uintptr_t)__builtin_return_address(0));
}

uint32_t heap_tracker_resize_free(heap_tracker heap, struct heap_tracker_resize *resize)
{
    struct event event;
    uint32_t error = event_begin(&event, heap, 0);

    if (error)
        return error;
    if (resize->state == RESIZE_TAKEN) {
        count_freed(&event, resize->old_size);
        events_free(event_forward(&event), event.number, (uintptr_t)resize->old_address,
                    resize->old_size);
    } else if (resize->state == RESIZE_UNKNOWN)
        error = ERROR_NOT_FOUND;
    resize->state = RESIZE_NOTHING;
    event_end(&event);
    return error;
}

/* Resize a block that stays at its address: it is looked up and changed under one lock. */
static uint32_t resize_in_place(struct event *event, uintptr_t address, size_t size, uintptr_t site)
{
    struct heap_tracker_resize resize = { .old_address = (const void *)address };
    uint32_t error = resize_begin(event, address, &resize);

    if (error == ERROR_INVALID_HANDLE)
        return error;
    return resize_end(event, address, size, &resize, site);
}

static uint32_t reallocate_event(heap_tracker heap, uintptr_t new_address, size_t size,
                                 uintptr_t old_address, uintptr_t site)
{
    struct heap_tracker_resize resize = { .old_address = (const void *)old_address };
    struct event event;
    uint32_t error = event_begin(&event, heap, site);

    if (error)
        return error;
    if (!new_address) {
        error = event_record_failure(&event);
    } else if (has_no_table(&event)) {
        error = refuse(&event);
    } else if (new_address == old_address) {
        error = resize_in_place(&event, new_address, size, site);
    } else {
        error = resize_begin(&event, old_address, &resize);
        if (error != ERROR_INVALID_HANDLE)
            error = resize_end(&event, new_address, size, &resize, site);
    }
    event_end(&event);
    return error;
}

uint32_t heap_tracker_reallocate_from(heap_tracker heap, const void *new_address, size_t size,
                                      const void *old_address, const void *site)
{
    return reallocate_event(heap, (uintptr_t)new_address, size, (uintptr_t)old_address,
                            (uintptr_t)site);
}

uint32_t heap_tracker_reallocate(heap_tracker heap, const void *new_address, size_t size,
                                 const void *old_address)
{
    return reallocate_event(heap, (uintptr_t)new_address, size, (uintptr_t)old_address,
                            (uintptr_t)__builtin_return_address(0));
}

uint32_t heap_tracker_reallocate_sized(heap_tracker heap, const void *new_address, size_t size,
                                       const void *old_address, size_t old_size)
{
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    if (!sized_heap_is(heap)) {
        struct heap_tracker_resize resize;
        uint32_t error = resize_begin_event(heap, (uintptr_t)old_address, &resize, site);
        bool is_wrong = !error && old_address && resize.old_size != old_size && new_address;
        if (error == ERROR_SUCCESS || error == ERROR_NOT_FOUND)
            error = resize_end_event(heap, (uintptr_t)new_address, size, &resize, site);
        return is_wrong && !error ? size_was_wrong(heap, (uintptr_t)old_address, site) : error;
    }
    if (!old_address)
        return sized_heap_allocate(heap, (uintptr_t)new_address, size, size, site);
    struct sized_resize sized = { .old_address = (uintptr_t)old_address, .old_usable = old_size };
    sized_heap_resize_begin(heap, &sized);
    return sized_heap_resize_end(heap, (uintptr_t)new_address, size, size, &sized, site);
}

uint32_t heap_tracker_allocation_failed(heap_tracker heap, size_t size)
{
    struct event event;
    uint32_t error = event_begin(&event, heap, 0);

    (void)size;
    if (error)
        return error;
    error = event_record_failure(&event);
    event_end(&event);
    return error;
}

static void count_discarded(void *context, uint64_t blocks, uint64_t bytes)
{
    struct event *event = context;
    struct shard *shard = shard_begin(event->heap, event->shard);

    shard_before_free(event->heap, shard);
    shard_add(shard, TOTAL_FREED_BYTES, bytes);
    shard_add(shard, TOTAL_FREE_COUNT, blocks);
    shard_finish(event->heap, shard);
}

/* Report the free of a block of a heap that is discarded. */
static void report_discarded(void *context, const struct address_block *block)
{
    const struct event *event = context;

    events_free(event_forward(event), event->number, block->address, block->size);
}

uint32_t heap_tracker_discard_all(heap_tracker heap)
{
    struct event event;

    if (sized_heap_is(heap))
        return sized_heap_discard_all(heap);

    uint32_t error = event_begin(&event, heap, 0);

    if (error)
        return error;
    if (events_free_is_wanted(event_forward(&event)))
        address_map_list(&event.heap->map, event.number, report_discarded, &event);
    address_map_clear(&event.heap->map, event.number, count_discarded, &event);
    profile_discard_heap(event.number);
    event_end(&event);
    return ERROR_SUCCESS;
}
