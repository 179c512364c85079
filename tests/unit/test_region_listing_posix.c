/* SPDX-License-Identifier: MIT
 *
 * region_set.c alone. The directories, their files and the regions in them are made up: the linker replaces the
 * functions of the system, region_view_open, and malloc and its family, so that every answer of the system,
 * every limit and every lack of memory is tried without a file.
 */
#include "unit.h"

#include "failing_memory.h"
#include "os_region.h"
#include "region_limits.h"
#include "region_set.h"

#define MOST_REQUESTS 1000 /* a test makes fewer, so a loop that comes to this would not end */

/* ---- directories and files ------------------------------------------------------------- */

struct file {
    char name[48];
    DWORD error; /* of region_view_open */
    bool was_reaped;
    enum region_refusal_reason refusal;
    uint64_t inode; /* 0: the file could not be opened, and its owner is not known */
    uint64_t owner;
    uint64_t size;
    uint32_t process_id;
    bool has_gone;
    unsigned opened;
};

#define MOST_FILES 5000

struct directory {
    struct os_region_place place;
    uint64_t checked_owner; /* if it is not 0, the check finds this owner */
    uint64_t mark;
    bool has_gone;
    DWORD listed; /* what the list of directories reports of it */
    DWORD check_error, open_error;
    DWORD end; /* how the list of its files ends, after `last` of them */
    size_t last;
    unsigned opened;
    struct file *files;
    size_t count;
};

static struct file all_files[MOST_FILES];
static struct directory directories[64];
static size_t file_count, directory_count;
static uint64_t directories_mark;
static DWORD places_error;
static unsigned places_opened, tidied, unfinished_tidied;

static struct region_set set;
static unsigned gone_count;

DWORD __wrap_os_region_places_open(struct os_region_places *places);
DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place);
void __wrap_os_region_places_close(struct os_region_places *places);
uint64_t __wrap_os_region_directories_mark(void);
DWORD __wrap_os_region_place_check(struct os_region_place *place);
DWORD __wrap_os_region_tidy(const char *path, const char *name);
uint64_t __wrap_os_region_directory_mark(const char *path);
DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path);
DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size);
void __wrap_os_directory_close(struct os_directory *directory);
DWORD __wrap_region_view_open(struct region_view *view, const char *directory, const char *name,
                              bool *was_reaped);
void __wrap_region_view_close(struct region_view *view);

static size_t next_place, next_file;

uint64_t __wrap_os_region_directories_mark(void)
{
    return directories_mark;
}

DWORD __wrap_os_region_places_open(struct os_region_places *places)
{
    (void)places;
    places_opened++;
    next_place = 0;
    return places_error;
}

DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    (void)places;
    while (next_place < directory_count && directories[next_place].has_gone)
        next_place++;
    if (next_place == directory_count)
        return ERROR_NO_MORE_FILES;
    *place = directories[next_place].place;
    return directories[next_place++].listed;
}

void __wrap_os_region_places_close(struct os_region_places *places)
{
    (void)places;
}

static struct directory *directory_of(const char *path)
{
    for (size_t i = 0; i < directory_count; i++)
        if (strcmp(directories[i].place.path, path) == 0)
            return &directories[i];
    fail_msg("no directory %s", path);
    return NULL;
}

DWORD __wrap_os_region_place_check(struct os_region_place *place)
{
    const struct directory *directory = directory_of(place->path);

    *place = directory->place;
    if (directory->checked_owner)
        place->owner = directory->checked_owner;
    return directory->check_error;
}

DWORD __wrap_os_region_tidy(const char *path, const char *name)
{
    (void)path;
    tidied++;
    if (strncmp(name, ".unfinished", 11) != 0)
        return ERROR_INVALID_NAME;
    unfinished_tidied++;
    return ERROR_NOT_READY;
}

uint64_t __wrap_os_region_directory_mark(const char *path)
{
    return directory_of(path)->mark;
}

DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path)
{
    struct directory *of = directory_of(path);

    of->opened++;
    directory->handle = of;
    next_file = 0;
    return of->open_error;
}

DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size)
{
    const struct directory *of = directory->handle;

    while (next_file < of->count && of->files[next_file].has_gone)
        next_file++;
    if (next_file == (of->end ? of->last : of->count))
        return of->end ? of->end : ERROR_NO_MORE_FILES;
    snprintf(name, size, "%s", of->files[next_file++].name);
    return ERROR_SUCCESS;
}

void __wrap_os_directory_close(struct os_directory *directory)
{
    (void)directory;
}

DWORD __wrap_region_view_open(struct region_view *view, const char *directory, const char *name,
                              bool *was_reaped)
{
    const struct directory *of = directory_of(directory);
    static size_t last;
    size_t at = last; /* files are opened in their order, mostly */

    for (size_t tries = 0; tries <= of->count; tries++, at++) {
        at = at < of->count ? at : 0;
        if (strcmp(of->files[at].name, name) == 0)
            break;
    }
    struct file *file = &of->files[at];
    assert_string_equal(file->name, name);
    last = at + 1;
    file->opened++;
    *was_reaped = file->was_reaped;
    view->refusal = file->refusal;
    view->inode = file->inode;
    view->owner = file->owner;
    view->process_id = file->process_id;
    view->pid_namespace = 1;
    view->mapping.size = (size_t)file->size;
    return file->error;
}

void __wrap_region_view_close(struct region_view *view)
{
    (void)view;
}

/* ---- what the tests do ------------------------------------------------------------------- */

enum { OWNER = 100, OTHER_OWNER = 200, THIRD_OWNER = 300, FOURTH_OWNER = 400, SHARED_OWNER = 1 };

static void change(struct directory *directory)
{
    directory->mark++;
}

/* A new directory. Its files are the next ones that are added. */
static struct directory *add_directory(const char *path, uint64_t owner)
{
    struct directory *directory = &directories[directory_count++];

    assert_true(directory_count <= UNIT_COUNT(directories));
    *directory = (struct directory){ .place = { .owner = owner },
                                     .mark = 1,
                                     .files = &all_files[file_count] };
    snprintf(directory->place.path, sizeof(directory->place.path), "%s", path);
    directories_mark++;
    return directory;
}

static struct file *add_named(const char *name)
{
    struct directory *directory = &directories[directory_count - 1];
    struct file *file = &all_files[file_count++];

    assert_true(file_count <= MOST_FILES);
    *file = (struct file){ .owner = directory->place.owner,
                           .inode = file_count,
                           .process_id = (uint32_t)file_count,
                           .size = 4096 };
    snprintf(file->name, sizeof(file->name), "%s", name);
    directory->count++;
    change(directory);
    return file;
}

/* A region in the last directory. */
static struct file *add_region(uint32_t process_id, uint32_t time)
{
    char name[48];

    snprintf(name, sizeof(name), "%u-%016x.region", (unsigned)process_id, (unsigned)time);
    struct file *file = add_named(name);
    file->process_id = process_id;
    return file;
}

/* A file in the last directory that is not shown. */
static struct file *add_refused(const char *name, enum region_refusal_reason reason)
{
    struct file *file = add_named(name);

    file->error = ERROR_INVALID_DATA;
    file->refusal = reason;
    return file;
}

static void free_gone(void *context, struct cached_region *region)
{
    assert_ptr_equal(context, &set);
    gone_count++;
    region_set_free(&set, region);
}

/* Each region is where it is looked for, and each mapping is in the list of the guard. */
static void check_set(void)
{
    size_t chained = 0, mapped = 0;

    for (size_t i = 0; i < set.count; i++)
        assert_int_equal(set.regions[i]->index, i);
    for (size_t i = 0; i < REGION_BUCKETS; i++)
        for (struct cached_region *region = set.by_name[i]; region; region = region->next_of_name) {
            assert_ptr_equal(set.regions[region->index], region);
            chained++;
        }
    for (struct os_region_mapping **link = &set.mappings; *link; link = &(*link)->next) {
        assert_ptr_equal((*link)->link, link);
        mapped++;
    }
    assert_int_equal(chained, set.count);
    assert_int_equal(mapped, set.count);
}

static void list(void)
{
    places_opened = tidied = unfinished_tidied = gone_count = 0;
    for (size_t i = 0; i < directory_count; i++)
        directories[i].opened = 0;
    for (size_t i = 0; i < file_count; i++)
        all_files[i].opened = 0;
    region_set_list(&set, free_gone, &set);
    check_set();
}

static struct cached_region *region_of(const struct file *file)
{
    for (size_t i = 0; i < set.count; i++)
        if (strcmp(set.regions[i]->name, file->name) == 0)
            return set.regions[i];
    return NULL;
}

/* The count of the refusals of a reason and an owner; *path receives their path. */
static uint64_t refusals_of(enum region_refusal_reason reason, uint64_t owner, const char **path)
{
    static struct region_refusals refusals;

    memset(&refusals, 0, sizeof(refusals));
    region_set_refusals(&set, &refusals);
    for (uint32_t i = 0; i < refusals.count; i++) {
        assert_true(refusals.refusals[i].reason != REFUSAL_NONE);
        if (refusals.refusals[i].reason == reason && refusals.refusals[i].owner == owner) {
            if (path)
                *path = refusals.refusals[i].path;
            return refusals.refusals[i].count;
        }
    }
    return 0;
}

static void empty(void)
{
    while (set.count > 0) {
        struct cached_region *region = set.regions[0];
        region_set_drop(&set, region);
        region_set_free(&set, region);
        if (set.count < 20) /* all of thousands would take long */
            check_set();
    }
    region_set_release(&set);
    assert_int_equal(failing_memory_blocks, 0);
}

static int set_up(void **state)
{
    (void)state;
    file_count = directory_count = 0;
    directories_mark = 1;
    places_error = ERROR_SUCCESS;
    failing_memory_blocks = 0;
    /* Always the same, so that the buckets of names are. */
    set.key.key[0] = 1;
    set.key.key[1] = 2;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    empty();
    return 0;
}

static uint32_t bucket_of(const char *name)
{
    return (uint32_t)keyed_hash_of(&set.key, name, strlen(name)) % REGION_BUCKETS;
}

/* ---- regions and other files ------------------------------------------------------------- */

static void names_of_regions_end_with_their_suffix(void **state)
{
    static const struct {
        const char *name;
        bool is_region;
    } cases[] = {
        { "1-2.region", true },   { "x.region", true },    { "1.region.region", true },
        { "1-2.regio", false },   { "region", false },     { "x", false },
        { "1-2.regions", false }, { "1.region.x", false }, { ".region", false },
    };

    (void)state;
    add_directory("/a", OWNER);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        add_named(cases[i].name);
    list();
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (all_files[i].opened != cases[i].is_region)
            fail_msg("%s", cases[i].name);
    assert_int_equal(set.count, 3);
}

static void a_set_chooses_a_key_once(void **state)
{
    (void)state;
    set.key.key[0] = 0;
    add_directory("/a", OWNER);
    add_region(1, 1);
    list();
    const uint64_t key = set.key.key[0];
    assert_true(key != 0);
    change(&directories[0]);
    list();
    assert_true(set.key.key[0] == key && set.count == 1);
}

static void regions_of_one_bucket_are_distinguished(void **state)
{
    struct file *files[4];
    uint32_t found = 0;

    (void)state;
    add_directory("/a", OWNER);
    for (uint32_t time = 1; found < 3; time++) {
        char name[48];

        snprintf(name, sizeof(name), "%u-%016x.region", (unsigned)time, (unsigned)time);
        if (bucket_of(name) == 7) {
            files[found] = add_region(time, time);
            files[found]->has_gone = found == 2;
            found++;
        }
    }
    add_directory("/b", OWNER);
    files[3] = add_named(files[0]->name);
    list();
    assert_int_equal(set.count, 3);
    files[2]->has_gone = false;
    change(&directories[0]);
    list();
    assert_true(set.count == 4 && files[2]->opened == 1 && files[0]->opened == 0 &&
                gone_count == 0);
    /* One from the middle of the bucket goes. */
    files[1]->has_gone = true;
    change(&directories[0]);
    list();
    assert_true(set.count == 3 && gone_count == 1 && !region_of(files[1]));
    files[0]->has_gone = true;
    change(&directories[0]);
    list();
    assert_true(set.count == 2 && gone_count == 1);
    assert_string_equal(region_of(files[3])->directory, "/b");
}

static void a_directory_is_listed_when_its_mark_changes(void **state)
{
    (void)state;
    struct directory *first = add_directory("/a", OWNER);
    struct file *region = add_region(1, 1);
    struct directory *second = add_directory("/b", OWNER);
    add_region(2, 2);
    list();
    assert_true(first->opened == 1 && second->opened == 1 && places_opened == 1);
    list();
    assert_true(first->opened == 0 && second->opened == 0 && places_opened == 0);
    region->has_gone = true; /* without a new mark nothing is seen of that */
    list();
    assert_int_equal(set.count, 2);
    change(second);
    list();
    assert_true(first->opened == 0 && second->opened == 1);
    assert_int_equal(set.count, 2);
    change(first);
    list();
    assert_true(set.count == 1 && gone_count == 1);

    first->mark = 0; /* not known: it is listed each time */
    list();
    assert_true(first->opened == 1 && second->opened == 0);
    list();
    assert_true(first->opened == 1 && second->opened == 0);
    directories_mark = 0;
    list();
    assert_int_equal(places_opened, 1);
    list();
    assert_int_equal(places_opened, 1);
}

static void a_refused_file_is_opened_once(void **state)
{
    (void)state;
    add_directory("/a", OWNER);
    struct file *damaged = add_refused("damaged.region", REFUSAL_damaged);
    struct file *unknown = add_refused("unknown.region", REFUSAL_no_region);
    unknown->inode = 0; /* so it counts as the directory's owner's */
    unknown->owner = OTHER_OWNER;
    add_refused("other.region", REFUSAL_damaged)->owner = OTHER_OWNER;
    struct file *dead = add_named("dead.region");
    dead->error = ERROR_FILE_NOT_FOUND;
    struct file *reaped = add_named("reaped.region");
    reaped->error = ERROR_FILE_NOT_FOUND;
    reaped->was_reaped = true;
    /* The same name in folders of the same length and of others. */
    add_directory("/b", OTHER_OWNER);
    struct file *same = add_refused("damaged.region", REFUSAL_version);
    add_directory("/ab", OTHER_OWNER);
    struct file *longer = add_refused("damaged.region", REFUSAL_version);
    list();
    assert_true(damaged->opened && unknown->opened && dead->opened && reaped->opened &&
                same->opened && longer->opened);
    assert_true(set.rejected == 5 && set.reaped == 1 && set.count == 0);
    const char *path;
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, &path), 1);
    assert_string_equal(path, "/a/damaged.region");
    assert_int_equal(refusals_of(REFUSAL_damaged, OTHER_OWNER, NULL), 1);
    assert_int_equal(refusals_of(REFUSAL_no_region, OWNER, NULL), 1);
    assert_int_equal(refusals_of(REFUSAL_no_region, OTHER_OWNER, NULL), 0);
    assert_int_equal(refusals_of(REFUSAL_version, OTHER_OWNER, NULL), 2);

    change(&directories[0]);
    change(&directories[2]);
    list();
    assert_true(!damaged->opened && !unknown->opened && !dead->opened && !longer->opened);
    assert_int_equal(reaped->opened, 1); /* a new file of that name */
    assert_int_equal(refusals_of(REFUSAL_version, OTHER_OWNER, NULL), 2);

    damaged->has_gone = true;
    change(&directories[0]);
    list();
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL), 0);
    assert_int_equal(refusals_of(REFUSAL_no_region, OWNER, NULL), 1);
    damaged->has_gone = false;
    change(&directories[0]);
    list();
    assert_int_equal(damaged->opened, 1);
}

/* Two refused files of one bucket. */
static void refused_files_of_one_bucket_are_distinguished(void **state)
{
    struct file *files[2];
    uint32_t found = 0;

    (void)state;
    add_directory("/a", OWNER);
    for (unsigned i = 1; found < 2; i++) {
        char name[48];

        snprintf(name, sizeof(name), "x%u.region", i);
        if (bucket_of(name) == 9)
            files[found++] = add_refused(name, REFUSAL_damaged);
    }
    files[1]->has_gone = true;
    list();
    files[1]->has_gone = false;
    change(&directories[0]);
    list();
    assert_true(files[0]->opened == 0 && files[1]->opened == 1);
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL), 2);
    files[0]->has_gone = true;
    change(&directories[0]);
    list();
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL), 1);
}

static void a_region_that_is_not_ready_is_tried_again(void **state)
{
    (void)state;
    struct directory *directory = add_directory("/a", OWNER);
    struct file *file = add_region(1, 1);
    struct file *other = add_region(2, 2);
    file->error = ERROR_NOT_READY;
    for (int i = 0; i < 2; i++) {
        list();
        assert_true(directory->opened == 1 && file->opened == 1 && other->opened == (i == 0));
        assert_int_equal(set.unasked, 0);
    }
    file->error = ERROR_SUCCESS;
    list();
    assert_int_equal(set.count, 2);
    list();
    assert_int_equal(directory->opened, 0);
}

/* The system lacks memory or descriptors for the first one: the others would fail, too. */
static void a_region_that_cannot_be_opened_now_is_tried_again(void **state)
{
    (void)state;
    struct directory *directory = add_directory("/a", OWNER);
    struct file *file = add_region(1, 1);
    struct file *other = add_region(2, 2);
    file->error = ERROR_NOT_ENOUGH_MEMORY;
    list();
    assert_true(file->opened == 1 && other->opened == 0 && set.unasked == 1);
    file->error = ERROR_SUCCESS;
    list();
    assert_true(directory->opened == 1 && set.count == 2 && set.unasked == 1);
    list();
    assert_int_equal(directory->opened, 0);
}

static void only_some_unfinished_and_private_files_are_examined(void **state)
{
    (void)state;
    add_directory("/a", OWNER);
    for (unsigned i = 0; i < LIMIT_UNFINISHED; i++)
        add_named(".other"); /* these do not count */
    for (unsigned i = 0; i <= LIMIT_UNFINISHED; i++)
        add_named(".unfinished");
    list();
    assert_int_equal(unfinished_tidied, LIMIT_UNFINISHED);
    assert_int_equal(tidied, 2 * LIMIT_UNFINISHED);
    add_directory("/b", OWNER);
    for (unsigned i = 0; i <= LIMIT_UNFINISHED; i++)
        add_named("1-1.private");
    list();
    assert_int_equal(tidied, LIMIT_UNFINISHED);
}

/* ---- limits ------------------------------------------------------------------------------ */

/* The oldest come first: those without a time, then those with a shorter one, then by its text. */
static void the_oldest_regions_of_a_process_are_kept(void **state)
{
    static const char *const names[] = {
        "9-20.region", "8-20.region", "a.region", "9-1f.region", "7-3.region", "b.region",
    };
    static const char *const kept[] = { "a.region", "b.region", "7-3.region", "9-1f.region",
                                        "8-20.region" };

    (void)state;
    for (size_t turn = 0; turn < 2 * UNIT_COUNT(kept); turn++) {
        const size_t most = turn / 2 + 1;

        file_count = directory_count = 0;
        add_directory("/a", OWNER);
        /* So that there is space for only so many. */
        for (size_t i = most; i < LIMIT_PROCESS_REGIONS; i++) {
            char name[48];

            snprintf(name, sizeof(name), "%u.region", (unsigned)i);
            add_named(name)->process_id = 5;
        }
        for (size_t i = 0; i < UNIT_COUNT(names); i++) /* in both orders */
            add_named(names[turn % 2 ? UNIT_COUNT(names) - 1 - i : i])->process_id = 5;
        list();
        assert_int_equal(set.count, LIMIT_PROCESS_REGIONS);
        assert_int_equal(set.left_out, UNIT_COUNT(names) - most);
        for (size_t i = 0; i < most; i++) {
            bool is_kept = false;
            for (size_t k = 0; k < set.count; k++)
                is_kept |= strcmp(set.regions[k]->name, kept[i]) == 0;
            if (!is_kept)
                fail_msg("%zu: %s", most, kept[i]);
        }
        empty();
        set_up(state);
    }
}

static void what_is_left_out_is_shown_when_there_is_space(void **state)
{
    struct file *files[LIMIT_PROCESS_REGIONS + 1];

    (void)state;
    struct directory *directory = add_directory("/a", OWNER);
    for (uint32_t i = 0; i <= LIMIT_PROCESS_REGIONS; i++)
        files[i] = add_region(5, i + 1);
    add_region(6, 1); /* of another process */
    list();
    assert_true(set.count == LIMIT_PROCESS_REGIONS + 1 && set.left_out == 1);
    assert_int_equal(refusals_of(REFUSAL_region_limit, OWNER, NULL), 1);
    list();
    assert_true(directory->opened == 0 && set.left_out == 1);
    /* Its owner has died, and the reader drops it. */
    struct cached_region *region = region_of(files[0]);
    files[0]->has_gone = true;
    region_set_drop(&set, region);
    region_set_free(&set, region);
    list();
    assert_true(directory->opened == 1 && set.left_out == 0);
    assert_true(set.count == LIMIT_PROCESS_REGIONS + 1 && region_of(files[LIMIT_PROCESS_REGIONS]));
    /* None is left out: no directory is listed for a region that has gone. */
    region = region_of(files[1]);
    files[1]->has_gone = true;
    region_set_drop(&set, region);
    region_set_free(&set, region);
    list();
    assert_int_equal(directory->opened, 0);
}

/* In the owner's own folder and in a shared one. */
static void an_owner_has_a_number_of_regions(void **state)
{
    (void)state;
    for (int is_shared = 0; is_shared < 2; is_shared++) {
        struct directory *directory = add_directory("/a", is_shared ? SHARED_OWNER : OWNER);
        directory->place.is_shared = is_shared;
        for (uint32_t i = 0; i < LIMIT_REGIONS; i++)
            add_region(i + 1, i + 1)->owner = OWNER;
        struct file *last = add_region(LIMIT_REGIONS + 1, LIMIT_REGIONS + 1);
        struct file *others = add_region(LIMIT_REGIONS + 2, LIMIT_REGIONS + 2);
        last->owner = OWNER;
        others->owner = is_shared ? OTHER_OWNER : OWNER;
        list();
        assert_int_equal(set.count, LIMIT_REGIONS + (unsigned)is_shared);
        assert_int_equal(set.left_out, is_shared ? 1 : 2);
        assert_int_equal(refusals_of(REFUSAL_region_limit, OWNER, NULL), is_shared ? 1 : 2);
        assert_int_equal(last->opened, is_shared); /* in its own folder it costs nothing */
        assert_int_equal(others->opened, is_shared);
        empty();
        set_up(state);
    }
}

static void an_owner_has_a_number_of_refused_files(void **state)
{
    (void)state;
    struct directory *directory = add_directory("/a", OWNER);
    for (uint32_t i = 0; i < LIMIT_REFUSED; i++) {
        struct file *file = add_region(i + 1, i + 1);
        file->error = ERROR_INVALID_DATA;
        file->refusal = REFUSAL_damaged;
    }
    struct file *last = add_region(LIMIT_REFUSED + 1, LIMIT_REFUSED + 1);
    list();
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL), LIMIT_REFUSED);
    assert_true(last->opened == 0 && set.count == 0 && set.left_out == 1);
    all_files[0].has_gone = true;
    change(directory);
    list();
    /* The one that has gone counts until the end of the listing. */
    change(directory);
    list();
    assert_true(set.count == 1 && set.left_out == 0);
}

static void the_regions_of_an_owner_have_a_size_together(void **state)
{
    (void)state;
    for (int is_shared = 0; is_shared < 2; is_shared++) {
        struct directory *directory = add_directory("/a", is_shared ? SHARED_OWNER : OWNER);
        directory->place.is_shared = is_shared;
        add_region(1, 1)->size = LIMIT_MAPPED - 4096;
        struct file *larger = add_region(2, 2);
        larger->size = 4097;
        struct file *rest = add_region(3, 3);
        struct file *last = add_region(4, 4);
        last->size = 1;
        for (size_t i = 0; i < 4; i++)
            all_files[i].owner = OWNER;
        list();
        assert_true(set.count == 2 && set.left_out == 2);
        assert_true(region_of(rest)->view.size_limit == 4096);
        assert_true(larger->opened == 1);
        assert_int_equal(last->opened, is_shared); /* what is full is not opened */

        struct cached_region *region = region_of(rest);
        region->view.mapping.size = 8192;
        region_set_charge(&set, region);
        assert_true(region->view.size_limit == 8192 &&
                    region->owner->mapped_size == LIMIT_MAPPED + 4096);
        change(directory);
        list();
        assert_true(set.count == 2 && set.left_out == 2);
        region->view.mapping.size = 2048;
        region_set_charge(&set, region);
        assert_true(region->view.size_limit == 4096 && region->budget_size == 2048);
        empty();
        set_up(state);
    }
}

/* What the owner of a shared directory has does not count against the others who have files there. */
static void a_shared_directory_is_not_full_for_all(void **state)
{
    (void)state;
    add_directory("/own", SHARED_OWNER);
    add_region(1, 1)->size = LIMIT_MAPPED;
    list();
    add_directory("/shared", SHARED_OWNER)->place.is_shared = true;
    struct file *file = add_region(2, 2);
    file->owner = OTHER_OWNER;
    list();
    assert_true(set.count == 2 && file->opened == 1);
}

static void an_owner_has_a_number_of_directories(void **state)
{
    char path[32];

    (void)state;
    add_directory("/shared", OWNER)->place.is_shared = true; /* which does not count */
    for (unsigned i = 0; i <= LIMIT_DIRECTORIES; i++) {
        snprintf(path, sizeof(path), "/%u", i);
        add_directory(path, OWNER);
        add_region(i + 1, i + 1);
    }
    add_directory("/other", OTHER_OWNER);
    add_region(99, 99);
    list();
    assert_int_equal(set.count, LIMIT_DIRECTORIES + 1);
    assert_int_equal(set.refused_directories, 1);
    assert_int_equal(refusals_of(REFUSAL_directory_limit, OWNER, NULL), 1);
    assert_int_equal(set.unasked, 0);
    directories[1].has_gone = true;
    directories_mark++;
    list();
    assert_int_equal(set.count, LIMIT_DIRECTORIES + 1); /* the ninth one is now the eighth */
    assert_int_equal(set.refused_directories, 0);
    assert_int_equal(refusals_of(REFUSAL_directory_limit, OWNER, NULL), 0);
}

/* Regions that are left out in a shared directory are counted for their owners, in each listing of it. */
static void what_a_shared_directory_leaves_out_is_remembered(void **state)
{
    (void)state;
    struct directory *own = add_directory("/own", OTHER_OWNER);
    add_region(9, 9);
    struct directory *shared = add_directory("/shared", SHARED_OWNER);
    shared->place.is_shared = true;
    for (uint32_t i = 0; i <= LIMIT_PROCESS_REGIONS; i++)
        add_region(5, i + 1)->owner = OWNER;
    list();
    assert_int_equal(refusals_of(REFUSAL_region_limit, OWNER, NULL), 1);
    assert_int_equal(refusals_of(REFUSAL_region_limit, SHARED_OWNER, NULL), 0);
    change(own);
    list();
    assert_int_equal(refusals_of(REFUSAL_region_limit, OWNER, NULL), 1);
    change(shared);
    list();
    assert_int_equal(refusals_of(REFUSAL_region_limit, OWNER, NULL), 1);
}

/* ---- directories ------------------------------------------------------------------------- */

static void directories_of_one_bucket_are_distinguished(void **state)
{
    uint32_t found = 0;

    (void)state;
    for (unsigned i = 1; found < 2; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/d%u", i);
        if (bucket_of(path) == 3) {
            add_directory(path, OWNER);
            add_region(++found, 1);
        }
    }
    list();
    assert_int_equal(set.count, 2);
    directories_mark++;
    list(); /* they are the same ones */
    assert_true(directories[0].opened == 0 && directories[1].opened == 0 && set.count == 2);
}

static void a_directory_that_has_gone_is_forgotten(void **state)
{
    (void)state;
    add_directory("/a", OWNER);
    add_region(1, 1);
    list();
    const long blocks_before = failing_memory_blocks;
    struct directory *directory = add_directory("/b", OWNER);
    add_region(2, 2);
    add_refused("x.region", REFUSAL_damaged);
    list();
    assert_true(set.count == 2 && failing_memory_blocks > blocks_before);
    directory->has_gone = true;
    directories_mark++;
    list();
    assert_true(set.count == 1 && gone_count == 1 && directories[0].opened == 0);
    assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL), 0);
    assert_int_equal(failing_memory_blocks, blocks_before);
    directory->has_gone = false;
    directories_mark++;
    list();
    assert_int_equal(set.count, 2);
}

/* The folders are those of earlier listings, until the system can list them. */
static void a_list_of_directories_that_fails_hides_nothing(void **state)
{
    static const struct {
        DWORD open_error, listed;
        bool is_read;
    } cases[] = {
        { ERROR_NOT_ENOUGH_MEMORY, ERROR_SUCCESS, false },
        { ERROR_SUCCESS, ERROR_NOT_ENOUGH_MEMORY, false },
        { ERROR_SUCCESS, ERROR_PATH_NOT_FOUND, false },
        { ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, true }, /* known as soon as it has files */
        { ERROR_SUCCESS, ERROR_ACCESS_DENIED, true },
        { ERROR_SUCCESS, ERROR_SUCCESS, true },
    };

    (void)state;
    add_directory("/a", OWNER);
    add_region(1, 1);
    list();
    struct directory *directory = add_directory("/b", OWNER);
    add_region(2, 2);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const uint64_t unasked = set.unasked;

        directories_mark++;
        directory->listed = cases[i].listed;
        places_error = cases[i].open_error;
        list();
        assert_int_equal(set.unasked - unasked, !cases[i].is_read);
        assert_int_equal(set.count, cases[i].is_read || i > 3 ? 2 : 1);
        list();
        assert_int_equal(places_opened, !cases[i].is_read);
    }
    /* Later failures keep the second one, too. */
    directories_mark++;
    places_error = ERROR_SUCCESS;
    directories[0].listed = ERROR_NOT_ENOUGH_MEMORY;
    directory->has_gone = true;
    list();
    assert_int_equal(set.count, 2);
    directories[0].listed = ERROR_SUCCESS;
    list();
    assert_int_equal(set.count, 1);
}

/* What becomes of the regions of a directory, by what the system reports of it. */
static void an_unknown_directory_keeps_its_regions(void **state)
{
    static const struct {
        const char *name;
        DWORD check_error, open_error, end;
        bool are_kept, is_asked_again, is_refused, is_unreadable;
        unsigned opened;
    } cases[] = {
        { "others can write", ERROR_ACCESS_DENIED, 0, 0, false, false, true, false, 0 },
        { "gone at the check", ERROR_FILE_NOT_FOUND, 0, 0, false, false, false, false, 0 },
        { "no answer", ERROR_NOT_ENOUGH_MEMORY, 0, 0, true, true, false, false, 0 },
        { "gone after the check", 0, ERROR_FILE_NOT_FOUND, 0, false, false, false, false, 1 },
        { "its parent gone", 0, ERROR_PATH_NOT_FOUND, 0, false, false, false, false, 1 },
        { "forbidden", 0, ERROR_ACCESS_DENIED, 0, true, false, false, true, 1 },
        { "no descriptor", 0, ERROR_NOT_ENOUGH_MEMORY, 0, true, true, false, false, 1 },
        { "cut", 0, 0, ERROR_INVALID_DATA, true, true, false, false, 1 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct directory *other = add_directory("/other", OWNER);
        struct file *gone = add_region(50, 1);
        struct file *refused = add_refused("y.region", REFUSAL_version);
        struct directory *directory = add_directory("/a", OWNER);
        for (uint32_t k = 1; k < 16; k++) /* as many as the first array of regions has places */
            add_region(k, k);
        add_refused("x.region", REFUSAL_damaged);
        list();
        assert_int_equal(set.count, 16);
        directory->check_error = cases[i].check_error;
        directory->open_error = cases[i].open_error;
        directory->end = cases[i].end;
        directory->last = 3;
        gone->has_gone = refused->has_gone = true; /* in the other one, which is listed */
        change(other);
        change(directory);
        list();
        const uint64_t damaged = refusals_of(REFUSAL_damaged, OWNER, NULL);
        if (set.count != (cases[i].are_kept ? 15 : 0) || damaged != cases[i].are_kept ||
            set.unasked != cases[i].is_asked_again || directory->opened != cases[i].opened)
            fail_msg("%s: %zu regions, %u unasked", cases[i].name, set.count,
                     (unsigned)set.unasked);
        assert_int_equal(refusals_of(REFUSAL_version, OWNER, NULL), 0);
        assert_int_equal(set.refused_directories, cases[i].is_refused);
        assert_int_equal(refusals_of(REFUSAL_directory_shared, OWNER, NULL), cases[i].is_refused);
        assert_int_equal(refusals_of(REFUSAL_directory_unreadable, OWNER, NULL),
                         cases[i].is_unreadable);
        directory->check_error = directory->open_error = directory->end = 0;
        list();
        assert_int_equal(directory->opened, cases[i].is_asked_again);
        change(directory);
        list();
        assert_int_equal(set.count, 15);
        empty();
        set_up(state);
    }
}

static void a_directory_is_reported_with_its_reasons(void **state)
{
    static const struct {
        bool is_refused, is_link, is_misnamed, is_closed;
        enum region_refusal_reason reasons[2];
    } cases[] = {
        { false, false, false, false, { REFUSAL_NONE, REFUSAL_NONE } },
        { true, false, false, false, { REFUSAL_directory_shared, REFUSAL_NONE } },
        { true, true, false, false, { REFUSAL_directory_link, REFUSAL_NONE } },
        { true, true, true, false, { REFUSAL_directory_link, REFUSAL_NONE } },
        { false, false, true, false, { REFUSAL_directory_of_other_name, REFUSAL_NONE } },
        { false, false, false, true, { REFUSAL_directory_unreadable, REFUSAL_NONE } },
        { true, true, false, true, { REFUSAL_directory_unreadable, REFUSAL_NONE } },
        { false,
          false,
          true,
          true,
          { REFUSAL_directory_unreadable, REFUSAL_directory_of_other_name } },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static struct region_refusals refusals;
        struct directory *directory = add_directory("/a", OWNER);
        uint32_t count = 0;

        directory->place.is_link = cases[i].is_link;
        directory->place.is_misnamed = cases[i].is_misnamed;
        directory->place.is_closed = cases[i].is_closed;
        directory->check_error = cases[i].is_refused ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
        list();
        for (int k = 0; k < 2; k++) {
            count += cases[i].reasons[k] != REFUSAL_NONE;
            assert_int_equal(refusals_of(cases[i].reasons[k], OWNER, NULL),
                             cases[i].reasons[k] != REFUSAL_NONE);
        }
        memset(&refusals, 0, sizeof(refusals));
        region_set_refusals(&set, &refusals);
        assert_int_equal(refusals.count, count);
        empty();
        set_up(state);
    }
}

/* ---- no memory --------------------------------------------------------------------------- */

/* Each request for memory is refused in turn. What is known stays, and the next listing finds the rest. */
static void a_listing_without_memory_hides_nothing(void **state)
{
    bool was_refused = true;
    unsigned unnoticed = 0;

    for (unsigned request = 1; was_refused; request++) {
        assert_true(request < MOST_REQUESTS);
        add_directory("/a", OWNER);
        add_region(1, 1);
        list();
        const uint64_t unasked = set.unasked;
        /* A directory whose owner is another one by the time of the check. */
        add_directory("/b", OWNER)->checked_owner = OTHER_OWNER;
        for (uint32_t i = 2; i < 20; i++)
            add_region(i, i);
        add_refused("x.region", REFUSAL_damaged);
        struct file *dead = add_named("y.region");
        dead->error = ERROR_FILE_NOT_FOUND;
        add_directory("/c", OTHER_OWNER)->place.is_shared = true;
        add_region(30, 30)->owner = THIRD_OWNER;
        add_directory("/d", FOURTH_OWNER);
        add_region(31, 31);
        failing_memory_countdown = request;
        list();
        was_refused = failing_memory_countdown == 0;
        failing_memory_countdown = 0;
        assert_true(set.count >= 1 && gone_count == 0);
        unnoticed += was_refused && set.unasked == unasked;
        assert_true(was_refused || set.unasked == unasked);
        list();
        assert_int_equal(set.count, 21);
        assert_int_equal(refusals_of(REFUSAL_damaged, OWNER, NULL) +
                             refusals_of(REFUSAL_damaged, OTHER_OWNER, NULL),
                         1);
        change(&directories[1]);
        list();
        assert_int_equal(dead->opened, 0);
        assert_int_equal(set.count, 21);
        empty();
        set_up(state);
    }
    /* Whether an owner's budget is full: without an answer, the next file is looked at. */
    assert_int_equal(unnoticed, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_of_regions_end_with_their_suffix),
        TEST(a_set_chooses_a_key_once),
        TEST(regions_of_one_bucket_are_distinguished),
        TEST(a_directory_is_listed_when_its_mark_changes),
        TEST(a_refused_file_is_opened_once),
        TEST(refused_files_of_one_bucket_are_distinguished),
        TEST(a_region_that_is_not_ready_is_tried_again),
        TEST(a_region_that_cannot_be_opened_now_is_tried_again),
        TEST(only_some_unfinished_and_private_files_are_examined),
        TEST(the_oldest_regions_of_a_process_are_kept),
        TEST(what_is_left_out_is_shown_when_there_is_space),
        TEST(an_owner_has_a_number_of_regions),
        TEST(an_owner_has_a_number_of_refused_files),
        TEST(the_regions_of_an_owner_have_a_size_together),
        TEST(a_shared_directory_is_not_full_for_all),
        TEST(an_owner_has_a_number_of_directories),
        TEST(what_a_shared_directory_leaves_out_is_remembered),
        TEST(directories_of_one_bucket_are_distinguished),
        TEST(a_directory_that_has_gone_is_forgotten),
        TEST(a_list_of_directories_that_fails_hides_nothing),
        TEST(an_unknown_directory_keeps_its_regions),
        TEST(a_directory_is_reported_with_its_reasons),
        TEST(a_listing_without_memory_hides_nothing),
    };

    return cmocka_run_group_tests_name("region listing", tests, NULL, NULL);
}
