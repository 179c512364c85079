/* SPDX-License-Identifier: MIT
 *
 * Publishes the answers of the V1 provider as V2 countersets. Each instance has cells of its own,
 * which PERFLIB reads by reference. An update is therefore a store and needs no call.
 *
 * Rule: heapctrs.man: a counter's identifier is its slot plus 1; a set with elapsed times has the
 * object's clock after its counters.
 */
#include "heapctrs_v2.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "counter_table.h"
#include "heapctrs_counters.h"
#include "os.h"
#include "span.h"

/* The hidden counters of a set's clock, as in the manifest. */
enum { PERF_TIME_ID = 1001, PERF_FREQ_ID = 1002, CLOCK_CELLS = 2 };

/* The bytes of the longest name: heapctrs' names have at most 127 units and a terminator. */
#define NAME_SIZE 256

#define FIRST_BUFFER_SIZE (64u << 10) /* bytes; chosen: enough for about a hundred heaps */
#define BUFFER_LIMIT (256u << 20)     /* bytes; chosen */

struct published {
    struct published *next;
    PERF_COUNTERSET_INSTANCE *instance;
    bool is_seen; /* in the answer that is being read */
    WCHAR name[NAME_SIZE / sizeof(WCHAR)];
    size_t name_size; /* bytes, including the terminator */
    uint64_t cells[]; /* a cell for each counter of the object, then the clock */
};

static struct {
    struct os_lock lock; /* protects all members */
    bool is_open;
    PM_COLLECT_PROC *collect;
    heap_tracker heap;
    unsigned char *buffer; /* the buffer for Collect's answer */
    DWORD buffer_size;
    ULONG next_id;
    struct published *sets[OBJECT_COUNT];
    uint32_t costly_readers; /* number of counters of costly sets that consumers have added */
} publisher;

static const GUID *const set_guids[OBJECT_COUNT] = {
    [OBJECT_custom_heap] = &CustomHeapGuid,
    [OBJECT_custom_heap_provider] = &CustomHeapProviderGuid,
    [OBJECT_custom_heap_process] = &CustomHeapProcessGuid,
};

/* ---- memory of PERFLIB and of the values, counted in the tracked heap --------------------- */

static LPVOID CALLBACK allocate_memory(SIZE_T size, LPVOID heap)
{
    void *block = malloc(size);

    if (block)
        heap_tracker_allocate(heap, block, size);
    else
        heap_tracker_allocation_failed(heap, size);
    return block;
}

static void CALLBACK free_memory(LPVOID block, LPVOID heap)
{
    if (!block)
        return;
    heap_tracker_free(heap, block);
    free(block);
}

/* ---- instances --------------------------------------------------------------------------- */

static bool has_clock(const struct object *object)
{
    for (size_t i = 0; i < counter_table_counter_count(object); i++)
        if (counter_table_counters[object->first_counter + i].type == PERF_ELAPSED_TIME)
            return true;
    return false;
}

static DWORD refer(struct published *published, const struct object *object)
{
    const size_t count = counter_table_counter_count(object);
    DWORD error = ERROR_SUCCESS;

    for (size_t i = 0; i < count && !error; i++)
        error = PerfSetCounterRefValue(HeapctrsProvider, published->instance,
                                       counter_table_counters[object->first_counter + i].slot + 1,
                                       &published->cells[i]);
    if (!error && has_clock(object))
        error = PerfSetCounterRefValue(HeapctrsProvider, published->instance, PERF_TIME_ID,
                                       &published->cells[count]);
    if (!error && has_clock(object))
        error = PerfSetCounterRefValue(HeapctrsProvider, published->instance, PERF_FREQ_ID,
                                       &published->cells[count + 1]);
    return error;
}

static void withdraw(struct published *published)
{
    PerfDeleteInstance(HeapctrsProvider, published->instance);
    free_memory(published, publisher.heap);
}

/* Add a new instance at the end of its set; NULL: memory ran out. */
static struct published *publish(enum object_id id, const WCHAR *name, size_t name_size)
{
    const struct object *object = &counter_table_objects[id];
    const size_t cells = counter_table_counter_count(object) + CLOCK_CELLS;
    struct published **link = &publisher.sets[id];
    struct published *published =
        allocate_memory(sizeof(*published) + cells * sizeof(published->cells[0]), publisher.heap);

    if (!published)
        return NULL;
    memset(published, 0, sizeof(*published) + cells * sizeof(published->cells[0]));
    memcpy(published->name, name, name_size);
    published->name_size = name_size;
    published->instance = PerfCreateInstance(HeapctrsProvider, set_guids[id], published->name,
                                             object->has_instances ? publisher.next_id++ : 0);
    if (!published->instance) {
        free_memory(published, publisher.heap);
        return NULL;
    }
    if (refer(published, object)) {
        withdraw(published);
        return NULL;
    }
    while (*link)
        link = &(*link)->next;
    *link = published;
    return published;
}

static struct published *find(enum object_id id, const WCHAR *name, size_t name_size)
{
    struct published *published = publisher.sets[id];

    while (published &&
           !(published->name_size == name_size && memcmp(published->name, name, name_size) == 0))
        published = published->next;
    return published;
}

/* ---- reading an answer ------------------------------------------------------------------- */

/* Read the values of one counter block. Each counter has a slot of 8 bytes, whatever its size. */
static void take_values(struct published *published, const struct object *object,
                        const unsigned char *definitions, const unsigned char *block,
                        const PERF_OBJECT_TYPE *head)
{
    const size_t count = counter_table_counter_count(object);

    for (size_t i = 0; i < count; i++) {
        const unsigned char *definition = definitions + i * sizeof(PERF_COUNTER_DEFINITION);
        const uint32_t offset =
            read_u32(definition + offsetof(PERF_COUNTER_DEFINITION, CounterOffset));

        __atomic_store_n(&published->cells[i], read_u64(block + offset), __ATOMIC_RELAXED);
    }
    __atomic_store_n(&published->cells[count], (uint64_t)head->PerfTime.QuadPart, __ATOMIC_RELAXED);
    __atomic_store_n(&published->cells[count + 1], (uint64_t)head->PerfFreq.QuadPart,
                     __ATOMIC_RELAXED);
}

static DWORD take_instance(enum object_id id, const WCHAR *name, size_t name_size,
                           const unsigned char *definitions, const unsigned char *block,
                           const PERF_OBJECT_TYPE *head)
{
    struct published *published = find(id, name, name_size);

    if (!published)
        published = publish(id, name, name_size);
    if (!published)
        return ERROR_NOT_ENOUGH_MEMORY;
    published->is_seen = true;
    take_values(published, &counter_table_objects[id], definitions, block, head);
    return ERROR_SUCCESS;
}

/* The counter block at an offset; NULL if it is not large enough for all slots. */
static const unsigned char *block_at(struct span answer, size_t offset, const struct object *object)
{
    const unsigned char *block = span_at(answer, offset, sizeof(PERF_COUNTER_BLOCK));

    if (!block || read_u32(block) < 8 + 8 * object->slot_count)
        return NULL;
    return span_at(answer, offset, read_u32(block));
}

static DWORD take_instances(enum object_id id, struct span answer, const PERF_OBJECT_TYPE *head,
                            const unsigned char *definitions)
{
    size_t offset = head->DefinitionLength;
    DWORD result = ERROR_SUCCESS;

    for (LONG i = 0; i < head->NumInstances; i++) {
        const unsigned char *at = span_at(answer, offset, sizeof(PERF_INSTANCE_DEFINITION));
        PERF_INSTANCE_DEFINITION instance;

        if (!at)
            return ERROR_INVALID_DATA;
        memcpy(&instance, at, sizeof(instance));
        const WCHAR *name = span_at(answer, offset + instance.NameOffset, instance.NameLength);
        const unsigned char *block =
            block_at(answer, offset + instance.ByteLength, &counter_table_objects[id]);
        if (!name || instance.NameLength > NAME_SIZE || !block)
            return ERROR_INVALID_DATA;
        DWORD error = take_instance(id, name, instance.NameLength, definitions, block, head);
        if (error)
            result = error; /* there may be enough memory for others */
        offset += instance.ByteLength + read_u32(block);
    }
    return result;
}

static DWORD take_object(enum object_id id, struct span answer, const PERF_OBJECT_TYPE *head)
{
    static const WCHAR default_name[] = TEXT16("_Default");
    const struct object *object = &counter_table_objects[id];
    const size_t size = counter_table_counter_count(object) * sizeof(PERF_COUNTER_DEFINITION);
    const unsigned char *definitions = span_at(answer, sizeof(*head), size);

    if (!definitions || head->NumCounters != counter_table_counter_count(object) ||
        head->DefinitionLength != sizeof(*head) + size)
        return ERROR_INVALID_DATA;
    for (size_t i = 0; i < head->NumCounters; i++)
        if (read_u32(definitions + i * sizeof(PERF_COUNTER_DEFINITION) +
                     offsetof(PERF_COUNTER_DEFINITION, CounterOffset)) > 8 * object->slot_count)
            return ERROR_INVALID_DATA;
    if (head->NumInstances != PERF_NO_INSTANCES)
        return take_instances(id, answer, head, definitions);

    const unsigned char *block = block_at(answer, head->DefinitionLength, object);
    return block ? take_instance(id, default_name, sizeof(default_name), definitions, block, head)
                 : ERROR_INVALID_DATA;
}

/* Read an answer. Its objects are those of the table that the query selects, in the table's
   order. */
static DWORD take_answer(struct span answer, bool is_costly)
{
    DWORD result = ERROR_SUCCESS;

    for (enum object_id id = 0; id < OBJECT_COUNT; id++) {
        PERF_OBJECT_TYPE head;

        if (counter_table_objects[id].is_costly != is_costly)
            continue;
        const void *at = span_at(answer, 0, sizeof(head));
        if (!at)
            return ERROR_INVALID_DATA;
        memcpy(&head, at, sizeof(head));
        const struct span object = span_part(answer, 0, head.TotalByteLength);
        if (object.size < sizeof(head))
            return ERROR_INVALID_DATA;
        DWORD error = take_object(id, object, &head);
        if (error)
            result = error;
        answer = span_part(answer, object.size, answer.size - object.size);
    }
    return result;
}

/* Call Collect with a buffer that is large enough. */
static DWORD ask(const WCHAR *query, struct span *answer)
{
    WCHAR text[16] = { 0 };

    for (size_t i = 0; query[i]; i++)
        text[i] = query[i]; /* Collect's parameter is not const */
    for (;;) {
        LPVOID at = publisher.buffer;
        DWORD size = publisher.buffer_size, count = 0;

        if (size && publisher.collect(text, &at, &size, &count) != ERROR_MORE_DATA) {
            *answer = (struct span){ publisher.buffer, size };
            return ERROR_SUCCESS;
        }
        const DWORD larger = publisher.buffer_size ? 2 * publisher.buffer_size : FIRST_BUFFER_SIZE;
        free_memory(publisher.buffer, publisher.heap);
        publisher.buffer_size = 0;
        publisher.buffer = larger > BUFFER_LIMIT ? NULL : allocate_memory(larger, publisher.heap);
        if (!publisher.buffer)
            return ERROR_NOT_ENOUGH_MEMORY;
        publisher.buffer_size = larger;
    }
}

/* Delete the instances of costly objects, or of the others, that the last answer did not
   contain. */
static void withdraw_unseen(bool is_costly)
{
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        struct published **link = &publisher.sets[i];

        while (*link && counter_table_objects[i].is_costly == is_costly) {
            struct published *published = *link;

            if (published->is_seen) {
                published->is_seen = false;
                link = &published->next;
            } else {
                *link = published->next;
                withdraw(published);
            }
        }
    }
}

static DWORD refresh(bool is_costly)
{
    struct span answer;
    DWORD error = ask(is_costly ? TEXT16("Costly") : TEXT16("Global"), &answer);

    if (!error)
        error = take_answer(answer, is_costly);
    if (error != ERROR_INVALID_DATA) /* after an invalid answer all instances would be deleted */
        withdraw_unseen(is_costly);
    return error;
}

/* Refresh all objects that are read. */
static DWORD refresh_wanted(bool with_costly)
{
    DWORD error = refresh(false);

    if (with_costly || publisher.costly_readers) {
        DWORD costly_error = refresh(true);
        if (!error)
            error = costly_error;
    }
    return error;
}

/* A consumer has added or removed counters. Costly objects are collected only while they are
   read. */
static void count_readers(const PERF_COUNTER_IDENTITY *identity, bool is_added)
{
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        if (!counter_table_objects[i].is_costly ||
            memcmp(&identity->CounterSetGuid, set_guids[i], sizeof(GUID)) != 0)
            continue;
        if (is_added)
            publisher.costly_readers++;
        else if (publisher.costly_readers)
            publisher.costly_readers--;
    }
}

static ULONG WINAPI on_notification(ULONG code, PVOID buffer, ULONG size)
{
    os_lock_acquire(&publisher.lock);
    if (!publisher.is_open)
        code = 0;
    switch (code) {
    case PERF_ADD_COUNTER:
    case PERF_REMOVE_COUNTER:
        if (size >= sizeof(PERF_COUNTER_IDENTITY))
            count_readers(buffer, code == PERF_ADD_COUNTER);
        break;
    case PERF_ENUM_INSTANCES:
    case PERF_COLLECT_START:
        refresh_wanted(code == PERF_ENUM_INSTANCES); /* after a failure the old values remain */
        break;
    }
    os_lock_release(&publisher.lock);
    return ERROR_SUCCESS;
}

DWORD heapctrs_v2_open(PM_COLLECT_PROC *collect, heap_tracker heap)
{
    os_lock_acquire(&publisher.lock);
    DWORD error = publisher.is_open ? ERROR_BUSY : ERROR_SUCCESS;
    if (!error) {
        publisher.collect = collect;
        publisher.heap = heap;
        publisher.next_id = 1;
        error = CounterInitialize(on_notification, allocate_memory, free_memory, heap);
    }
    if (!error) {
        publisher.is_open = true;
        publisher.costly_readers = 0;
        refresh_wanted(false);
    }
    os_lock_release(&publisher.lock);
    return error;
}

DWORD heapctrs_v2_refresh(void)
{
    os_lock_acquire(&publisher.lock);
    DWORD error = publisher.is_open ? refresh_wanted(true) : ERROR_NOT_READY;
    os_lock_release(&publisher.lock);
    return error;
}

void heapctrs_v2_close(void)
{
    os_lock_acquire(&publisher.lock);
    const bool was_open = publisher.is_open;
    publisher.is_open = false;
    os_lock_release(&publisher.lock);
    if (!was_open)
        return;

    /* Called without the lock: stopping a provider waits for its callback, which waits for the
       lock. */
    withdraw_unseen(false);
    withdraw_unseen(true);
    CounterCleanup();
    free_memory(publisher.buffer, publisher.heap);
    publisher.buffer = NULL;
    publisher.buffer_size = 0;
}
