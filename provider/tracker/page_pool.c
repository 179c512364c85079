/* SPDX-License-Identifier: MIT
 *
 * Size classes over slabs: see page_pool.h. A slab is a run of pages from which memory is cut;
 * freed memory goes to the list of its class. Memory of more than SMALL bytes is mapped by itself.
 * All mappings are on one list, so that they can be unmapped when the library is unloaded.
 */
#include "page_pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "os_region.h"
#include "spin_lock.h"

#define UNIT 64u          /* the smallest class, and the alignment: one cache line */
#define SLAB_SIZE 65536u  /* size of one mapping of slabs: the least that Windows reserves */
#define SMALL 16384u      /* the largest class, chosen; larger memory is mapped by itself */
#define FIRST_SLAB 20480u /* what a process with one heap and one thread needs, and 1 KiB more */
#define CLASS_COUNT 17 /* 64, 128, 192, 256, 384, 512, ... SMALL, and one for the slot of a heap */

struct free_memory {
    struct free_memory *next;
};

/* The start of every mapping of the pool, of slabs and of large memory. */
struct mapping {
    struct mapping *next, *previous;
    size_t size;
};

static struct {
    struct spin_lock lock;
    struct free_memory *free[CLASS_COUNT];
    struct mapping *mappings;
    unsigned char *slab, *slab_end;
    size_t held;
} pool;

/* With the first slab, fork has one mapping less to copy. It is used once, because it is zero once. */
static _Alignas(OS_TABLE_ALIGNMENT) unsigned char first_slab[FIRST_SLAB];
static bool is_first_used;

static const uint16_t class_sizes[CLASS_COUNT] = {
    64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 9216, 12288, SMALL,
};

/* The smallest class for `size` bytes, which are at most SMALL. */
static unsigned class_of(size_t size)
{
    unsigned class = 0;

    while (class_sizes[class] < size)
        class ++;
    return class;
}

static size_t whole_pages(size_t size)
{
    size_t page = os_page_size();

    return (size + UNIT + page - 1) / page * page;
}

size_t page_pool_round(size_t size)
{
    return size > SMALL ? whole_pages(size) - UNIT : class_sizes[class_of(size)];
}

/* Map pages and add them to the list. Call this under the lock. */
static void *map(size_t size)
{
    uint32_t error = os_last_error();
    struct mapping *mapping = os_pages_allocate(size);

    os_last_error_set(error);
    if (!mapping)
        return NULL;
    mapping->size = size;
    mapping->next = pool.mappings;
    if (pool.mappings)
        pool.mappings->previous = mapping;
    pool.mappings = mapping;
    pool.held += size;
    return (unsigned char *)mapping + UNIT;
}

static void unmap(struct mapping *mapping)
{
    uint32_t error = os_last_error();

    if (mapping->previous)
        mapping->previous->next = mapping->next;
    else
        pool.mappings = mapping->next;
    if (mapping->next)
        mapping->next->previous = mapping->previous;
    pool.held -= mapping->size;
    os_pages_free(mapping, mapping->size);
    os_last_error_set(error);
}

static void keep(void *memory, unsigned class)
{
    struct free_memory *item = memory;

    item->next = pool.free[class];
    pool.free[class] = item;
}

/* The rest of a slab is too small for the wanted class; keep it for other classes. */
static void keep_rest_of_slab(void)
{
    for (unsigned class = CLASS_COUNT; class -- > 0;) {
        while ((size_t)(pool.slab_end - pool.slab) >= class_sizes[class]) {
            keep(pool.slab, class);
            pool.slab += class_sizes[class];
        }
    }
}

static void *allocate_small(size_t size)
{
    unsigned class = class_of(size);
    size_t rounded = class_sizes[class];
    struct free_memory *memory = pool.free[class];

    if (memory) {
        pool.free[class] = memory->next;
        memset(memory, 0, rounded);
        return memory;
    }
    if (!is_first_used) {
        is_first_used = true;
        os_pages_prepare(first_slab, sizeof(first_slab));
        pool.slab = first_slab;
        pool.slab_end = first_slab + sizeof(first_slab);
        pool.held += sizeof(first_slab);
    }
    if ((size_t)(pool.slab_end - pool.slab) < rounded) {
        keep_rest_of_slab();
        unsigned char *slab = map(SLAB_SIZE);
        if (!slab)
            return NULL;
        pool.slab = slab;
        pool.slab_end = slab + SLAB_SIZE - UNIT;
    }
    memory = (struct free_memory *)(void *)pool.slab;
    memory->next = NULL; /* a page that is read before it is written to costs a second fault */
    pool.slab += rounded;
    return memory;
}

void *page_pool_allocate(size_t size)
{
    void *memory;

    if (size > SIZE_MAX / 2)
        return NULL;
    spin_lock_acquire(&pool.lock);
    memory = size > SMALL ? map(whole_pages(size)) : allocate_small(size);
    spin_lock_release(&pool.lock);
    return memory;
}

void page_pool_free(void *memory, size_t size)
{
    if (!memory)
        return;
    spin_lock_acquire(&pool.lock);
    if (size > SMALL) {
        unmap((struct mapping *)(void *)((unsigned char *)memory - UNIT));
    } else {
        keep(memory, class_of(size));
    }
    spin_lock_release(&pool.lock);
}

void page_pool_prepare(void)
{
    if (is_first_used)
        os_pages_prepare(first_slab, sizeof(first_slab));
}

size_t page_pool_held(void)
{
    spin_lock_acquire(&pool.lock);
    size_t held = pool.held;
    spin_lock_release(&pool.lock);
    return held;
}

void page_pool_lock(void)
{
    spin_lock_acquire(&pool.lock);
}

void page_pool_unlock(void)
{
    spin_lock_release(&pool.lock);
}

void page_pool_release(void)
{
    while (pool.mappings)
        unmap(pool.mappings);
    page_pool_forget();
}

void page_pool_forget(void)
{
    memset(&pool, 0, sizeof(pool));
}
