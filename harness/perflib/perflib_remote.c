/* SPDX-License-Identifier: MIT
 *
 * Reads the sets that other processes publish. Each refresh opens their files, sends a request to
 * all of them at once, and reads the files when all have answered or the time is over.
 */
#include "perflib_remote.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "os_region.h"
#include "perflib_image.h"
#include "perflib_state.h"

#define ANSWER_MS 1500 /* a callback (1 s), LOOK_MS of the owner, and a reserve */
#define NAME_SIZE 512  /* of a file's name, in bytes */
#define TRIES 8        /* to read a copy that is not overwritten at the same time */
#define MAP_LIMIT (8u * SHARE_IMAGE_LIMIT) /* both copies, and their old places */

/* An open file. */
struct opened {
    struct os_region_source source;
    struct os_region_mapping mapping;
    uint64_t number; /* the last state at the time of the request */
    char directory[OS_PATH_SIZE], name[NAME_SIZE];
};

struct refresh {
    struct opened **files;
    size_t count;
    struct os_region_mapping *mappings; /* of all files, for the fault handler */
    size_t total;                       /* bytes read so far */
    struct perflib_provider *first, **last;
    struct perflib_share_counts counts;
};

static struct os_lock remote_lock; /* one refresh at a time */
static bool is_allowed;
static uint64_t refreshed_at;              /* 100 ns; 0: never */
static struct perflib_share_counts counts; /* of the last refresh */
static struct perflib_provider **known;    /* in the emulation's list, or still in use */
static size_t known_count;

static const struct share_header *header_of(const struct opened *opened)
{
    return (const struct share_header *)opened->mapping.memory;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void close_opened(struct refresh *refresh, struct opened *opened)
{
    struct os_region_mapping **link = &refresh->mappings;

    while (*link && *link != &opened->mapping)
        link = &(*link)->next;
    if (*link)
        *link = opened->mapping.next;
    os_region_unmap_read(&opened->mapping);
    os_region_close(&opened->source);
    free(opened);
}

static bool map(struct refresh *refresh, struct opened *opened)
{
    const uint64_t size = opened->source.size < MAP_LIMIT ? opened->source.size : MAP_LIMIT;

    if (size < sizeof(struct share_header) ||
        !os_region_map_read(&opened->source, (size_t)size, &opened->mapping))
        return false;
    opened->mapping.next = refresh->mappings;
    refresh->mappings = &opened->mapping;
    return true;
}

/* Check the header, and that its process is live and belongs to the file's owner. */
static bool is_sound(const struct opened *opened)
{
    struct share_header header;

    memcpy(&header, opened->mapping.memory, sizeof(header));
    return memcmp(header.magic, SHARE_MAGIC, sizeof(header.magic)) == 0 &&
           header.header_size == sizeof(header) && header.process_id != 0 &&
           header.process_id == os_region_name_process_id(opened->name) &&
           os_region_life(&opened->source) == OS_REGION_LIVE &&
           os_region_is_of(&opened->source, header.process_id);
}

/* The file of a dead process is removed if this user may do so. An unfinished file may become valid
   later. */
static bool accept(struct refresh *refresh, struct opened *opened)
{
    if (!opened->source.has_other_names && map(refresh, opened) && is_sound(opened))
        return true;
    if (os_region_life(&opened->source) == OS_REGION_DEAD)
        os_region_reap(&opened->source, opened->directory, opened->name);
    return false;
}

static size_t count_of_owner(const struct refresh *refresh, uint64_t owner)
{
    size_t count = 0;

    for (size_t i = 0; i < refresh->count; i++)
        count += refresh->files[i]->source.owner == owner;
    return count;
}

static void take_file(struct refresh *refresh, const char *directory, const char *name)
{
    const size_t length = strlen(name), suffix = strlen(OS_REGION_COUNTERS_SUFFIX);

    if (length <= suffix || length >= NAME_SIZE ||
        strcmp(name + length - suffix, OS_REGION_COUNTERS_SUFFIX) != 0 ||
        os_region_name_process_id(name) == os_process_id() || refresh->count == SHARE_FILE_LIMIT)
        return;
    struct opened *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return;
    memcpy(opened->name, name, length + 1);
    memcpy(opened->directory, directory, strlen(directory) + 1);
    if (os_region_open(&opened->source, directory, name)) {
        free(opened);
        return;
    }
    if (count_of_owner(refresh, opened->source.owner) < SHARE_USER_LIMIT &&
        accept(refresh, opened) && !os_region_ask(&opened->source)) {
        opened->number = atomic_load(&header_of(opened)->begun);
        refresh->files[refresh->count++] = opened;
        return;
    }
    refresh->counts.refused++;
    close_opened(refresh, opened);
}

static void list_files(struct refresh *refresh)
{
    struct os_region_places places;
    struct os_region_place place;
    struct os_directory directory;
    char name[NAME_SIZE];
    DWORD error;

    if (os_region_places_open(&places))
        return;
    while ((error = os_region_places_next(&places, &place)) != ERROR_NO_MORE_FILES) {
        if (error || os_directory_open(&directory, place.path))
            continue;
        while (!os_directory_next(&directory, name, sizeof(name)))
            take_file(refresh, place.path, name);
        os_directory_close(&directory);
    }
    os_region_places_close(&places);
}

/* ---- states ---------------------------------------------------------------------------------- */

/* Whether the owner has finished a state that it began after the request. */
static bool has_answered(const struct opened *opened)
{
    return atomic_load(&header_of(opened)->finished) > opened->number || opened->mapping.is_cut;
}

static void wait_for_answers(const struct refresh *refresh)
{
    const uint64_t begin = os_time_100ns();

    for (size_t i = 0; i < refresh->count; i++)
        while (!has_answered(refresh->files[i]) && os_time_100ns() - begin < ANSWER_MS * 10000ull)
            os_sleep_ms(5);
}

/* A private copy of the last state. Its data is NULL if there is no state or it cannot be read. */
static struct span copy_state(const struct opened *opened, size_t most)
{
    const struct share_header *header = header_of(opened);
    const struct span all = { opened->mapping.memory, opened->mapping.size };

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
        if (atomic_load(&header->begun) <= number + 1 && !opened->mapping.is_cut)
            return (struct span){ bytes, (size_t)size };
        free(bytes);
    }
    return (struct span){ 0 };
}

/* Map a file again if it has grown. */
static bool map_again(struct refresh *refresh, struct opened *opened)
{
    struct os_region_source source;

    if (os_region_open(&source, opened->directory, opened->name))
        return false;
    const bool is_same =
        source.device == opened->source.device && source.inode == opened->source.inode;
    os_region_close(&source);
    if (!is_same)
        return false;
    struct os_region_mapping **link = &refresh->mappings;
    while (*link != &opened->mapping)
        link = &(*link)->next;
    *link = opened->mapping.next;
    os_region_unmap_read(&opened->mapping);
    opened->source.size = source.size;
    return map(refresh, opened);
}

static void read_file(struct refresh *refresh, struct opened *opened)
{
    const size_t rest = SHARE_TOTAL_LIMIT - refresh->total;
    struct perflib_provider *providers = NULL;

    if (!map_again(refresh, opened) || !has_answered(opened))
        return;
    const struct span state =
        copy_state(opened, rest < SHARE_IMAGE_LIMIT ? rest : SHARE_IMAGE_LIMIT);
    if (!state.data) {
        refresh->counts.refused++;
        return;
    }
    refresh->total += state.size;
    if (perflib_image_read(state, &providers))
        refresh->counts.refused++;
    else
        refresh->counts.read++;
    free((void *)(uintptr_t)state.data);
    *refresh->last = providers;
    while (*refresh->last)
        refresh->last = &(*refresh->last)->next;
}

/* ---- providers ------------------------------------------------------------------------------- */

/* Replace the providers of the last refresh. A provider that a call still uses is freed later. */
static void replace_known(struct perflib_provider *providers)
{
    size_t kept = 0, count = 0;

    for (const struct perflib_provider *provider = providers; provider; provider = provider->next)
        count++;
    perflib_state_lock();
    for (size_t i = 0; i < known_count; i++) {
        struct perflib_provider *provider = known[i];

        if (provider->remote_is_listed) {
            perflib_state_remove_provider(provider);
            provider->remote_is_listed = false;
            provider->next = NULL;
        }
        if (provider->users == 0)
            perflib_image_release(provider);
        else
            known[kept++] = provider;
    }
    known_count = kept;
    struct perflib_provider **larger = realloc(known, (known_count + count + 1) * sizeof(*larger));
    if (larger)
        known = larger;
    for (struct perflib_provider *next; providers && larger; providers = next) {
        next = providers->next;
        perflib_state_add_provider(providers);
        providers->remote_is_listed = true;
        known[known_count++] = providers;
    }
    perflib_state_unlock();
    perflib_image_release(providers); /* the providers for which there was no memory */
}

static void refresh_all(void)
{
    struct refresh refresh = { .files = calloc(SHARE_FILE_LIMIT, sizeof(*refresh.files)) };
    struct os_region_guard guard;

    refresh.last = &refresh.first;
    if (!refresh.files)
        return;
    os_region_guard_begin(&guard, &refresh.mappings);
    list_files(&refresh);
    wait_for_answers(&refresh);
    for (size_t i = 0; i < refresh.count; i++)
        read_file(&refresh, refresh.files[i]);
    for (size_t i = 0; i < refresh.count; i++)
        close_opened(&refresh, refresh.files[i]);
    os_region_guard_end(&guard);
    free(refresh.files);
    replace_known(refresh.first);
    counts = refresh.counts;
    refreshed_at = os_time_100ns();
}

void perflib_remote_refresh(uint32_t oldest_ms)
{
    os_lock_acquire(&remote_lock);
    if (is_allowed &&
        (refreshed_at == 0 || os_time_100ns() - refreshed_at > (uint64_t)oldest_ms * 10000))
        refresh_all();
    os_lock_release(&remote_lock);
}

void perflib_remote_allow(bool allowed)
{
    os_lock_acquire(&remote_lock);
    is_allowed = allowed;
    if (!allowed)
        replace_known(NULL);
    refreshed_at = 0;
    os_lock_release(&remote_lock);
}

struct perflib_share_counts perflib_remote_counts(void)
{
    os_lock_acquire(&remote_lock);
    const struct perflib_share_counts result = counts;
    os_lock_release(&remote_lock);
    return result;
}
