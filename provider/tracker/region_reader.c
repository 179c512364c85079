/* SPDX-License-Identifier: MIT
 *
 * All regions and heaps that a consumer sees: see region_reader.h. A refresh costs little when
 * nothing changed: a directory is listed when its mark changed, a region's records are looked
 * through when its own count of changes did, and whether owners live is asked some times a second.
 *
 * A refresh works on the set of regions and their heaps; what is shown is an array built from it at
 * the end. What went away is kept until that array is replaced.
 */
#include "region_reader.h"

#include <stdlib.h>
#include <string.h>

#include "heap_name.h"
#include "region_view.h"

#define CHECKS_PER_SECOND 4 /* of whether an owner lives */
#define REGION_BUCKETS 1024u
#define READ_TRIES 3

struct known_heap {
    struct known_region *region; /* NULL: it went away */
    uint32_t record;
    uint32_t number;
    uint64_t open_time;
    uint64_t identity;
    uint32_t name_hash;
    uint32_t name_length;
    heap_name name;
    struct heap_statistics last; /* what was returned: totals never fall */
    uint64_t visits;             /* that its last read took: see region_view.h */
    struct known_heap *next_of_name;
    struct known_heap *next_gone;
    bool is_shown; /* in the array */
};

struct known_region {
    struct known_region *next_of_name, *next_gone;
    char *directory, *name;
    struct region_view view;
    uint64_t change_count;     /* when its records were looked through */
    bool is_read;              /* whether they were */
    bool is_listed;            /* in the last listing of its directory */
    uint64_t checked_at;       /* os_clock_ticks */
    struct known_heap **heaps; /* by record */
    uint32_t heap_room;
};

/* A file that is no region: not opened at each refresh, counted once. */
struct rejected_file {
    struct rejected_file *next;
    bool is_listed;
    char path[];
};

struct known_directory {
    char *path;
    uint64_t mark;
    bool is_present;
};

struct region_reader {
    struct known_region *regions[REGION_BUCKETS];
    struct rejected_file *rejected;
    struct known_directory *directories;
    size_t directory_count;

    struct known_heap **by_name; /* buckets, a power of two */
    size_t name_buckets, name_count;

    struct known_heap **shown; /* in order */
    struct heap_view *views;
    size_t shown_count;
    struct known_heap **fresh; /* found in this refresh */
    size_t fresh_count, fresh_room;
    bool has_gone; /* a heap that is shown went away */

    struct known_heap *gone_heaps;
    struct known_region *gone_regions;
    struct region_counts counts;
    struct os_region_guard guard;
    unsigned holds;
};

/* ---- names, unique over all regions -------------------------------------------------- */

static bool name_is_taken(const struct region_reader *reader, const struct known_heap *heap)
{
    if (!reader->by_name)
        return false;
    for (const struct known_heap *other =
             reader->by_name[heap->name_hash & (reader->name_buckets - 1)];
         other; other = other->next_of_name)
        if (other->name_hash == heap->name_hash && other->name_length == heap->name_length &&
            memcmp(other->name, heap->name, heap->name_length * sizeof(WCHAR)) == 0)
            return true;
    return false;
}

static bool names_reserve(struct region_reader *reader)
{
    if (reader->name_count < reader->name_buckets)
        return true;
    size_t count = reader->name_buckets ? reader->name_buckets * 2 : 64;
    struct known_heap **buckets = calloc(count, sizeof(*buckets));
    if (!buckets)
        return false;
    for (size_t i = 0; i < reader->name_buckets; i++) {
        for (struct known_heap *heap = reader->by_name[i], *next; heap; heap = next) {
            next = heap->next_of_name;
            heap->next_of_name = buckets[heap->name_hash & (count - 1)];
            buckets[heap->name_hash & (count - 1)] = heap;
        }
    }
    free(reader->by_name);
    reader->by_name = buckets;
    reader->name_buckets = count;
    return true;
}

/* Publishers choose names that are unique among their own; only what lies about its process id or
   is called like another program's heap can meet an equal name. The later one is numbered. */
static void name_add(struct region_reader *reader, struct known_heap *heap)
{
    heap->name_hash = heap_name_hash(heap->name, heap->name_length);
    for (uint32_t n = 2; name_is_taken(reader, heap); n++) {
        heap->name_length = (uint32_t)heap_name_add_suffix(heap->name, n);
        heap->name_hash = heap_name_hash(heap->name, heap->name_length);
    }
    struct known_heap **bucket = &reader->by_name[heap->name_hash & (reader->name_buckets - 1)];
    heap->next_of_name = *bucket;
    *bucket = heap;
    reader->name_count++;
}

static void name_drop(struct region_reader *reader, const struct known_heap *heap)
{
    struct known_heap **at = &reader->by_name[heap->name_hash & (reader->name_buckets - 1)];

    while (*at && *at != heap)
        at = &(*at)->next_of_name;
    if (*at) {
        *at = heap->next_of_name;
        reader->name_count--;
    }
}

/* ---- heaps of one region ------------------------------------------------------------- */

/* Mixed, so that an id that the system uses again makes another identity. */
static uint64_t identity_of(const struct region_view *view, uint64_t number)
{
    uint64_t mixed = view->process_start * 0x9E3779B97F4A7C15u + view->process_id;

    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u + number;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

static void heap_gone(struct region_reader *reader, struct known_heap *heap)
{
    if (!heap)
        return;
    name_drop(reader, heap);
    heap->region->view.lane_visits += heap->visits;
    heap->region = NULL;
    heap->next_gone = reader->gone_heaps;
    reader->gone_heaps = heap;
    reader->has_gone = reader->has_gone || heap->is_shown;
}

/* Read a record that is new to us. *result stays NULL when there is no honest heap in it. */
static DWORD heap_learn(struct region_reader *reader, struct known_region *region, uint32_t record,
                        struct known_heap **result)
{
    const struct region_heap *shared = region_view_heap(&region->view, record);
    uint64_t number = atomic_load_explicit(&shared->identity, memory_order_acquire);
    struct known_heap *heap;

    if (number == 0 || number > UINT32_MAX)
        return ERROR_SUCCESS;
    if (reader->fresh_count == reader->fresh_room) {
        size_t room = reader->fresh_room ? reader->fresh_room * 2 : 64;
        struct known_heap **fresh = realloc(reader->fresh, room * sizeof(*fresh));
        if (!fresh)
            return ERROR_NOT_ENOUGH_MEMORY;
        reader->fresh = fresh;
        reader->fresh_room = room;
    }
    if (!names_reserve(reader) || (heap = calloc(1, sizeof(*heap))) == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    heap->region = region;
    heap->record = record;
    heap->number = (uint32_t)number;
    heap->open_time = atomic_load_explicit(&shared->open_time, memory_order_relaxed);
    heap->identity = identity_of(&region->view, number);
    heap->name_length = atomic_load_explicit(&shared->name_length, memory_order_relaxed);
    for (uint32_t i = 0; i < heap->name_length && i < HEAP_NAME_LENGTH; i++)
        heap->name[i] = (WCHAR)atomic_load_explicit(&shared->name[i], memory_order_acquire);
    if (atomic_load_explicit(&shared->identity, memory_order_relaxed) != number ||
        !heap_name_is_clean(heap->name, heap->name_length) ||
        !heap_name_is_of(heap->name, heap->name_length, region->view.process_id)) {
        free(heap);
        return ERROR_SUCCESS;
    }
    name_add(reader, heap);
    reader->fresh[reader->fresh_count++] = heap;
    *result = heap;
    return ERROR_SUCCESS;
}

/* Look through all records. */
static DWORD region_read_heaps(struct region_reader *reader, struct known_region *region)
{
    uint32_t count = region_view_heap_count(&region->view);

    if (count > region->heap_room) {
        struct known_heap **heaps = realloc(region->heaps, count * sizeof(*heaps));
        if (!heaps)
            return ERROR_NOT_ENOUGH_MEMORY;
        memset(heaps + region->heap_room, 0, (count - region->heap_room) * sizeof(*heaps));
        region->heaps = heaps;
        region->heap_room = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct known_heap *known = region->heaps[i];
        if (known && atomic_load_explicit(&region_view_heap(&region->view, i)->identity,
                                          memory_order_relaxed) == known->number)
            continue;
        heap_gone(reader, known);
        region->heaps[i] = NULL;
        DWORD error = heap_learn(reader, region, i, &region->heaps[i]);
        if (error)
            return error;
    }
    return ERROR_SUCCESS;
}

/* ---- regions ------------------------------------------------------------------------- */

static struct known_region **bucket_of(struct region_reader *reader, const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return &reader->regions[(hash ^ hash >> 16) % REGION_BUCKETS];
}

static struct known_region *region_find(struct region_reader *reader, const char *directory,
                                        const char *name)
{
    struct known_region *region = *bucket_of(reader, name);

    while (region && (strcmp(region->name, name) != 0 || strcmp(region->directory, directory) != 0))
        region = region->next_of_name;
    return region;
}

static void region_free(struct known_region *region)
{
    region_view_close(&region->view);
    free(region->heaps);
    free(region->directory);
    free(region->name);
    free(region);
}

static void region_gone(struct region_reader *reader, struct known_region *region)
{
    struct known_region **at = bucket_of(reader, region->name);

    for (uint32_t i = 0; i < region->heap_room; i++)
        heap_gone(reader, region->heaps[i]);
    while (*at != region)
        at = &(*at)->next_of_name;
    *at = region->next_of_name;
    region->next_gone = reader->gone_regions;
    reader->gone_regions = region;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* Remember a file that was refused, unless it was before. */
static DWORD file_reject(struct region_reader *reader, const char *directory, const char *name)
{
    size_t length = strlen(directory), size = length + strlen(name) + 2;
    struct rejected_file *file = malloc(sizeof(*file) + size);

    if (!file)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(file->path, directory, length);
    file->path[length] = '/';
    memcpy(file->path + length + 1, name, size - length - 1);
    file->is_listed = true;
    file->next = reader->rejected;
    reader->rejected = file;
    reader->counts.rejected++;
    return ERROR_SUCCESS;
}

static struct rejected_file *rejected_find(struct region_reader *reader, const char *directory,
                                           const char *name)
{
    size_t length = strlen(directory);

    for (struct rejected_file *file = reader->rejected; file; file = file->next)
        if (strncmp(file->path, directory, length) == 0 && file->path[length] == '/' &&
            strcmp(file->path + length + 1, name) == 0)
            return file;
    return NULL;
}

static DWORD region_add(struct region_reader *reader, const char *directory, const char *name,
                        bool *look_again)
{
    struct known_region *region = calloc(1, sizeof(*region));
    bool was_reaped;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (!region || !(region->directory = copy_text(directory)) || !(region->name = copy_text(name)))
        goto free_region;
    error = region_view_open(&region->view, directory, name, &was_reaped);
    reader->counts.reaped += !error ? 0 : was_reaped;
    if (error == ERROR_INVALID_DATA)
        error = file_reject(reader, directory, name);
    else if (error == ERROR_FILE_NOT_FOUND)
        error = ERROR_SUCCESS;
    else if (error == ERROR_NOT_READY)
        *look_again = true, error = ERROR_SUCCESS;
    else if (!error) {
        struct known_region **bucket = bucket_of(reader, name);
        region->is_listed = true;
        region->checked_at = os_clock_ticks();
        region->next_of_name = *bucket;
        *bucket = region;
        return ERROR_SUCCESS;
    }

free_region:
    if (region)
        region_free(region);
    return error;
}

/* ---- directories --------------------------------------------------------------------- */

static bool is_region_name(const char *name)
{
    size_t length = strlen(name), suffix = strlen(OS_REGION_SUFFIX);

    return length > suffix && strcmp(name + length - suffix, OS_REGION_SUFFIX) == 0;
}

static void unlist(struct region_reader *reader, const char *directory)
{
    size_t length = strlen(directory);

    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct known_region *region = reader->regions[i]; region;
             region = region->next_of_name)
            if (strcmp(region->directory, directory) == 0)
                region->is_listed = false;
    for (struct rejected_file *file = reader->rejected; file; file = file->next)
        if (strncmp(file->path, directory, length) == 0 && file->path[length] == '/')
            file->is_listed = false;
}

static void drop_unlisted(struct region_reader *reader)
{
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct known_region *region = reader->regions[i], *next; region; region = next) {
            next = region->next_of_name;
            if (!region->is_listed)
                region_gone(reader, region);
        }
    for (struct rejected_file **at = &reader->rejected; *at;) {
        struct rejected_file *file = *at;
        if (file->is_listed) {
            at = &file->next;
        } else {
            *at = file->next;
            free(file);
        }
    }
}

static DWORD directory_list(struct region_reader *reader, const char *path, bool *look_again)
{
    struct os_directory directory;
    char name[512];
    DWORD error;

    unlist(reader, path);
    if (!os_region_directory_is_sound(path) || os_directory_open(&directory, path))
        return ERROR_SUCCESS; /* none there: nothing of it is listed */
    while (!(error = os_directory_next(&directory, name, sizeof(name)))) {
        struct known_region *region = region_find(reader, path, name);
        struct rejected_file *rejected = region ? NULL : rejected_find(reader, path, name);
        if (region)
            region->is_listed = true;
        else if (rejected)
            rejected->is_listed = true;
        else if ((error = os_region_tidy(path, name)) != ERROR_INVALID_NAME)
            *look_again |= error == ERROR_NOT_READY; /* it becomes a region, or its owner dies */
        else if (is_region_name(name) && (error = region_add(reader, path, name, look_again)))
            break;
    }
    os_directory_close(&directory);
    return error == ERROR_NO_MORE_FILES ? ERROR_SUCCESS : error;
}

static struct known_directory *directory_know(struct region_reader *reader, const char *path)
{
    for (size_t i = 0; i < reader->directory_count; i++)
        if (strcmp(reader->directories[i].path, path) == 0)
            return &reader->directories[i];
    struct known_directory *more =
        realloc(reader->directories, (reader->directory_count + 1) * sizeof(*more));
    if (!more)
        return NULL;
    reader->directories = more;
    char *copy = copy_text(path);
    if (!copy)
        return NULL;
    more[reader->directory_count] = (struct known_directory){ copy, 0, false };
    return &more[reader->directory_count++];
}

static DWORD directories_list(struct region_reader *reader)
{
    char path[OS_PATH_SIZE];

    for (size_t i = 0; i < reader->directory_count; i++)
        reader->directories[i].is_present = false;
    for (size_t i = 0; os_region_directory_at(i, path, sizeof(path)) == ERROR_SUCCESS; i++) {
        struct known_directory *directory = directory_know(reader, path);
        if (!directory)
            return ERROR_NOT_ENOUGH_MEMORY;
        uint64_t mark = os_region_directory_mark(path);
        bool look_again = false;
        directory->is_present = true;
        if (mark == 0 || mark != directory->mark) {
            DWORD error = directory_list(reader, path, &look_again);
            directory->mark = error || look_again ? 0 : mark;
            if (error)
                return error;
        }
    }
    for (size_t i = 0; i < reader->directory_count; i++)
        if (!reader->directories[i].is_present) {
            unlist(reader, reader->directories[i].path);
            reader->directories[i].mark = 0;
        }
    drop_unlisted(reader);
    return ERROR_SUCCESS;
}

/* ---- what is shown ------------------------------------------------------------------- */

static int compare(const struct known_heap *a, const struct known_heap *b)
{
    if (a->open_time != b->open_time)
        return a->open_time < b->open_time ? -1 : 1;
    if (a->region->view.process_id != b->region->view.process_id)
        return a->region->view.process_id < b->region->view.process_id ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->identity < b->identity ? -1 : a->identity > b->identity;
}

static int compare_pointers(const void *a, const void *b)
{
    return compare(*(struct known_heap *const *)a, *(struct known_heap *const *)b);
}

/* Merge the heaps that stay with those that came. */
static DWORD show(struct region_reader *reader)
{
    size_t fresh = 0, count = 0, room = reader->shown_count + reader->fresh_count;

    if (!reader->has_gone && reader->fresh_count == 0)
        return ERROR_SUCCESS;
    struct known_heap **shown = malloc((room + 1) * sizeof(*shown));
    struct heap_view *views = malloc((room + 1) * sizeof(*views));
    if (!shown || !views) {
        free(shown);
        free(views);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (size_t i = 0; i < reader->fresh_count; i++) /* some may be gone again */
        if (reader->fresh[i]->region)
            reader->fresh[fresh++] = reader->fresh[i];
    qsort(reader->fresh, fresh, sizeof(*reader->fresh), compare_pointers);
    for (size_t old = 0, new = 0; old < reader->shown_count || new < fresh;) {
        struct known_heap *heap = old < reader->shown_count ? reader->shown[old] : NULL;
        if (heap && !heap->region) {
            old++;
            continue;
        }
        if (!heap || (new < fresh &&compare(reader->fresh[new], heap) < 0))
            heap = reader->fresh[new ++];
        else
            old++;
        heap->is_shown = true;
        views[count] =
            (struct heap_view){ heap->name, (uint16_t)heap->name_length,
                                heap->region->view.process_id, heap->number, heap->identity };
        shown[count++] = heap;
    }
    free(reader->shown);
    free(reader->views);
    reader->shown = shown;
    reader->views = views;
    reader->shown_count = count;
    reader->fresh_count = 0;
    reader->has_gone = false;
    return ERROR_SUCCESS;
}

/* Nothing refers any more to what went away. */
static void forget_gone(struct region_reader *reader)
{
    for (struct known_heap *heap = reader->gone_heaps, *next; heap; heap = next) {
        next = heap->next_gone;
        free(heap);
    }
    for (struct known_region *region = reader->gone_regions, *next; region; region = next) {
        next = region->next_gone;
        region_free(region);
    }
    reader->gone_heaps = NULL;
    reader->gone_regions = NULL;
}

/* Look at one region: false when it is gone. */
static bool region_refresh(struct region_reader *reader, struct known_region *region, DWORD *error)
{
    uint64_t now = os_clock_ticks();
    bool was_reaped;

    if (now - region->checked_at > os_clock_frequency() / CHECKS_PER_SECOND) {
        bool is_live =
            region_view_is_live(&region->view, region->directory, region->name, &was_reaped);
        reader->counts.reaped += was_reaped;
        if (!is_live)
            return false;
        region->checked_at = now;
    }
    DWORD followed = region_view_follow(&region->view, region->directory, region->name);
    if (followed == ERROR_NOT_ENOUGH_MEMORY) {
        *error = followed;
        return true;
    }
    if (followed == ERROR_INVALID_DATA && file_reject(reader, region->directory, region->name))
        *error = ERROR_NOT_ENOUGH_MEMORY;
    if (followed)
        return false;

    const struct region_header *header = region_view_header(&region->view);
    uint64_t changes = atomic_load_explicit(&header->change_count, memory_order_acquire);
    if (!region->is_read || changes != region->change_count) {
        DWORD read = region_read_heaps(reader, region);
        if (read)
            *error = read;
        region->is_read = !read;
        region->change_count = changes;
    }
    reader->counts.seen++;
    uint64_t lost = atomic_load_explicit(&header->lost_count, memory_order_relaxed);
    for (uint32_t i = 0; i < region->heap_room; i++)
        if (region->heaps[i])
            lost += atomic_load_explicit(&region_view_heap(&region->view, i)->lost_count,
                                         memory_order_relaxed);
    if (!region_view_is_whole()) {
        reader->counts.seen--;
        if (file_reject(reader, region->directory, region->name))
            *error = ERROR_NOT_ENOUGH_MEMORY;
        return false;
    }
    reader->counts.lost += lost;
    return true;
}

/* ---- public
 * ------------------------------------------------------------------------------------------------
 */

DWORD region_reader_open(struct region_reader **reader)
{
    struct region_reader *made = calloc(1, sizeof(*made));

    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    *reader = made;
    return ERROR_SUCCESS;
}

void region_reader_close(struct region_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct known_region *region = reader->regions[i]; region;
             region = region->next_of_name)
            region->is_listed = false;
    for (struct rejected_file *file = reader->rejected; file; file = file->next)
        file->is_listed = false;
    drop_unlisted(reader);
    forget_gone(reader);
    for (size_t i = 0; i < reader->directory_count; i++)
        free(reader->directories[i].path);
    free(reader->directories);
    free(reader->by_name);
    free(reader->shown);
    free(reader->views);
    free(reader->fresh);
    free(reader);
}

DWORD region_reader_refresh(struct region_reader *reader)
{
    region_reader_hold(reader);
    DWORD error = directories_list(reader);
    reader->counts.seen = reader->counts.lost = 0;
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct known_region *region = reader->regions[i], *next; region; region = next) {
            next = region->next_of_name;
            if (!region_refresh(reader, region, &error))
                region_gone(reader, region);
        }
    if (!error)
        error = show(reader);
    if (!error)
        forget_gone(reader);
    region_reader_release(reader);
    return error;
}

const struct heap_view *region_reader_heaps(const struct region_reader *reader, size_t *count)
{
    *count = reader->shown_count;
    return reader->views;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Totals and marks only grow, whatever a publisher does. */
static void hold_totals(struct heap_statistics *now, const struct heap_statistics *last)
{
#define HOLD(field) now->field = larger(now->field, last->field)
    HOLD(allocation_count);
    HOLD(free_count);
    HOLD(reallocation_count);
    HOLD(allocated_bytes);
    HOLD(freed_bytes);
    HOLD(requested_bytes);
    HOLD(reallocated_bytes);
    HOLD(peak_bytes);
    HOLD(peak_blocks);
    HOLD(largest_bytes);
    HOLD(failure_count);
    HOLD(unmatched_count);
    HOLD(lost_count);
#undef HOLD
    now->peak_bytes = larger(now->peak_bytes, now->allocated_bytes - now->freed_bytes);
    now->peak_blocks = larger(now->peak_blocks, now->allocation_count - now->free_count);
}

uint64_t region_reader_process_image(struct region_reader *reader, size_t index)
{
    struct os_region_guard guard;

    if (index >= reader->shown_count || !reader->shown[index]->region)
        return 0;
    const struct region_view *view = &reader->shown[index]->region->view;
    os_region_guard_begin(&guard);
    region_view_watch(view);
    uint64_t address = region_view_header(view)->process_image;
    if (!region_view_is_whole())
        address = 0;
    os_region_guard_end(&guard);
    return address;
}

DWORD region_reader_read(struct region_reader *reader, size_t index,
                         struct heap_statistics *statistics)
{
    struct heap_statistics read;
    DWORD error = ERROR_NOT_FOUND;

    if (index >= reader->shown_count)
        return ERROR_NOT_FOUND;
    struct known_heap *heap = reader->shown[index];
    struct known_region *region = heap->region;
    if (!region)
        return ERROR_NOT_FOUND;

    region_reader_hold(reader);
    region_view_watch(&region->view);
    region->view.lane_visits += heap->visits;
    heap->visits = 0;
    for (int tries = 0; error && tries < READ_TRIES; tries++) {
        const struct region_heap *shared = region_view_heap(&region->view, heap->record);
        uint64_t visits = region->view.lane_visits;
        bool is_read = region_heap_read(shared, heap->number, region_view_lane, &region->view,
                                        UINT32_MAX, &read);
        heap->visits += visits - region->view.lane_visits;
        if (is_read)
            error = region_view_is_whole() ? ERROR_SUCCESS : ERROR_NOT_FOUND;
        /* A lane may stand in a segment that came after the refresh. */
        else if (region_view_follow(&region->view, region->directory, region->name))
            break;
    }
    region_reader_release(reader);
    if (error)
        return error;
    read.open_time = heap->open_time;
    hold_totals(&read, &heap->last);
    heap->last = read;
    *statistics = read;
    return ERROR_SUCCESS;
}

void region_reader_hold(struct region_reader *reader)
{
    if (reader->holds++ == 0)
        os_region_guard_begin(&reader->guard);
}

void region_reader_release(struct region_reader *reader)
{
    if (--reader->holds == 0)
        os_region_guard_end(&reader->guard);
}

void region_reader_counts(const struct region_reader *reader, struct region_counts *counts)
{
    *counts = reader->counts;
}
