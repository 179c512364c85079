/* SPDX-License-Identifier: MIT
 *
 * Publishes the providers of this process in a file, with a thread. Both exist while there is a
 * set.
 */
#include "perflib_publish.h"

#include <stdlib.h>

#include "os.h"
#include "os_region.h"
#include "os_thread.h"
#include "perflib_consumer.h"
#include "perflib_image.h"
#include "perflib_system.h"
#include "share_service.h"
#include "share_wishes.h"
#include "share_writer.h"
#include "text.h"

#define LOOK_MS 100   /* chosen: period of the search for requests, see perflib_share.h */
#define WISH_LOOKS 10 /* such periods between two searches for consumers that have ended */

static struct os_lock publisher_lock; /* protects the following */
static bool is_allowed, is_running;
static struct share_writer shared;

static bool has_sets(void)
{
    bool has = false;

    perflib_state_lock();
    for (const struct perflib_provider *provider = perflib_state_first_provider(); provider && !has;
         provider = provider->next)
        has = !provider->is_remote && provider->first_set;
    perflib_state_unlock();
    return has;
}

/* ---- a new state ----------------------------------------------------------------------------- */

static DWORD add_callees(struct perflib_callees *callees)
{
    DWORD error = ERROR_SUCCESS;
    size_t count = 0;

    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next)
        count += !provider->is_remote;
    callees->items = calloc(count + 1, sizeof(*callees->items));
    if (!callees->items)
        error = ERROR_NOT_ENOUGH_MEMORY;
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !error;
         provider = provider->next) {
        if (provider->is_remote)
            continue;
        callees->items[callees->count++].provider = provider;
        provider->users++;
    }
    perflib_state_unlock();
    return error;
}

static ULONG status_of(void *context, const struct perflib_provider *provider)
{
    const struct perflib_callees *callees = context;

    for (size_t i = 0; i < callees->count; i++)
        if (callees->items[i].provider == provider)
            return callees->items[i].result;
    return ERROR_SUCCESS; /* it started during the calls */
}

static void write_state(struct perflib_writer *writer, struct perflib_callees *callees)
{
    share_service_write_replies(writer);
    perflib_image_write(writer, status_of, callees);
}

static void refresh(void)
{
    struct perflib_callees callees = { 0 };
    struct perflib_writer writer = { 0 };
    WCHAR machine[PERFLIB_MACHINE_LENGTH];

    if (add_callees(&callees))
        return;
    perflib_consumer_machine(machine);
    const ULONG machine_size = (ULONG)((text_length(machine) + 1) * sizeof(*machine));
    share_service_round();
    perflib_consumer_call(&callees, PERF_COLLECT_START, machine, machine_size);

    perflib_state_lock();
    write_state(&writer, &callees);
    if (writer.used <= SHARE_IMAGE_LIMIT) {
        writer.capacity = writer.used;
        writer.data = malloc(writer.capacity + 1);
        writer.used = 0;
        if (writer.data)
            write_state(&writer, &callees);
    }
    perflib_state_unlock();
    perflib_consumer_call(&callees, PERF_COLLECT_END, machine, machine_size);
    perflib_consumer_release_callees(&callees);

    os_lock_acquire(&publisher_lock);
    if (shared.header)
        share_writer_write(&shared, writer.data, writer.used);
    os_lock_release(&publisher_lock);
    free(writer.data);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void run(void *argument)
{
    unsigned looks = 0;
    bool goes_on = true;

    (void)argument;
    while (goes_on) {
        /* The check is under the lock, because a provider may start in between. */
        os_lock_acquire(&publisher_lock);
        goes_on = is_allowed && shared.header && has_sets();
        const bool is_asked = goes_on && os_region_is_asked(&shared.file);
        if (!goes_on) {
            share_service_forget();
            share_writer_close(&shared);
            is_running = false;
        }
        os_lock_release(&publisher_lock);
        if (is_asked)
            refresh();
        else if (goes_on && ++looks % WISH_LOOKS == 0 && share_service_has_wishes())
            share_service_round(); /* a consumer that ends asks nothing */
        if (goes_on)
            os_sleep_ms(LOOK_MS);
    }
}

/* A child of fork does not have the thread, and the file belongs to its parent. */
static void in_child(void)
{
    share_writer_abandon(&shared);
    share_service_abandon();
    is_running = false;
    share_wishes_in_child();
    os_lock_release(&publisher_lock);
}

static void before_fork(void)
{
    os_lock_acquire(&publisher_lock);
    share_wishes_before_fork();
}

static void in_parent(void)
{
    share_wishes_in_parent();
    os_lock_release(&publisher_lock);
}

void perflib_publish_allow(bool allowed)
{
    static bool watches_fork;

    os_lock_acquire(&publisher_lock);
    is_allowed = allowed;
    const bool must_watch = allowed && !watches_fork;
    watches_fork = watches_fork || allowed;
    os_lock_release(&publisher_lock);
    if (must_watch)
        os_thread_watch_fork(before_fork, in_parent, in_child);
    perflib_publish_changed();
}

void perflib_publish_changed(void)
{
    os_lock_acquire(&publisher_lock);
    if (is_allowed && has_sets()) {
        /* The thread of an earlier provider may still run. It continues with the new file. */
        if (!shared.header)
            share_writer_open(&shared, OS_REGION_COUNTERS_SUFFIX, SHARE_MAGIC);
        if (shared.header && !is_running)
            is_running = perflib_system_run(run, NULL) == ERROR_SUCCESS;
        if (!is_running)
            share_writer_close(&shared);
    } else {
        /* The file is closed here, because a program that stops its provider may end before the
           thread notices. */
        share_writer_close(&shared);
    }
    os_lock_release(&publisher_lock);
}
