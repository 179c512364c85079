/* SPDX-License-Identifier: MIT
 *
 * All regions and heaps that a consumer sees: see region_reader.h. A refresh costs little if
 * nothing has changed: region_set.c lists directories only when they change, a region's records are
 * read only when its change count has changed, and owners are checked some times a second.
 *
 * A refresh works on the set of regions and their heaps. At its end, the array that is shown is
 * built from them. What has gone is kept until that array is replaced.
 */
#include "region_reader.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "heap_name_set.h"
#include "heap_watch.h"
#include "region_set.h"
#include "round_up.h"

#define CHECKS_PER_SECOND 4 /* checks whether an owner lives */
#define REGIONS_AHEAD 4     /* regions to prefetch */

struct region_reader {
    struct region_set regions;
    struct heap_name_set names;

    struct cached_heap **shown; /* in the order of region_reader_heaps */
    struct heap_view *views;
    struct heap_watch *watches;
    size_t shown_count;
    uint64_t generation, last_serial;
    struct cached_heap **fresh; /* found in this refresh */
    size_t fresh_count, fresh_capacity;
    size_t instance_size; /* see region_reader_limit_answer */
    uint64_t answer_size; /* bytes of the answer, at most */
    bool has_gone;        /* a heap that is shown has gone */

    struct cached_heap *gone_heaps;
    struct cached_region *gone_regions;
    uint64_t seen, lost, left_out_heaps, unpublished; /* see struct region_counts */
    struct os_region_guard guard;
    unsigned holds;
};

/* ---- heaps of one region ------------------------------------------------------------- */

/* Mix the numbers, so that a process id that the system uses again gives another identity. */
static uint64_t identity_of(const struct region_view *view, uint64_t number)
{
    uint64_t mixed = (view->process_start + (view->pid_namespace << 32)) * 0x9E3779B97F4A7C15u +
                     view->process_id;

    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u + number;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

/* Bytes of a heap's instance in an answer, at most. */
static uint64_t instance_size(const struct region_reader *reader, size_t name_length)
{
    return reader->instance_size + round_up_8((name_length + 1) * sizeof(WCHAR));
}

static void heap_gone(struct region_reader *reader, struct cached_heap *heap)
{
    if (!heap)
        return;
    heap_name_set_drop(&reader->names, heap);
    heap->region->owner->heap_count--;
    reader->answer_size -= instance_size(reader, heap->name_length);
    heap->region->view.shard_visits += heap->visits;
    heap->region = NULL;
    heap->next_gone = reader->gone_heaps;
    reader->gone_heaps = heap;
    if (heap->is_shown) {
        reader->has_gone = true;
        heap_watch_end(&reader->watches[heap->shown_index]);
    }
}

/* Whether the budget allows one more heap of the owner, whatever its name is. */
static bool has_budget_for_heap(const struct region_reader *reader,
                                const struct region_budget *owner)
{
    uint64_t limit = LIMIT_ANSWER;

    if (owner->heap_count >= LIMIT_FEW_HEAPS)
        limit -= LIMIT_KEPT_ANSWER;
    return owner->heap_count < LIMIT_HEAPS &&
           reader->answer_size + instance_size(reader, HEAP_NAME_LENGTH) <= limit;
}

/* Read a record that is not known yet. *result stays NULL if it has no valid heap. */
static DWORD heap_learn(struct region_reader *reader, struct cached_region *region, uint32_t record,
                        struct cached_heap **result)
{
    const struct region_heap *shared = region_view_heap(&region->view, record);
    uint64_t number = atomic_load_explicit(&shared->identity, memory_order_acquire);
    struct cached_heap *heap;

    if (number == 0 || number > UINT32_MAX)
        return ERROR_SUCCESS;
    if (!has_budget_for_heap(reader, region->owner)) {
        region->left_out++;
        return ERROR_SUCCESS;
    }
    struct cached_heap **fresh = array_reserve(reader->fresh, &reader->fresh_capacity,
                                               reader->fresh_count + 1, sizeof(*fresh));
    if (!fresh)
        return ERROR_NOT_ENOUGH_MEMORY;
    reader->fresh = fresh;
    if (!heap_name_set_reserve(&reader->names) || (heap = calloc(1, sizeof(*heap))) == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    heap->region = region;
    heap->record = record;
    heap->number = (uint32_t)number;
    heap->open_time = atomic_load_explicit(&shared->open_time, memory_order_relaxed);
    heap->identity = identity_of(&region->view, number);
    heap->serial = ++reader->last_serial;
    heap->name_length = atomic_load_explicit(&shared->name_length, memory_order_relaxed);
    for (uint32_t i = 0; i < heap->name_length && i < HEAP_NAME_LENGTH; i++)
        heap->name[i] = (WCHAR)atomic_load_explicit(&shared->name[i], memory_order_acquire);
    if (atomic_load_explicit(&shared->identity, memory_order_relaxed) != number ||
        !heap_name_is_clean(heap->name, heap->name_length) ||
        !heap_name_is_of(heap->name, heap->name_length, region->view.process_id)) {
        free(heap);
        return ERROR_SUCCESS;
    }
    if (!heap_name_set_add(&reader->names, heap)) {
        free(heap);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    region->owner->heap_count++;
    reader->answer_size += instance_size(reader, heap->name_length);
    reader->fresh[reader->fresh_count++] = heap;
    *result = heap;
    return ERROR_SUCCESS;
}

/* Read all records of a region. */
static DWORD region_read_heaps(struct region_reader *reader, struct cached_region *region)
{
    uint32_t count = region_view_heap_count(&region->view);

    if (count > 0) {
        size_t capacity = region->heap_capacity;
        struct cached_heap **heaps = array_reserve(region->heaps, &capacity, count, sizeof(*heaps));
        if (!heaps)
            return ERROR_NOT_ENOUGH_MEMORY;
        memset(heaps + region->heap_capacity, 0,
               (capacity - region->heap_capacity) * sizeof(*heaps));
        region->heaps = heaps;
        region->heap_capacity = capacity;
    }
    region->lost_count = 0;
    region->left_out = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct region_heap *shared = region_view_heap(&region->view, i);
        struct cached_heap *known = region->heaps[i];
        if (!known ||
            atomic_load_explicit(&shared->identity, memory_order_relaxed) != known->number) {
            heap_gone(reader, known);
            region->heaps[i] = NULL;
            DWORD error = heap_learn(reader, region, i, &region->heaps[i]);
            if (error)
                return error;
        }
        if (region->heaps[i])
            region->lost_count += atomic_load_explicit(&shared->lost_count, memory_order_relaxed);
    }
    heap_watches_end(reader->watches, region);
    return ERROR_SUCCESS;
}

/* ---- regions ------------------------------------------------------------------------- */

/* Called for a region that has left the set. */
static void region_gone(void *context, struct cached_region *region)
{
    struct region_reader *reader = context;

    for (size_t i = 0; i < region->heap_capacity; i++)
        heap_gone(reader, region->heaps[i]);
    region->next_gone = reader->gone_regions;
    reader->gone_regions = region;
}

/* Check now and then whether its owner lives. Returns false if it does not; then its file is
   removed. */
static bool region_is_live(struct region_reader *reader, struct cached_region *region, uint64_t now)
{
    bool was_reaped;

    if (now - region->checked_at <= os_clock_frequency() / CHECKS_PER_SECOND)
        return true;
    bool is_live = region_view_is_live(&region->view, region->directory, region->name, &was_reaped);
    reader->regions.reaped += was_reaped;
    region->checked_at = now;
    return is_live;
}

/* Refresh one region. Returns false if it has gone. */
static bool region_refresh(struct region_reader *reader, struct cached_region *region, uint64_t now,
                           DWORD *error)
{
    if (!region_is_live(reader, region, now))
        return false;
    DWORD followed = heap_watch_follow(region, reader->watches);
    if (followed == ERROR_NOT_ENOUGH_MEMORY)
        reader->regions.unasked++; /* the part that is mapped is shown */
    region->beyond_limit =
        followed == ERROR_FILE_TOO_LARGE ? region_view_missing_heaps(&region->view) : 0;
    if (followed == ERROR_NOT_ENOUGH_MEMORY || followed == ERROR_FILE_TOO_LARGE)
        followed = ERROR_SUCCESS;
    region_set_charge(&reader->regions, region);
    if (followed == ERROR_INVALID_DATA && !region_set_reject(&reader->regions, region))
        *error = ERROR_NOT_ENOUGH_MEMORY;
    if (followed)
        return false;

    const struct region_header *header = region_view_header(&region->view);
    uint64_t changes = atomic_load_explicit(&header->change_count, memory_order_acquire);
    bool has_budget = region->left_out > 0 && has_budget_for_heap(reader, region->owner);
    if (!region->is_read || has_budget || changes != region->change_count) {
        DWORD read = region_read_heaps(reader, region);
        if (read)
            *error = read;
        region->is_read = !read;
        region->change_count = changes;
    }
    uint64_t lost = atomic_load_explicit(&header->lost_count, memory_order_relaxed);
    region->unpublished = atomic_load_explicit(&header->unpublished_count, memory_order_relaxed);
    if (!region_view_is_whole(&region->view)) {
        if (!region_set_reject(&reader->regions, region))
            *error = ERROR_NOT_ENOUGH_MEMORY;
        return false;
    }
    reader->seen++;
    reader->left_out_heaps += region->left_out + region->beyond_limit;
    reader->unpublished += region->unpublished;
    reader->lost += lost + region->lost_count;
    return true;
}

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* The order in which new regions give names to their heaps. If two containers use one process
   id, the process that started later gets the suffix, in every reader. What a region of another
   PID namespace says cannot be verified, so it comes after those that can be. */
static int compare_regions(const void *a, const void *b)
{
    const struct region_view *first = &(*(struct cached_region *const *)a)->view;
    const struct region_view *second = &(*(struct cached_region *const *)b)->view;

    if (first->is_local != second->is_local)
        return first->is_local ? -1 : 1;
    /* A start of 0 is not known, and comes last. */
    const int by_start = order(first->process_start - 1, second->process_start - 1);
    return by_start ? by_start : order(first->inode, second->inode);
}

static void refresh_one(struct region_reader *reader, struct cached_region *region, uint64_t now,
                        DWORD *error)
{
    if (!region_refresh(reader, region, now, error)) {
        region_set_drop(&reader->regions, region);
        region_gone(reader, region);
    }
}

/* Refresh known regions first, so that their heaps keep their names. A known region whose records cannot be
   read, because there is no memory, is a new one at the next refresh. */
static DWORD refresh_all(struct region_reader *reader)
{
    uint64_t now = os_clock_ticks();
    struct cached_region **regions = reader->regions.regions, **fresh = NULL;
    size_t fresh_count = 0, fresh_capacity = 0;
    bool has_memory = true;
    DWORD error = ERROR_SUCCESS;

    for (size_t i = reader->regions.count; i-- > 0;) {
        if (i >= REGIONS_AHEAD)
            __builtin_prefetch(regions[i - REGIONS_AHEAD]->view.mapping.memory);
        if (regions[i]->is_read) {
            refresh_one(reader, regions[i], now, &error);
            continue;
        }
        struct cached_region **more =
            array_reserve(fresh, &fresh_capacity, fresh_count + 1, sizeof(*fresh));
        if (more) {
            fresh = more;
            fresh[fresh_count++] = regions[i];
        } else {
            has_memory = false;
        }
    }
    if (!has_memory) {
        free(fresh);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (fresh_count > 0)
        qsort(fresh, fresh_count, sizeof(*fresh), compare_regions);
    for (size_t i = 0; i < fresh_count; i++)
        refresh_one(reader, fresh[i], now, &error);
    free(fresh);
    return error;
}

/* ---- what is shown ------------------------------------------------------------------- */

static int compare(const struct cached_heap *a, const struct cached_heap *b)
{
    int result = order(a->open_time, b->open_time);

    if (!result)
        result = order(a->region->view.process_id, b->region->view.process_id);
    if (!result)
        result = order(a->number, b->number);
    return result ? result : order(a->identity, b->identity);
}

static int compare_pointers(const void *a, const void *b)
{
    return compare(*(struct cached_heap *const *)a, *(struct cached_heap *const *)b);
}

/* Merge the heaps that stay with the new ones. */
static DWORD show(struct region_reader *reader)
{
    size_t fresh = 0, count = 0, capacity = reader->shown_count + reader->fresh_count;

    if (!reader->has_gone && reader->fresh_count == 0)
        return ERROR_SUCCESS;
    struct cached_heap **shown = malloc((capacity + 1) * sizeof(*shown));
    struct heap_view *views = malloc((capacity + 1) * sizeof(*views));
    struct heap_watch *watches = heap_watches_new(capacity);
    if (!shown || !views || !watches) {
        free(shown);
        free(views);
        free(watches);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (size_t i = 0; i < reader->fresh_count; i++) /* some may have gone again */
        if (reader->fresh[i]->region)
            reader->fresh[fresh++] = reader->fresh[i];
    qsort(reader->fresh, fresh, sizeof(*reader->fresh), compare_pointers);
    for (size_t old = 0, added = 0; old < reader->shown_count || added < fresh;) {
        struct cached_heap *heap = old < reader->shown_count ? reader->shown[old] : NULL;
        if (heap && !heap->region) {
            old++;
            continue;
        }
        if (!heap || (added < fresh && compare(reader->fresh[added], heap) < 0))
            heap = reader->fresh[added++];
        else
            watches[count] = reader->watches[old++];
        heap->is_shown = true;
        heap->shown_index = count;
        views[count] = (struct heap_view){
            .name = heap->name,
            .name_length = (uint16_t)heap->name_length,
            .process_id = heap->region->view.process_id,
            .heap_number = heap->number,
            .identity = heap->identity,
            .serial = heap->serial,
            .is_foreign = !heap->region->view.is_local,
        };
        shown[count++] = heap;
    }
    free(reader->shown);
    free(reader->views);
    free(reader->watches);
    reader->shown = shown;
    reader->views = views;
    reader->watches = watches;
    reader->shown_count = count;
    reader->generation++;
    reader->fresh_count = 0;
    reader->has_gone = false;
    return ERROR_SUCCESS;
}

/* Free what has gone: nothing refers to it any more. */
static void forget_gone(struct region_reader *reader)
{
    for (struct cached_heap *heap = reader->gone_heaps, *next; heap; heap = next) {
        next = heap->next_gone;
        free(heap);
    }
    for (struct cached_region *region = reader->gone_regions, *next; region; region = next) {
        next = region->next_gone;
        region_set_free(&reader->regions, region);
    }
    reader->gone_heaps = NULL;
    reader->gone_regions = NULL;
}

/* ---- public -------------------------------------------------------------------------- */

DWORD region_reader_open(struct region_reader **reader)
{
    struct region_reader *made = calloc(1, sizeof(*made));

    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    made->generation = 1;
    *reader = made;
    return ERROR_SUCCESS;
}

void region_reader_limit_answer(struct region_reader *reader, size_t fixed_size,
                                size_t instance_size)
{
    reader->answer_size = fixed_size;
    reader->instance_size = instance_size;
}

void region_reader_close(struct region_reader *reader)
{
    if (!reader)
        return;
    while (reader->regions.count > 0) {
        struct cached_region *region = reader->regions.regions[reader->regions.count - 1];
        region_set_drop(&reader->regions, region);
        region_gone(reader, region);
    }
    forget_gone(reader);
    region_set_release(&reader->regions);
    heap_name_set_release(&reader->names);
    free(reader->shown);
    free(reader->views);
    free(reader->watches);
    free(reader->fresh);
    free(reader);
}

DWORD region_reader_refresh(struct region_reader *reader)
{
    uint64_t unasked = reader->regions.unasked;

    region_reader_hold(reader);
    region_set_list(&reader->regions, region_gone, reader);
    reader->seen = reader->lost = reader->left_out_heaps = reader->unpublished = 0;
    DWORD error = refresh_all(reader);
    if (!error)
        error = show(reader);
    if (!error)
        forget_gone(reader);
    if (reader->regions.unasked != unasked)
        error = ERROR_NOT_ENOUGH_MEMORY;
    region_reader_release(reader);
    return error;
}

const struct heap_view *region_reader_heaps(const struct region_reader *reader, size_t *count)
{
    *count = reader->shown_count;
    return reader->views;
}

uint64_t region_reader_generation(const struct region_reader *reader)
{
    return reader->generation;
}

size_t region_reader_changed(const struct region_reader *reader, size_t *from, size_t indexes[],
                             size_t capacity)
{
    return heap_watches_changed(reader->watches, reader->shown, reader->shown_count, from, indexes,
                                capacity);
}

DWORD region_reader_read(struct region_reader *reader, size_t index, struct heap_totals *statistics)
{
    if (index >= reader->shown_count || !reader->shown[index]->region)
        return ERROR_NOT_FOUND;
    region_reader_hold(reader);
    DWORD error = heap_watch_read(reader->shown[index], reader->watches);
    region_reader_release(reader);
    if (!error)
        *statistics = reader->shown[index]->last;
    return error;
}

void region_reader_hold(struct region_reader *reader)
{
    if (reader->holds++ == 0)
        os_region_guard_begin(&reader->guard, &reader->regions.mappings);
}

void region_reader_release(struct region_reader *reader)
{
    if (--reader->holds == 0)
        os_region_guard_end(&reader->guard);
}

void region_reader_counts(const struct region_reader *reader, struct region_counts *counts)
{
    *counts = (struct region_counts){
        .seen = reader->seen,
        .rejected = reader->regions.rejected,
        .reaped = reader->regions.reaped,
        .unasked = reader->regions.unasked,
        .refused_directories = reader->regions.refused_directories,
        .left_out_regions = reader->regions.left_out,
        .left_out_heaps = reader->left_out_heaps,
        .unpublished = reader->unpublished,
        .lost = reader->lost,
    };
}

void region_reader_refusals(struct region_reader *reader, struct region_refusals *refusals)
{
    struct region_refusal refusal;

    refusals->count = 0;
    region_set_refusals(&reader->regions, refusals);
    for (size_t i = 0; i < reader->regions.count; i++) {
        const struct cached_region *region = reader->regions.regions[i];
        refusal.owner = region->view.owner;
        refusal.reason = REFUSAL_unpublished;
        refusal.count = region->unpublished;
        region_refusals_add(refusals, &refusal, region->directory, region->name);
        refusal.reason = REFUSAL_heap_limit;
        refusal.count = region->left_out + region->beyond_limit;
        region_refusals_add(refusals, &refusal, region->directory, region->name);
    }
}
