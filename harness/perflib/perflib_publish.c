/* SPDX-License-Identifier: MIT
 *
 * Publishes the providers of this process in a file, with a thread. Both exist while there is a
 * set.
 */
#include "perflib_publish.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "os_region.h"
#include "perflib_consumer.h"
#include "perflib_image.h"
#include "perflib_shared_file.h"
#include "perflib_system.h"
#include "text.h"

#define LOOK_MS 100     /* period of the search for requests: perflib_share.h */
#define FIRST_SIZE 8192 /* of a copy, in bytes */

/* A copy that is mapped into this process. */
struct mapped_copy {
    unsigned char *memory;
    size_t capacity;
};

static struct os_lock publisher_lock; /* protects the following */
static bool is_allowed, is_running;
static struct os_region_file file;
static struct share_header *header; /* NULL: there is no file */
static struct mapped_copy copies[2];
static uint64_t file_size;

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

/* ---- the file -------------------------------------------------------------------------------- */

static void close_file(void)
{
    if (!header)
        return;
    for (size_t i = 0; i < 2; i++)
        if (copies[i].memory)
            os_region_unmap(copies[i].memory, copies[i].capacity);
    os_region_unmap(header, os_region_alignment());
    memset(copies, 0, sizeof(copies));
    header = NULL;
    os_region_remove(&file);
}

/* A program that cannot publish continues without it. */
static void open_file(void)
{
    char directory[OS_PATH_SIZE];

    if (os_region_directory(directory, sizeof(directory)) ||
        os_region_create(&file, directory, OS_REGION_COUNTERS_SUFFIX))
        return;
    file_size = os_region_alignment();
    if (!os_region_grow(&file, file_size))
        header = os_region_map(&file, 0, (size_t)file_size, NULL);
    if (!header) {
        os_region_remove(&file);
        return;
    }
    memcpy(header->magic, SHARE_MAGIC, sizeof(header->magic));
    header->header_size = sizeof(*header);
    header->process_id = os_process_id();
    header->process_start = os_region_process_start();
    if (os_region_publish(&file))
        close_file();
}

/* A copy grows by moving to a new place at the end of the file. The unused bytes are at most as
   many as the used ones. */
static bool reserve(size_t i, size_t size)
{
    struct mapped_copy *copy = &copies[i];
    size_t capacity = FIRST_SIZE;

    if (size <= copy->capacity)
        return true;
    while (capacity < size)
        capacity *= 2;
    capacity =
        (capacity + os_region_alignment() - 1) / os_region_alignment() * os_region_alignment();
    if (os_region_grow(&file, file_size + capacity))
        return false;
    unsigned char *memory = os_region_map(&file, file_size, capacity, NULL);
    if (!memory)
        return false;
    if (copy->memory)
        os_region_unmap(copy->memory, copy->capacity);
    *copy = (struct mapped_copy){ memory, capacity };
    atomic_store(&header->copies[i].offset, file_size);
    file_size += capacity;
    return true;
}

static void write_copy(const unsigned char *data, size_t size)
{
    const uint64_t number = atomic_load(&header->finished) + 1;
    const size_t i = number % 2;

    /* A reader of the older copy notices that the copy is being overwritten. */
    atomic_exchange(&header->begun, number); /* no later write comes before an exchange */
    if (!reserve(i, size))
        size = 0; /* no memory: publish nothing instead of old values */
    if (size)
        memcpy(copies[i].memory, data, size);
    atomic_store(&header->copies[i].size, size);
    atomic_store(&header->finished, number);
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

static void refresh(void)
{
    struct perflib_callees callees = { 0 };
    struct perflib_writer writer = { 0 };
    WCHAR machine[PERFLIB_MACHINE_LENGTH];

    if (add_callees(&callees))
        return;
    perflib_consumer_machine(machine);
    const ULONG machine_size = (ULONG)((text_length(machine) + 1) * sizeof(*machine));
    perflib_consumer_call(&callees, PERF_COLLECT_START, machine, machine_size);

    perflib_state_lock();
    perflib_image_write(&writer, status_of, &callees);
    if (writer.used <= SHARE_IMAGE_LIMIT) {
        writer.capacity = writer.used;
        writer.data = malloc(writer.capacity + 1);
        writer.used = 0;
        if (writer.data)
            perflib_image_write(&writer, status_of, &callees);
    }
    perflib_state_unlock();
    perflib_consumer_call(&callees, PERF_COLLECT_END, machine, machine_size);
    perflib_consumer_release_callees(&callees);

    os_lock_acquire(&publisher_lock);
    if (header)
        write_copy(writer.data, writer.data ? writer.used : 0);
    os_lock_release(&publisher_lock);
    free(writer.data);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void run(void *argument)
{
    bool goes_on = true;

    (void)argument;
    while (goes_on) {
        /* The check is under the lock, because a provider may start in between. */
        os_lock_acquire(&publisher_lock);
        goes_on = is_allowed && header && has_sets();
        const bool is_asked = goes_on && os_region_is_asked(&file);
        if (!goes_on) {
            close_file();
            is_running = false;
        }
        os_lock_release(&publisher_lock);
        if (is_asked)
            refresh();
        if (goes_on)
            os_sleep_ms(LOOK_MS);
    }
}

/* A child of fork does not have the thread, and the file belongs to its parent. */
static void in_child(void)
{
    if (header)
        os_region_abandon(&file);
    header = NULL;
    memset(copies, 0, sizeof(copies));
    is_running = false;
    os_lock_release(&publisher_lock);
}

static void before_fork(void)
{
    os_lock_acquire(&publisher_lock);
}

static void in_parent(void)
{
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
        os_fork_watch(before_fork, in_parent, in_child);
    perflib_publish_changed();
}

void perflib_publish_changed(void)
{
    os_lock_acquire(&publisher_lock);
    if (is_allowed && has_sets()) {
        /* The thread of an earlier provider may still run. It continues with the new file. */
        if (!header)
            open_file();
        if (header && !is_running)
            is_running = perflib_system_run(run, NULL) == ERROR_SUCCESS;
        if (!is_running)
            close_file();
    } else {
        /* The file is closed here, because a program that stops its provider may end before the
           thread notices. */
        close_file();
    }
    os_lock_release(&publisher_lock);
}
