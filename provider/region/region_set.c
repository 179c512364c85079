/* SPDX-License-Identifier: MIT
 *
 * Directories, listings, and the regions by name: see region_set.h.
 */
#include "region_set.h"

#include <stdlib.h>
#include <string.h>

/* A file that is no region, or a dead one that we may not remove. */
struct refused_file {
    struct refused_file *next;
    bool is_listed;
    size_t directory_length;
    char path[];
};

struct known_directory {
    char *path;
    uint64_t mark;
    bool is_present;
};

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (hash ^ hash >> 16) % REGION_BUCKETS;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* ---- regions ------------------------------------------------------------------------- */

static struct cached_region *region_find(const struct region_set *set, const char *directory,
                                         const char *name)
{
    struct cached_region *region = set->by_name[hash_of(name)];

    while (region && (strcmp(region->name, name) != 0 || strcmp(region->directory, directory) != 0))
        region = region->next_of_name;
    return region;
}

static bool reserve(struct region_set *set)
{
    if (set->count < set->room)
        return true;
    size_t room = set->room ? set->room * 2 : 64;
    struct cached_region **more = realloc(set->regions, room * sizeof(*more));
    if (!more)
        return false;
    set->regions = more;
    set->room = room;
    return true;
}

static void insert(struct region_set *set, struct cached_region *region)
{
    struct cached_region **bucket = &set->by_name[hash_of(region->name)];

    region->next_of_name = *bucket;
    *bucket = region;
    region->index = set->count;
    set->regions[set->count++] = region;
}

void region_set_drop(struct region_set *set, struct cached_region *region)
{
    struct cached_region **at = &set->by_name[hash_of(region->name)];
    struct cached_region *last = set->regions[--set->count];

    while (*at != region)
        at = &(*at)->next_of_name;
    *at = region->next_of_name;
    set->regions[region->index] = last;
    last->index = region->index;
}

void region_set_free(struct region_set *set, struct cached_region *region)
{
    struct os_region_mapping **at = &set->mappings;

    while (*at && *at != &region->view.mapping)
        at = &(*at)->next;
    if (*at)
        *at = region->view.mapping.next;
    region_view_close(&region->view);
    free(region->heaps);
    free(region->directory);
    free(region->name);
    free(region);
}

/* ---- files that are none ------------------------------------------------------------- */

static struct refused_file *refused_find(const struct region_set *set, const char *directory,
                                         const char *name)
{
    size_t length = strlen(directory);

    for (struct refused_file *file = set->refused[hash_of(name)]; file; file = file->next)
        if (file->directory_length == length && memcmp(file->path, directory, length) == 0 &&
            strcmp(file->path + length + 1, name) == 0)
            return file;
    return NULL;
}

static bool refuse(struct region_set *set, const char *directory, const char *name)
{
    size_t length = strlen(directory), name_size = strlen(name) + 1;
    struct refused_file *file = malloc(sizeof(*file) + length + 1 + name_size);

    if (!file)
        return false;
    file->directory_length = length;
    memcpy(file->path, directory, length + 1);
    memcpy(file->path + length + 1, name, name_size);
    file->is_listed = true;
    struct refused_file **bucket = &set->refused[hash_of(name)];
    file->next = *bucket;
    *bucket = file;
    return true;
}

bool region_set_reject(struct region_set *set, const struct cached_region *region)
{
    bool is_refused = refuse(set, region->directory, region->name);

    set->rejected += is_refused;
    return is_refused;
}

/* ---- listings ------------------------------------------------------------------------ */

/* Open a file that is new to us, and see what it is. */
static DWORD look_at(struct region_set *set, const char *directory, const char *name,
                     bool *look_again)
{
    struct cached_region *region = calloc(1, sizeof(*region));
    bool was_reaped = false;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (!region)
        return error;
    region->view.mapping.next = set->mappings;
    set->mappings = &region->view.mapping;
    if (!reserve(set) || !(region->directory = copy_text(directory)) ||
        !(region->name = copy_text(name)))
        goto free_region;
    error = region_view_open(&region->view, directory, name, &was_reaped);
    set->reaped += was_reaped;
    switch (error) {
    case ERROR_SUCCESS:
        region->is_listed = true;
        region->checked_at = os_clock_ticks();
        insert(set, region);
        return ERROR_SUCCESS;
    case ERROR_INVALID_DATA:
        error = region_set_reject(set, region) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
        break;
    case ERROR_FILE_NOT_FOUND:
        /* Gone; or dead, and not ours to remove: then it is there for good. */
        error =
            was_reaped || refuse(set, directory, name) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
        break;
    case ERROR_NOT_READY:
        *look_again = true;
        error = ERROR_SUCCESS;
        break;
    default:
        break;
    }

free_region:
    region_set_free(set, region);
    return error;
}

static bool is_region_name(const char *name)
{
    size_t length = strlen(name), suffix = strlen(OS_REGION_SUFFIX);

    return length > suffix && strcmp(name + length - suffix, OS_REGION_SUFFIX) == 0;
}

static void unlist(struct region_set *set, const char *directory)
{
    size_t length = strlen(directory);

    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->regions[i]->directory, directory) == 0)
            set->regions[i]->is_listed = false;
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct refused_file *file = set->refused[i]; file; file = file->next)
            if (file->directory_length == length && memcmp(file->path, directory, length) == 0)
                file->is_listed = false;
}

static void drop_unlisted(struct region_set *set, region_set_gone *gone, void *context)
{
    for (size_t i = set->count; i-- > 0;) {
        struct cached_region *region = set->regions[i];
        if (!region->is_listed) {
            region_set_drop(set, region);
            gone(context, region);
        }
    }
    for (size_t i = 0; i < REGION_BUCKETS; i++) {
        for (struct refused_file **at = &set->refused[i]; *at;) {
            struct refused_file *file = *at;
            if (file->is_listed) {
                at = &file->next;
            } else {
                *at = file->next;
                free(file);
            }
        }
    }
}

static DWORD directory_list(struct region_set *set, const char *path, bool *look_again)
{
    struct os_directory directory;
    char name[512];
    DWORD error;

    unlist(set, path);
    if (!os_region_directory_is_sound(path) || os_directory_open(&directory, path))
        return ERROR_SUCCESS; /* none there: nothing of it is listed */
    while (!(error = os_directory_next(&directory, name, sizeof(name)))) {
        struct cached_region *region = region_find(set, path, name);
        struct refused_file *refused = region ? NULL : refused_find(set, path, name);
        if (region)
            region->is_listed = true;
        else if (refused)
            refused->is_listed = true;
        else if ((error = os_region_tidy(path, name)) != ERROR_INVALID_NAME)
            *look_again |= error == ERROR_NOT_READY; /* it becomes a region, or its owner dies */
        else if (is_region_name(name) && (error = look_at(set, path, name, look_again)))
            break;
    }
    os_directory_close(&directory);
    return error == ERROR_NO_MORE_FILES ? ERROR_SUCCESS : error;
}

/* ---- directories --------------------------------------------------------------------- */

static struct known_directory *directory_know(struct region_set *set, const char *path)
{
    for (size_t i = 0; i < set->directory_count; i++)
        if (strcmp(set->directories[i].path, path) == 0)
            return &set->directories[i];
    struct known_directory *more =
        realloc(set->directories, (set->directory_count + 1) * sizeof(*more));
    if (!more)
        return NULL;
    set->directories = more;
    char *copy = copy_text(path);
    if (!copy)
        return NULL;
    more[set->directory_count] = (struct known_directory){ copy, 0, false };
    return &more[set->directory_count++];
}

/* Which directories are there? Asked again when one may have come or gone. */
static DWORD find_directories(struct region_set *set)
{
    char path[OS_PATH_SIZE];
    uint64_t mark = os_region_directories_mark();

    if (mark != 0 && mark == set->directories_mark)
        return ERROR_SUCCESS;
    set->directories_mark = 0;
    for (size_t i = 0; i < set->directory_count; i++)
        set->directories[i].is_present = false;
    for (size_t i = 0; os_region_directory_at(i, path, sizeof(path)) == ERROR_SUCCESS; i++) {
        struct known_directory *directory = directory_know(set, path);
        if (!directory)
            return ERROR_NOT_ENOUGH_MEMORY;
        directory->is_present = true;
    }
    set->directories_mark = mark;
    return ERROR_SUCCESS;
}

DWORD region_set_list(struct region_set *set, region_set_gone *gone, void *context)
{
    bool has_listed = false;
    DWORD error = find_directories(set);

    if (error)
        return error;
    for (size_t i = set->directory_count; i-- > 0;) {
        struct known_directory *directory = &set->directories[i];
        if (!directory->is_present) {
            unlist(set, directory->path);
            has_listed = true;
            free(directory->path);
            *directory = set->directories[--set->directory_count];
            continue;
        }
        uint64_t mark = os_region_directory_mark(directory->path);
        bool look_again = false;
        if (mark != 0 && mark == directory->mark)
            continue;
        error = directory_list(set, directory->path, &look_again);
        directory->mark = error || look_again ? 0 : mark;
        if (error)
            return error;
        has_listed = true;
    }
    if (has_listed)
        drop_unlisted(set, gone, context);
    return ERROR_SUCCESS;
}

void region_set_release(struct region_set *set)
{
    for (size_t i = 0; i < REGION_BUCKETS; i++) {
        for (struct refused_file *file = set->refused[i], *next; file; file = next) {
            next = file->next;
            free(file);
        }
    }
    for (size_t i = 0; i < set->directory_count; i++)
        free(set->directories[i].path);
    free(set->directories);
    free(set->regions);
    memset(set, 0, sizeof(*set));
}
