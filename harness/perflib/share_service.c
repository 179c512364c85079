/* SPDX-License-Identifier: MIT
 *
 * Keeps the wishes of each consumer that concern a provider here, and compares them with its file.
 */
#include "share_service.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "share_files.h"
#include "share_wishes.h"
#include "text.h"

#define ROUND_100NS 10000000 /* 1 second: no call begins later in a round */

struct served {
    struct perflib_request request; /* its name is memory of its own */
    uint32_t number;
    bool is_done; /* the callbacks have been called */
    bool is_gone; /* the consumer does not have it any more */
    ULONG result;
};

struct client {
    uint32_t process_id;
    uint64_t process_start;
    bool is_seen; /* in this round */
    struct served *wishes;
    size_t count, capacity; /* in order of their numbers */
};

static struct client *clients;
static size_t client_count, client_capacity;
static size_t wish_count;   /* of all clients */
static size_t first_client; /* of the next round, so that each is the first in turn */

/* ---- reading --------------------------------------------------------------------------------- */

/* Whether a provider of this process has what the request is about. */
static bool concerns_us(const struct perflib_request *request)
{
    bool found = false;

    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider && !found;
         provider = provider->next) {
        const struct perflib_counterset *set =
            provider->is_remote ? NULL : perflib_state_find_set(provider, &request->guid);
        ULONG position;

        found = set && (request->code == PERF_ENUM_INSTANCES ||
                        request->counter_id == PERF_WILDCARD_COUNTER ||
                        perflib_state_find_counter(set, request->counter_id, &position));
    }
    perflib_state_unlock();
    return found;
}

static struct client *find_client(const struct share_file *file)
{
    for (size_t i = 0; i < client_count; i++)
        if (clients[i].process_id == file->process_id &&
            clients[i].process_start == file->process_start)
            return &clients[i];
    struct client *larger =
        array_reserve(clients, &client_capacity, client_count + 1, sizeof(*clients));
    if (!larger)
        return NULL;
    clients = larger;
    clients[client_count] =
        (struct client){ .process_id = file->process_id, .process_start = file->process_start };
    return &clients[client_count++];
}

static void add_wish(struct client *client, const struct wish *wish)
{
    if (wish_count >= SERVICE_WISH_LIMIT || client->count >= SHARE_WISH_LIMIT)
        return;
    struct served *larger = array_reserve(client->wishes, &client->capacity, client->count + 1,
                                          sizeof(*client->wishes));
    if (!larger)
        return;
    client->wishes = larger;
    const size_t size = (text_length(wish->name) + 1) * sizeof(WCHAR);
    WCHAR *name = malloc(size);
    if (!name)
        return;
    memcpy(name, wish->name, size);
    client->wishes[client->count] =
        (struct served){ .request = wish->request, .number = wish->number };
    client->wishes[client->count].request.name = name;
    client->count++;
    wish_count++;
}

static int compare_numbers(const void *left, const void *right)
{
    const uint32_t a = ((const struct served *)left)->number,
                   b = ((const struct served *)right)->number;

    return (a > b) - (a < b);
}

/* Compare the wishes of a client with its file. Both are sorted by number. */
static void read_wishes(struct client *client, struct span state)
{
    const size_t known = client->count;
    struct wish *wish = calloc(1, sizeof(*wish));
    size_t i = 0, at = 0;

    if (!wish)
        return;
    for (size_t j = 0; j < known; j++)
        client->wishes[j].is_gone = true;
    while (share_wishes_next(state, &at, wish)) {
        while (i < known && client->wishes[i].number < wish->number)
            i++;
        if (i < known && client->wishes[i].number == wish->number)
            client->wishes[i].is_gone = false;
        else if (concerns_us(&wish->request))
            add_wish(client, wish);
    }
    if (client->count > known)
        qsort(client->wishes, client->count, sizeof(*client->wishes), compare_numbers);
    free(wish);
}

static void read_clients(void)
{
    struct share_files files;

    if (!share_files_open(&files, OS_REGION_CONSUMER_SUFFIX, SHARE_CONSUMER_MAGIC, false))
        return;
    for (size_t i = 0; i < client_count; i++)
        clients[i].is_seen = files.is_incomplete;
    for (size_t i = 0; i < files.count; i++) {
        struct client *client = find_client(files.items[i]);
        if (!client)
            continue;
        client->is_seen = true;
        const struct span state = share_files_copy(&files, files.items[i]);
        if (state.data) /* otherwise what is known stays */
            read_wishes(client, state);
        free((void *)(uintptr_t)state.data);
    }
    share_files_close(&files);
    for (size_t i = 0; i < client_count; i++)
        for (size_t j = 0; !clients[i].is_seen && j < clients[i].count; j++)
            clients[i].wishes[j].is_gone = true;
}

/* ---- calling --------------------------------------------------------------------------------- */

static void end_wish(const struct served *wish)
{
    struct perflib_request request = wish->request;

    request.code = PERF_REMOVE_COUNTER;
    if (wish->request.code == PERF_ADD_COUNTER && wish->is_done && !wish->result)
        perflib_consumer_request(&request);
    free((void *)(uintptr_t)wish->request.name);
    wish_count--;
}

/* Whether there is time for another call. */
static bool has_time(uint64_t begin)
{
    return os_time_100ns() - begin < ROUND_100NS;
}

static void end_gone_wishes(struct client *client, uint64_t begin)
{
    size_t kept = 0;

    for (size_t i = 0; i < client->count; i++) {
        if (client->wishes[i].is_gone && has_time(begin))
            end_wish(&client->wishes[i]);
        else
            client->wishes[kept++] = client->wishes[i];
    }
    client->count = kept;
}

static void serve(struct client *client, uint64_t begin)
{
    unsigned calls = 0;

    for (size_t i = 0; i < client->count && calls < SERVICE_CALL_LIMIT && has_time(begin); i++) {
        struct served *wish = &client->wishes[i];

        if (wish->is_done || wish->is_gone)
            continue;
        wish->result = perflib_consumer_request(&wish->request);
        wish->is_done = true;
        calls++;
    }
}

void share_service_round(void)
{
    size_t kept = 0;

    read_clients();
    const uint64_t begin = os_time_100ns();
    for (size_t i = 0; i < client_count; i++) {
        struct client *client = &clients[(first_client + i) % client_count];

        end_gone_wishes(client, begin);
        serve(client, begin);
    }
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i].count || clients[i].is_seen)
            clients[kept++] = clients[i];
        else
            free(clients[i].wishes);
    }
    client_count = kept;
    first_client = client_count ? (first_client + 1) % client_count : 0;
}

bool share_service_has_wishes(void)
{
    return wish_count != 0;
}

void share_service_write_replies(struct perflib_writer *writer)
{
    const size_t begin = writer->used;
    struct reply_list list = { 0 };

    for (size_t i = 0; i < client_count; i++)
        for (size_t j = 0; j < clients[i].count; j++)
            list.count += clients[i].wishes[j].is_done;
    perflib_writer_add(writer, &list, sizeof(list));
    for (size_t i = 0; i < client_count; i++)
        for (size_t j = 0; j < clients[i].count; j++) {
            const struct served *wish = &clients[i].wishes[j];
            const struct reply_image reply = { clients[i].process_id, wish->number,
                                               clients[i].process_start, wish->result, 0 };

            if (wish->is_done)
                perflib_writer_add(writer, &reply, sizeof(reply));
        }
    perflib_writer_set(writer, begin, (ULONG)(writer->used - begin));
}

void share_service_abandon(void)
{
    clients = NULL;
    client_count = client_capacity = wish_count = first_client = 0;
}

void share_service_forget(void)
{
    for (size_t i = 0; i < client_count; i++) {
        for (size_t j = 0; j < clients[i].count; j++)
            free((void *)(uintptr_t)clients[i].wishes[j].request.name);
        free(clients[i].wishes);
    }
    free(clients);
    share_service_abandon();
}
