/* SPDX-License-Identifier: MIT
 *
 * The wishes of this process, and their file.
 */
#include "share_wishes.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "share_writer.h"
#include "text.h"

/* A wish of this process. */
struct own_wish {
    struct perflib_request request; /* its name is memory of the wish */
    uint32_t number;
    bool has_reply;
    ULONG result;
};

static struct os_lock wishes_lock; /* protects the following */
static bool is_allowed;
static struct share_writer shared;
static struct own_wish *wishes; /* in order of their numbers */
static size_t wish_count, wish_capacity;
static uint32_t last_number;

/* ---- own wishes ------------------------------------------------------------------------------ */

static void write_wish(struct perflib_writer *writer, const struct own_wish *wish)
{
    const size_t length = text_length(wish->request.name), begin = writer->used;
    const struct wish_image image = {
        .number = wish->number,
        .code = wish->request.code,
        .counter_id = wish->request.counter_id,
        .instance_id = wish->request.instance_id,
        .name_length = (uint32_t)length,
        .guid = wish->request.guid,
    };

    perflib_writer_add(writer, &image, sizeof(image));
    perflib_writer_add(writer, wish->request.name, length * sizeof(WCHAR));
    perflib_writer_pad(writer);
    perflib_writer_set(writer, begin, (ULONG)(writer->used - begin));
}

/* Write all wishes, or remove the file if there is no wish. */
static void write_file(void)
{
    struct perflib_writer writer = { 0 };

    if (wish_count == 0) {
        share_writer_close(&shared);
        return;
    }
    for (size_t i = 0; i < wish_count; i++)
        write_wish(&writer, &wishes[i]);
    writer.capacity = writer.used;
    writer.data = writer.used <= SHARE_IMAGE_LIMIT ? malloc(writer.used) : NULL;
    writer.used = 0;
    for (size_t i = 0; writer.data && i < wish_count; i++)
        write_wish(&writer, &wishes[i]);
    if (!shared.header)
        share_writer_open(&shared, OS_REGION_CONSUMER_SUFFIX, SHARE_CONSUMER_MAGIC);
    if (shared.header)
        share_writer_write(&shared, writer.data, writer.used);
    free(writer.data);
}

static void remove_all(void)
{
    for (size_t i = 0; i < wish_count; i++)
        free((void *)(uintptr_t)wishes[i].request.name);
    free(wishes);
    wishes = NULL;
    wish_count = wish_capacity = 0;
}

void share_wishes_allow(bool allowed)
{
    os_lock_acquire(&wishes_lock);
    is_allowed = allowed;
    if (!allowed) {
        remove_all();
        share_writer_close(&shared);
    }
    os_lock_release(&wishes_lock);
}

static uint32_t add(const struct perflib_request *request)
{
    const size_t length = text_length(request->name);

    if (!is_allowed || wish_count == SHARE_WISH_LIMIT || length >= PERF_MAX_INSTANCE_NAME ||
        last_number == UINT32_MAX)
        return 0;
    struct own_wish *larger =
        array_reserve(wishes, &wish_capacity, wish_count + 1, sizeof(*wishes));
    if (!larger)
        return 0;
    wishes = larger;
    WCHAR *name = malloc((length + 1) * sizeof(*name));
    if (!name)
        return 0;
    memcpy(name, request->name, (length + 1) * sizeof(*name));
    wishes[wish_count] = (struct own_wish){ *request, ++last_number, false, ERROR_SUCCESS };
    wishes[wish_count].request.name = name;
    wish_count++;
    return last_number;
}

uint32_t share_wishes_add(const struct perflib_request *request)
{
    os_lock_acquire(&wishes_lock);
    const uint32_t number = add(request);
    os_lock_release(&wishes_lock);
    return number;
}

static struct own_wish *find(uint32_t number)
{
    for (size_t i = wish_count; i-- > 0;) /* a query is closed from its end */
        if (wishes[i].number == number)
            return &wishes[i];
    return NULL;
}

void share_wishes_remove(uint32_t number)
{
    os_lock_acquire(&wishes_lock);
    struct own_wish *wish = find(number);
    if (wish) {
        free((void *)(uintptr_t)wish->request.name);
        memmove(wish, wish + 1, (size_t)(wishes + wish_count - (wish + 1)) * sizeof(*wish));
        wish_count--;
    }
    os_lock_release(&wishes_lock);
}

void share_wishes_write(void)
{
    os_lock_acquire(&wishes_lock);
    if (is_allowed)
        write_file();
    os_lock_release(&wishes_lock);
}

ULONG share_wishes_result(uint32_t number)
{
    os_lock_acquire(&wishes_lock);
    const struct own_wish *wish = find(number);
    const ULONG result = wish ? wish->result : ERROR_SUCCESS;
    os_lock_release(&wishes_lock);
    return result;
}

bool share_wishes_are_open(void)
{
    bool is_open = false;

    os_lock_acquire(&wishes_lock);
    for (size_t i = 0; i < wish_count && !is_open; i++)
        is_open = !wishes[i].has_reply;
    os_lock_release(&wishes_lock);
    return is_open;
}

/* ---- replies --------------------------------------------------------------------------------- */

static void take_reply(const struct reply_image *reply)
{
    if (reply->process_id != os_process_id() || reply->process_start != os_region_process_start())
        return;
    struct own_wish *wish = find(reply->number);
    if (!wish)
        return;
    wish->has_reply = true;
    if (!wish->result)
        wish->result = reply->result;
}

bool share_wishes_read_replies(struct span state, struct span *sets)
{
    struct reply_list list;

    *sets = (struct span){ 0 };
    const void *head = span_at(state, 0, sizeof(list));
    if (!head)
        return false;
    memcpy(&list, head, sizeof(list));
    if (list.size < sizeof(list) || list.size > state.size ||
        (list.size - sizeof(list)) / sizeof(struct reply_image) != list.count ||
        (list.size - sizeof(list)) % sizeof(struct reply_image) != 0)
        return false;
    os_lock_acquire(&wishes_lock);
    for (size_t i = 0; wish_count && i < list.count; i++) {
        struct reply_image reply;

        memcpy(&reply, state.data + sizeof(list) + i * sizeof(reply), sizeof(reply));
        take_reply(&reply);
    }
    os_lock_release(&wishes_lock);
    *sets = (struct span){ state.data + list.size, state.size - list.size };
    return true;
}

/* ---- the wishes of another process ------------------------------------------------------------ */

bool share_wishes_next(struct span state, size_t *at, struct wish *wish)
{
    struct wish_image image;

    const void *head = span_at(state, *at, sizeof(image));
    if (!head)
        return false;
    memcpy(&image, head, sizeof(image));
    if (image.number <= wish->number || image.name_length >= PERF_MAX_INSTANCE_NAME ||
        (image.code != PERF_ADD_COUNTER && image.code != PERF_ENUM_INSTANCES))
        return false;
    const size_t name_size = image.name_length * sizeof(WCHAR);
    const struct span part = span_part(state, *at, image.size);
    if (!part.data || image.size != sizeof(image) + ((name_size + 7) & ~(size_t)7))
        return false;
    memcpy(wish->name, part.data + sizeof(image), name_size);
    wish->name[image.name_length] = 0;
    if (text_length(wish->name) != image.name_length)
        return false;
    wish->number = image.number;
    wish->request = (struct perflib_request){ image.code, image.guid, image.counter_id,
                                              image.instance_id, wish->name };
    *at += image.size;
    return true;
}

/* ---- fork ------------------------------------------------------------------------------------ */

void share_wishes_before_fork(void)
{
    os_lock_acquire(&wishes_lock);
}

void share_wishes_in_parent(void)
{
    os_lock_release(&wishes_lock);
}

/* The queries of the parent are copied, and the child's use of them is not forwarded. */
void share_wishes_in_child(void)
{
    share_writer_abandon(&shared);
    remove_all();
    os_lock_release(&wishes_lock);
}
