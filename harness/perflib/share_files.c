/* SPDX-License-Identifier: MIT
 *
 * Opens the shared files of other processes and copies their states: see share_files.h.
 */
#include "share_files.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"

#define TRIES 8 /* chosen: to read a copy that is not overwritten at the same time */
#define MAP_LIMIT (8u * SHARE_IMAGE_LIMIT) /* both copies, and their old places */

static const struct share_header *header_of(const struct share_file *file)
{
    return (const struct share_header *)file->mapping.memory;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void unmap(struct share_files *files, struct share_file *file)
{
    struct os_region_mapping **link = &files->mappings;

    while (*link && *link != &file->mapping)
        link = &(*link)->next;
    if (*link)
        *link = file->mapping.next;
    os_region_unmap_read(&file->mapping);
}

static void close_file(struct share_files *files, struct share_file *file)
{
    unmap(files, file);
    os_region_close(&file->source);
    free(file);
}

static bool map(struct share_files *files, struct share_file *file)
{
    const uint64_t size = file->source.size < MAP_LIMIT ? file->source.size : MAP_LIMIT;

    if (size < sizeof(struct share_header) ||
        !os_region_map_read(&file->source, (size_t)size, &file->mapping))
        return false;
    file->mapping.next = files->mappings;
    files->mappings = &file->mapping;
    return true;
}

/* Check the header, and that its process is live and belongs to the file's owner. */
static bool is_sound(struct share_file *file, const char *magic)
{
    struct share_header header;

    memcpy(&header, file->mapping.memory, sizeof(header));
    file->process_id = header.process_id;
    file->process_start = header.process_start;
    return memcmp(header.magic, magic, sizeof(header.magic)) == 0 &&
           header.header_size == sizeof(header) && header.process_id != 0 &&
           header.process_id == os_region_name_process_id(file->name) &&
           os_region_life(&file->source) == OS_REGION_LIVE &&
           os_region_is_of(&file->source, header.process_id);
}

/* The file of a dead process is removed if this user may do so. An unfinished file may become valid
   later. */
static bool accept(struct share_files *files, struct share_file *file, const char *magic)
{
    if (!file->source.has_other_names && map(files, file) && is_sound(file, magic))
        return true;
    if (os_region_life(&file->source) == OS_REGION_DEAD)
        os_region_reap(&file->source, file->directory, file->name);
    return false;
}

static size_t count_of_owner(const struct share_files *files, uint64_t owner)
{
    size_t count = 0;

    for (size_t i = 0; i < files->count; i++)
        count += files->items[i]->source.owner == owner;
    return count;
}

/* Whether the system could not say what exists. Other users can cause the other errors. */
static bool is_lack(DWORD error)
{
    return error == ERROR_TOO_MANY_OPEN_FILES || error == ERROR_NOT_ENOUGH_MEMORY;
}

/* Which files are opened. */
struct kind {
    const char *suffix, *magic;
    bool asks;
};

static void take_file(struct share_files *files, const struct kind *kind, const char *directory,
                      const char *name)
{
    const size_t length = strlen(name), suffix = strlen(kind->suffix);

    if (length <= suffix || length >= OS_NAME_SIZE ||
        strcmp(name + length - suffix, kind->suffix) != 0 ||
        os_region_name_process_id(name) == os_process_id() || files->count == SHARE_FILE_LIMIT)
        return;
    struct share_file *file = calloc(1, sizeof(*file));
    if (!file) {
        files->is_incomplete = true;
        return;
    }
    memcpy(file->name, name, length + 1);
    memcpy(file->directory, directory, strlen(directory) + 1);
    const DWORD error = os_region_open(&file->source, directory, name);
    if (error) {
        free(file);
        files->is_incomplete |= is_lack(error);
        return;
    }
    if (count_of_owner(files, file->source.owner) < SHARE_USER_LIMIT &&
        accept(files, file, kind->magic) && (!kind->asks || !os_region_ask(&file->source))) {
        file->number = atomic_load(&header_of(file)->begun);
        files->items[files->count++] = file;
        return;
    }
    files->refused++;
    close_file(files, file);
}

static void list_files(struct share_files *files, const struct kind *kind)
{
    struct os_region_places places;
    struct os_region_place place;
    struct os_directory directory;
    char name[OS_NAME_SIZE];
    DWORD error;

    if (os_region_places_open(&places) != ERROR_SUCCESS) {
        files->is_incomplete = true;
        return;
    }
    while ((error = os_region_places_next(&places, &place)) != ERROR_NO_MORE_FILES) {
        if (!error)
            error = os_directory_open(&directory, place.path);
        if (error) {
            files->is_incomplete |= is_lack(error);
            continue;
        }
        while (!(error = os_directory_next(&directory, name, sizeof(name))))
            take_file(files, kind, place.path, name);
        files->is_incomplete |= error != ERROR_NO_MORE_FILES;
        os_directory_close(&directory);
    }
    os_region_places_close(&places);
}

bool share_files_open(struct share_files *files, const char *suffix, const char *magic, bool asks)
{
    const struct kind kind = { suffix, magic, asks };

    *files = (struct share_files){ .items = calloc(SHARE_FILE_LIMIT, sizeof(*files->items)) };
    if (!files->items)
        return false;
    os_region_guard_begin(&files->guard, &files->mappings);
    list_files(files, &kind);
    return true;
}

/* ---- states ---------------------------------------------------------------------------------- */

bool share_files_has_answered(const struct share_file *file)
{
    return atomic_load(&header_of(file)->finished) > file->number || file->mapping.is_cut;
}

void share_files_wait(const struct share_files *files, uint32_t limit_ms)
{
    const uint64_t begin = os_time_100ns();

    for (size_t i = 0; i < files->count; i++)
        while (!share_files_has_answered(files->items[i]) &&
               os_time_100ns() - begin < limit_ms * 10000ull)
            os_sleep_ms(5);
}

/* Map a file again: it may have grown. */
static bool map_again(struct share_files *files, struct share_file *file)
{
    struct os_region_source source;

    if (os_region_open(&source, file->directory, file->name))
        return false;
    const bool is_same = source.device == file->source.device && source.inode == file->source.inode;
    os_region_close(&source);
    if (!is_same)
        return false;
    unmap(files, file);
    file->source.size = source.size;
    return map(files, file);
}

/* The bytes that a file's state may have. The files of one user cannot use up the space for the
   files of the others. */
static size_t size_limit(const struct share_files *files, const struct share_file *file)
{
    size_t most = SHARE_IMAGE_LIMIT, total = 0, of_user = 0;

    for (size_t i = 0; i < files->count; i++) {
        total += files->items[i]->used;
        if (files->items[i]->source.owner == file->source.owner)
            of_user += files->items[i]->used;
    }
    if (most > SHARE_TOTAL_LIMIT - total)
        most = SHARE_TOTAL_LIMIT - total;
    return most > SHARE_USER_SIZE_LIMIT - of_user ? SHARE_USER_SIZE_LIMIT - of_user : most;
}

struct span share_files_copy(struct share_files *files, struct share_file *file)
{
    const size_t most = size_limit(files, file);

    if (!map_again(files, file))
        return (struct span){ 0 };
    const struct share_header *header = header_of(file);
    const struct span all = { file->mapping.memory, file->mapping.size };
    for (int i = 0; i < TRIES; i++) {
        const uint64_t number = atomic_load(&header->finished);
        const struct share_copy *copy = &header->copies[number % 2];
        const uint64_t offset = atomic_load(&copy->offset), size = atomic_load(&copy->size);

        if (number == 0 || size > most || offset > all.size)
            break;
        const void *data = span_at(all, (size_t)offset, (size_t)size);
        unsigned char *bytes = data ? malloc((size_t)size + 1) : NULL;
        if (!bytes)
            break;
        memcpy(bytes, data, (size_t)size);
        /* x86 keeps loads in order, and the compiler must keep them too. ThreadSanitizer does not
         * support fences. */
        atomic_signal_fence(memory_order_seq_cst);
        if (atomic_load(&header->begun) <= number + 1 && !file->mapping.is_cut) {
            file->used = (size_t)size;
            return (struct span){ bytes, (size_t)size };
        }
        free(bytes);
    }
    return (struct span){ 0 };
}

void share_files_close(struct share_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        close_file(files, files->items[i]);
    os_region_guard_end(&files->guard);
    free(files->items);
    files->items = NULL;
    files->count = 0;
}
