/* SPDX-License-Identifier: MIT
 *
 * Reads the sets that other processes publish. Each refresh opens their files, sends a request to
 * all of them at once, and reads the files when all have answered or the time is over.
 */
#include "perflib_remote.h"

#include <stdlib.h>

#include "array.h"
#include "os.h"
#include "perflib_image.h"
#include "perflib_state.h"
#include "share_files.h"
#include "share_wishes.h"

#define ANSWER_MS 1500 /* a callback (1 s), LOOK_MS of the owner, and a reserve */
#define WISH_MS 2000   /* more for wishes: a round of calls (1 s) and its last call (1 s) */

static struct os_lock remote_lock; /* one refresh at a time */
static bool is_allowed;
static uint64_t refreshed_at;              /* 100 ns; 0: never */
static struct perflib_share_counts counts; /* of the last refresh */
static struct perflib_provider **known;    /* in the emulation's list, or still in use */
static size_t known_count, known_capacity;

/* ---- states ---------------------------------------------------------------------------------- */

/* The providers that have been read, as a list. */
struct readings {
    struct perflib_provider *first, **last;
    struct perflib_share_counts counts;
};

static void read_file(struct share_files *files, struct share_file *file, struct readings *readings)
{
    struct perflib_provider *providers = NULL;
    struct span sets;

    if (!share_files_has_answered(file))
        return;
    const struct span state = share_files_copy(files, file);
    if (state.data && share_wishes_read_replies(state, &sets) &&
        !perflib_image_read(sets, &providers))
        readings->counts.read++;
    else
        readings->counts.refused++;
    free((void *)(uintptr_t)state.data);
    *readings->last = providers;
    while (*readings->last)
        readings->last = &(*readings->last)->next;
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
    struct perflib_provider **larger =
        array_reserve(known, &known_capacity, known_count + count + 1, sizeof(*larger));
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
    struct readings readings = { .last = &readings.first };
    struct share_files files;

    if (!share_files_open(&files, OS_REGION_COUNTERS_SUFFIX, SHARE_MAGIC, true))
        return;
    share_files_wait(&files, ANSWER_MS + (share_wishes_are_open() ? WISH_MS : 0));
    for (size_t i = 0; i < files.count; i++)
        read_file(&files, files.items[i], &readings);
    readings.counts.refused += files.refused;
    share_files_close(&files);
    replace_known(readings.first);
    counts = readings.counts;
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
