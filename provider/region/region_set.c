/* SPDX-License-Identifier: MIT
 *
 * Directories, listings, and the regions by name: see region_set.h.
 */
#include "region_set.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* A file that is not a region, or a dead one that this user may not remove. */
struct refused_file {
    struct refused_file *next;
    struct known_directory *place;
    bool is_listed;
    enum region_refusal_reason reason; /* REFUSAL_NONE: its owner is dead */
    /* the file's owner, or its directory's if that is not known */
    uint64_t owner;
    size_t directory_length;
    char path[]; /* the directory, zero-terminated, and then the name */
};

struct known_directory {
    struct known_directory *next;
    struct os_region_place place;
    uint64_t mark;
    uint32_t refused_count;
    uint32_t left_out; /* regions left out, by the last listing */
    bool is_present;
    bool is_refused;    /* other users than its owner can write to it, or it is a link */
    bool is_unreadable; /* this user may not read it */
    bool is_changed;    /* this call must list it */
};

static uint32_t hash_of(const struct region_set *set, const char *name)
{
    return (uint32_t)keyed_hash_of(&set->key, name, strlen(name)) % REGION_BUCKETS;
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
    struct cached_region *region = set->by_name[hash_of(set, name)];

    while (region && (strcmp(region->name, name) != 0 || strcmp(region->directory, directory) != 0))
        region = region->next_of_name;
    return region;
}

static bool reserve(struct region_set *set)
{
    struct cached_region **more =
        array_reserve(set->regions, &set->capacity, set->count + 1, sizeof(*more));

    if (more)
        set->regions = more;
    return more != NULL;
}

static void insert(struct region_set *set, struct cached_region *region)
{
    struct cached_region **bucket = &set->by_name[hash_of(set, region->name)];

    region->next_of_name = *bucket;
    *bucket = region;
    region->index = set->count;
    set->regions[set->count++] = region;
}

void region_set_drop(struct region_set *set, struct cached_region *region)
{
    struct cached_region **at = &set->by_name[hash_of(set, region->name)];
    struct cached_region *last = set->regions[--set->count];

    while (*at != region)
        at = &(*at)->next_of_name;
    *at = region->next_of_name;
    set->regions[region->index] = last;
    last->index = region->index;
    region->owner->region_count--;
    region->owner->mapped_size -= region->budget_size;
    region->process->region_count--;
    region_budget_give(&set->budgets, region->process);
    region->process = NULL;
    set->has_space = set->left_out > 0;
}

/* The bytes of an owner's regions that may be mapped in addition. */
static uint64_t space_of(const struct region_budget *owner)
{
    return owner->mapped_size < LIMIT_MAPPED ? LIMIT_MAPPED - owner->mapped_size : 0;
}

void region_set_charge(struct region_set *set, struct cached_region *region)
{
    struct region_budget *owner = region->owner;

    (void)set;
    owner->mapped_size += region->view.mapping.size - region->budget_size;
    region->budget_size = region->view.mapping.size;
    region->view.size_limit = region->budget_size + space_of(owner);
}

void region_set_free(struct region_set *set, struct cached_region *region)
{
    struct os_region_mapping *mapping = &region->view.mapping;

    (void)set;
    *mapping->link = mapping->next;
    if (mapping->next)
        mapping->next->link = mapping->link;
    region_view_close(&region->view);
    free(region->heaps);
    free(region->directory);
    free(region->name);
    free(region);
}

/* ---- files that are not regions -------------------------------------------------------- */

static struct refused_file *refused_find(const struct region_set *set, const char *directory,
                                         const char *name)
{
    for (struct refused_file *file = set->refused[hash_of(set, name)]; file; file = file->next)
        if (strcmp(file->path, directory) == 0 &&
            strcmp(file->path + file->directory_length + 1, name) == 0)
            return file;
    return NULL;
}

static bool refuse(struct region_set *set, struct known_directory *place, const char *name,
                   const struct region_view *view)
{
    const char *directory = place->place.path;
    size_t length = strlen(directory), name_size = strlen(name) + 1;
    struct refused_file *file = malloc(sizeof(*file) + length + 1 + name_size);

    if (!file)
        return false;
    file->directory_length = length;
    memcpy(file->path, directory, length + 1);
    memcpy(file->path + length + 1, name, name_size);
    file->is_listed = true;
    file->reason = view->refusal;
    file->owner = view->inode ? view->owner : place->place.owner;
    file->place = place;
    place->refused_count++;
    struct refused_file **bucket = &set->refused[hash_of(set, name)];
    file->next = *bucket;
    *bucket = file;
    return true;
}

bool region_set_reject(struct region_set *set, const struct cached_region *region)
{
    bool is_refused = refuse(set, region->place, region->name, &region->view);

    set->rejected += is_refused;
    return is_refused;
}

/* ---- listings ------------------------------------------------------------------------ */

/* Add a region to the set if the budgets of its owner and its process allow it. */
static DWORD admit(struct region_set *set, struct cached_region *region)
{
    const struct region_view *view = &region->view;
    struct region_budget *owner = region_budget_find(&set->budgets, view->owner, 0, 0);
    struct region_budget *process =
        owner
            ? region_budget_find(&set->budgets, view->owner, view->pid_namespace, view->process_id)
            : NULL;

    if (!process)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (owner->region_count >= LIMIT_REGIONS || process->region_count >= LIMIT_PROCESS_REGIONS ||
        view->mapping.size > space_of(owner)) {
        region_budget_give(&set->budgets, process);
        owner->left_out += region->place->place.is_shared;
        return ERROR_FILE_TOO_LARGE;
    }
    owner->region_count++;
    process->region_count++;
    region->owner = owner;
    region->process = process;
    region_set_charge(set, region);
    region->is_listed = true;
    region->checked_at = os_clock_ticks();
    insert(set, region);
    return ERROR_SUCCESS;
}

/* Open and examine a file that is not known yet. The errors are those of region_view_open. */
static DWORD look_at(struct region_set *set, struct known_directory *place, const char *name)
{
    struct cached_region *region = calloc(1, sizeof(*region));
    bool was_reaped = false;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (!region)
        return error;
    struct os_region_mapping *mapping = &region->view.mapping;
    region->place = place;
    mapping->link = &set->mappings;
    mapping->next = set->mappings;
    if (mapping->next)
        mapping->next->link = &mapping->next;
    set->mappings = mapping;
    if (reserve(set) && (region->directory = copy_text(place->place.path)) &&
        (region->name = copy_text(name)))
        error = region_view_open(&region->view, region->directory, name, &was_reaped);
    set->reaped += was_reaped;
    if (!error && !(error = admit(set, region)))
        return ERROR_SUCCESS;
    if (error == ERROR_INVALID_DATA && !region_set_reject(set, region))
        error = ERROR_NOT_ENOUGH_MEMORY;
    /* It has gone; or its owner is dead and this user may not remove it: then it stays. */
    if (error == ERROR_FILE_NOT_FOUND && !was_reaped && !refuse(set, place, name, &region->view))
        error = ERROR_NOT_ENOUGH_MEMORY;
    region_set_free(set, region);
    return error;
}

static bool is_region_name(const char *name)
{
    const char *suffix = strrchr(name, '.');

    return suffix && strcmp(suffix, OS_REGION_SUFFIX) == 0;
}

/* Names that are not known yet. */
struct fresh_names {
    char **names;
    size_t count, capacity;
};

static bool fresh_add(struct fresh_names *fresh, const char *name)
{
    char **more = array_reserve(fresh->names, &fresh->capacity, fresh->count + 1, sizeof(*more));
    if (!more)
        return false;
    fresh->names = more;
    char *copy = copy_text(name);
    if (copy)
        fresh->names[fresh->count++] = copy;
    return copy != NULL;
}

static void fresh_release(struct fresh_names *fresh)
{
    for (size_t i = 0; i < fresh->count; i++)
        free(fresh->names[i]);
    free(fresh->names);
}

/* The part of a region's name that has its time, or nothing. */
static const char *time_in(const char *name)
{
    const char *time = strchr(name, '-');

    return time ? time : "";
}

/* A region's file is called <pid>-<time in hexadecimal digits>, so the oldest come first. An
   owner who lies about the time only decides which of the owner's own regions stay. */
static int compare_ages(const void *a, const void *b)
{
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    const char *first_time = time_in(first), *second_time = time_in(second);
    const size_t first_length = strlen(first_time), second_length = strlen(second_time);

    if (first_length < second_length)
        return -1;
    if (first_length > second_length)
        return 1;
    const int order = strcmp(first_time, second_time);
    return order ? order : strcmp(first, second);
}

/* Read the directory: mark known files as listed, and return the other names. */
static DWORD read_names(struct region_set *set, struct known_directory *place,
                        struct fresh_names *fresh)
{
    const char *path = place->place.path;
    struct os_directory directory;
    char name[OS_NAME_SIZE];
    unsigned unfinished = 0, private_files = 0;
    DWORD error = os_directory_open(&directory, path);

    if (error)
        return error;
    while (!(error = os_directory_next(&directory, name, sizeof(name)))) {
        if (name[0] == '.') {
            /* A finished one gets another name, which changes the directory. */
            unfinished +=
                unfinished < LIMIT_UNFINISHED && os_region_tidy(path, name) != ERROR_INVALID_NAME;
            continue;
        }
        if (!is_region_name(name)) {
            /* Private files are removed with the regions of their dead owners. */
            if (private_files++ < LIMIT_UNFINISHED)
                os_region_tidy(path, name);
            continue;
        }
        struct cached_region *region = region_find(set, path, name);
        struct refused_file *refused;
        if (region)
            region->is_listed = true;
        else if ((refused = refused_find(set, path, name)) != NULL)
            refused->is_listed = true;
        else if (!fresh_add(fresh, name))
            break;
    }
    os_directory_close(&directory);
    return error == ERROR_NO_MORE_FILES ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* The system could not report the contents: everything known of the directory stays. */
static void keep_known(struct region_set *set, const struct known_directory *place)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->regions[i]->place == place)
            set->regions[i]->is_listed = true;
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct refused_file *file = set->refused[i]; file; file = file->next)
            if (file->place == place)
                file->is_listed = true;
}

/* Whether no new file of the directory needs to be opened. */
static bool is_full(struct region_set *set, const struct known_directory *place)
{
    if (place->place.is_shared)
        return false; /* each file may have another owner */
    const struct region_budget *owner = region_budget_find(&set->budgets, place->place.owner, 0, 0);
    return place->refused_count >= LIMIT_REFUSED ||
           (owner && (owner->region_count >= LIMIT_REGIONS || owner->mapped_size >= LIMIT_MAPPED));
}

/* List a directory that has changed. Returns false if it must be listed again even if it does
   not change. */
static bool directory_list(struct region_set *set, struct known_directory *place)
{
    struct fresh_names fresh = { NULL, 0, 0 };
    bool is_complete = true;
    DWORD error = os_region_place_check(&place->place);

    place->left_out = 0;
    place->is_refused = error == ERROR_ACCESS_DENIED;
    place->is_unreadable = place->place.is_closed;
    if (place->place.is_shared)
        region_budgets_forget_left_out(&set->budgets);
    if (error == ERROR_ACCESS_DENIED)
        return true; /* nothing in it is listed */
    if (!error)
        error = read_names(set, place, &fresh);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) {
        fresh_release(&fresh);
        return true;
    }
    if (error == ERROR_ACCESS_DENIED) {
        place->is_unreadable = true;
        /* its owner has forbidden it; permitting it again changes the mark */
        keep_known(set, place);
    } else if (error) {
        keep_known(set, place);
        is_complete = false;
        set->unasked++;
    }
    if (fresh.count > 0)
        qsort(fresh.names, fresh.count, sizeof(*fresh.names), compare_ages);
    for (size_t i = 0; i < fresh.count; i++) {
        error = ERROR_FILE_TOO_LARGE;
        if (!is_full(set, place))
            error = look_at(set, place, fresh.names[i]);
        place->left_out += error == ERROR_FILE_TOO_LARGE;
        is_complete &= error != ERROR_NOT_READY && error != ERROR_NOT_ENOUGH_MEMORY;
        set->unasked += error == ERROR_NOT_ENOUGH_MEMORY;
        if (error == ERROR_NOT_ENOUGH_MEMORY)
            break; /* the others would fail, too */
    }
    fresh_release(&fresh);
    return is_complete;
}

static void unlist_changed(struct region_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->regions[i]->place->is_changed)
            set->regions[i]->is_listed = false;
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct refused_file *file = set->refused[i]; file; file = file->next)
            if (file->place->is_changed)
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
                file->place->refused_count--;
                free(file);
            }
        }
    }
}

/* ---- directories --------------------------------------------------------------------- */

static struct known_directory *directory_know(struct region_set *set,
                                              const struct os_region_place *place)
{
    struct known_directory **bucket = &set->directories[hash_of(set, place->path)];

    for (struct known_directory *known = *bucket; known; known = known->next)
        if (strcmp(known->place.path, place->path) == 0)
            return known;
    struct known_directory *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    made->place = *place;
    made->next = *bucket;
    *bucket = made;
    return made;
}

#define EACH_DIRECTORY(set, known)                                                                 \
    for (size_t bucket_ = 0; bucket_ < REGION_BUCKETS; bucket_++)                                  \
        for (struct known_directory *known = (set)->directories[bucket_]; known;                   \
             known = known->next)

/* Add one directory of the listing. Returns false if that was not possible. */
static bool directory_take(struct region_set *set, const struct os_region_place *place)
{
    struct region_budget *owner =
        place->is_shared ? NULL : region_budget_find(&set->budgets, place->owner, 0, 0);
    struct known_directory *known;

    if (!place->is_shared && !owner)
        return false;
    if (owner && owner->directory_count >= LIMIT_DIRECTORIES) {
        set->directories_over_limit++;
        owner->directories_left_out++;
        return true;
    }
    known = directory_know(set, place);
    if (!known)
        return false;
    known->is_present = true;
    if (owner)
        owner->directory_count++;
    return true;
}

/* List the directories again if one may have been added or has gone. */
static void find_directories(struct region_set *set)
{
    struct os_region_places places;
    struct os_region_place place;
    uint64_t mark = os_region_directories_mark();
    bool is_complete = true;

    if (mark != 0 && mark == set->directories_mark)
        return;
    set->directories_mark = 0;
    if (os_region_places_open(&places)) {
        set->unasked++;
        return;
    }
    EACH_DIRECTORY(set, known)
    known->is_present = false;
    set->directories_over_limit = 0;
    region_budgets_forget_directories(&set->budgets);
    DWORD error;
    while ((error = os_region_places_next(&places, &place)) != ERROR_NO_MORE_FILES) {
        if (error && error != ERROR_FILE_NOT_FOUND && error != ERROR_ACCESS_DENIED)
            is_complete = false;
        else
            is_complete &= directory_take(set, &place);
    }
    os_region_places_close(&places);
    if (is_complete) {
        set->directories_mark = mark;
        return;
    }
    set->unasked++;
    EACH_DIRECTORY(set, known)
    known->is_present = true;
}

static void forget_absent(struct region_set *set)
{
    for (size_t i = 0; i < REGION_BUCKETS; i++) {
        for (struct known_directory **at = &set->directories[i]; *at;) {
            struct known_directory *known = *at;
            if (known->is_present) {
                at = &known->next;
            } else {
                *at = known->next;
                free(known);
            }
        }
    }
}

void region_set_list(struct region_set *set, region_set_gone *gone, void *context)
{
    bool has_changed = false;

    if (set->key.key[0] == 0)
        os_random(&set->key, sizeof(set->key));
    find_directories(set);
    const bool has_space = set->has_space;
    set->has_space = false;
    EACH_DIRECTORY(set, known)
    {
        uint64_t mark = known->is_present ? os_region_directory_mark(known->place.path) : 0;
        known->is_changed = mark == 0 || mark != known->mark || has_space;
        known->mark = mark;
        has_changed |= known->is_changed;
    }
    if (!has_changed)
        return;
    unlist_changed(set);
    set->left_out = 0;
    set->refused_directories = set->directories_over_limit;
    EACH_DIRECTORY(set, known)
    {
        if (known->is_present && known->is_changed && !directory_list(set, known))
            known->mark = 0;
        set->left_out += known->left_out;
        set->refused_directories += known->is_present && known->is_refused;
    }
    drop_unlisted(set, gone, context);
    forget_absent(set);
}

/* Each directory is counted for its owner; a shared one belongs to the system. */
static void add_directory(const struct known_directory *known, struct region_refusals *refusals)
{
    const struct os_region_place *place = &known->place;
    struct region_refusal refusal = { .owner = place->owner, .count = 1 };

    if (known->is_refused || known->is_unreadable) {
        refusal.reason = known->is_unreadable ? REFUSAL_directory_unreadable
                         : place->is_link     ? REFUSAL_directory_link
                                              : REFUSAL_directory_shared;
        region_refusals_add(refusals, &refusal, place->path, NULL);
    }
    if (place->is_misnamed && !known->is_refused) {
        refusal.reason = REFUSAL_directory_of_other_name;
        region_refusals_add(refusals, &refusal, place->path, NULL);
    }
    if (!place->is_shared) {
        refusal.reason = REFUSAL_region_limit;
        refusal.count = known->left_out;
        region_refusals_add(refusals, &refusal, place->path, NULL);
    }
}

static void add_budget(const struct region_budget *budget, struct region_refusals *refusals)
{
    struct region_refusal refusal = { .reason = REFUSAL_region_limit,
                                      .owner = budget->owner,
                                      .count = budget->left_out };

    region_refusals_add(refusals, &refusal, NULL, NULL);
    refusal.reason = REFUSAL_directory_limit;
    refusal.count = budget->directories_left_out;
    region_refusals_add(refusals, &refusal, NULL, NULL);
}

void region_set_refusals(const struct region_set *set, struct region_refusals *refusals)
{
    struct region_refusal refusal = { .count = 1 };

    EACH_DIRECTORY(set, known)
    if (known->is_present)
        add_directory(known, refusals);
    for (size_t i = 0; i < BUDGET_BUCKETS; i++)
        for (const struct region_budget *budget = set->budgets.buckets[i]; budget;
             budget = budget->next)
            add_budget(budget, refusals); /* that of a process adds nothing */
    for (size_t i = 0; i < REGION_BUCKETS; i++) {
        for (const struct refused_file *file = set->refused[i]; file; file = file->next) {
            refusal.reason = file->reason;
            refusal.owner = file->owner;
            if (file->reason != REFUSAL_NONE)
                region_refusals_add(refusals, &refusal, file->path,
                                    file->path + file->directory_length + 1);
        }
    }
}

void region_set_release(struct region_set *set)
{
    for (size_t i = 0; i < REGION_BUCKETS; i++) {
        for (struct refused_file *file = set->refused[i], *next; file; file = next) {
            next = file->next;
            free(file);
        }
        for (struct known_directory *known = set->directories[i], *next; known; known = next) {
            next = known->next;
            free(known);
        }
    }
    region_budgets_release(&set->budgets);
    free(set->regions);
    memset(set, 0, sizeof(*set));
}
