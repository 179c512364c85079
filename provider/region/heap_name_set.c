/* SPDX-License-Identifier: MIT
 *
 * A hash table with chains through the heaps themselves, and one of the stems of names that
 * occurred twice: see heap_name_set.h.
 *
 * The stem of a name is the part that remains when the longest suffix is added. A name with a
 * suffix belongs to one stem only, so the search for a stem's next suffix passes each name at most
 * once.
 */
#include "heap_name_set.h"

#include <stdlib.h>
#include <string.h>

#include "os.h"

#define SUFFIX_LENGTH 11 /* a colon and the digits of the largest 32-bit number */

struct taken_name {
    struct taken_name *next;
    uint32_t hash;
    uint32_t suffix; /* the next one to try */
    size_t users;    /* heaps whose suffix comes from here */
    uint32_t length; /* UTF-16 units */
    heap_name stem;
};

static uint32_t hash_of(const struct heap_name_set *set, const WCHAR *name, size_t length)
{
    return (uint32_t)keyed_hash_of(&set->key, name, length * sizeof(*name));
}

static struct cached_heap **bucket_of(const struct heap_name_set *set, uint32_t hash)
{
    return &set->buckets[hash & (set->bucket_count - 1)];
}

static struct taken_name **taken_bucket_of(const struct heap_name_set *set, uint32_t hash)
{
    return &set->taken[hash & (set->bucket_count - 1)];
}

static bool is_taken(struct heap_name_set *set, const struct cached_heap *heap)
{
    for (const struct cached_heap *other = *bucket_of(set, heap->name_hash); other;
         other = other->next_of_name) {
        set->steps++;
        if (other->name_hash == heap->name_hash && other->name_length == heap->name_length &&
            memcmp(other->name, heap->name, heap->name_length * sizeof(WCHAR)) == 0)
            return true;
    }
    return false;
}

/* The stem of the heap's name, found or created. NULL if there is no memory. */
static struct taken_name *taken_find(struct heap_name_set *set, const struct cached_heap *heap)
{
    size_t length = heap_name_cut(heap->name, heap->name_length, HEAP_NAME_LENGTH - SUFFIX_LENGTH);
    uint32_t hash = hash_of(set, heap->name, length);
    struct taken_name **bucket = taken_bucket_of(set, hash);

    for (struct taken_name *taken = *bucket; taken; taken = taken->next) {
        set->steps++;
        if (taken->hash == hash && taken->length == length &&
            memcmp(taken->stem, heap->name, length * sizeof(WCHAR)) == 0)
            return taken;
    }
    struct taken_name *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    made->hash = hash;
    made->suffix = 2;
    made->length = (uint32_t)length;
    memcpy(made->stem, heap->name, length * sizeof(WCHAR));
    made->next = *bucket;
    *bucket = made;
    return made;
}

static void taken_drop(struct heap_name_set *set, struct taken_name *taken)
{
    struct taken_name **at = taken_bucket_of(set, taken->hash);

    if (--taken->users > 0)
        return;
    while (*at != taken)
        at = &(*at)->next;
    *at = taken->next;
    free(taken);
}

bool heap_name_set_reserve(struct heap_name_set *set)
{
    if (set->count < set->bucket_count)
        return true;
    struct heap_name_set larger = *set;
    larger.bucket_count = set->bucket_count ? set->bucket_count * 2 : 64;
    larger.buckets = calloc(larger.bucket_count, sizeof(*larger.buckets));
    larger.taken = calloc(larger.bucket_count, sizeof(*larger.taken));
    if (!larger.buckets || !larger.taken) {
        free(larger.buckets);
        free(larger.taken);
        return false;
    }
    if (set->bucket_count == 0)
        os_random(&larger.key, sizeof(larger.key));
    for (size_t i = 0; i < set->bucket_count; i++) {
        for (struct cached_heap *heap = set->buckets[i], *next; heap; heap = next) {
            struct cached_heap **bucket = bucket_of(&larger, heap->name_hash);
            next = heap->next_of_name;
            heap->next_of_name = *bucket;
            *bucket = heap;
        }
        for (struct taken_name *taken = set->taken[i], *next; taken; taken = next) {
            struct taken_name **bucket = taken_bucket_of(&larger, taken->hash);
            next = taken->next;
            taken->next = *bucket;
            *bucket = taken;
        }
    }
    free(set->buckets);
    free(set->taken);
    *set = larger;
    return true;
}

bool heap_name_set_add(struct heap_name_set *set, struct cached_heap *heap)
{
    heap->name_hash = hash_of(set, heap->name, heap->name_length);
    heap->taken = NULL;
    if (is_taken(set, heap)) {
        heap->taken = taken_find(set, heap);
        if (!heap->taken)
            return false;
        heap->taken->users++;
        do {
            memcpy(heap->name, heap->taken->stem, sizeof(heap->name));
            heap->name_length = (uint32_t)heap_name_add_suffix(heap->name, heap->taken->suffix++);
            heap->name_hash = hash_of(set, heap->name, heap->name_length);
        } while (is_taken(set, heap));
    }
    struct cached_heap **bucket = bucket_of(set, heap->name_hash);
    heap->next_of_name = *bucket;
    *bucket = heap;
    set->count++;
    return true;
}

void heap_name_set_drop(struct heap_name_set *set, const struct cached_heap *heap)
{
    struct cached_heap **at = bucket_of(set, heap->name_hash);

    while (*at && *at != heap)
        at = &(*at)->next_of_name;
    if (*at) {
        *at = heap->next_of_name;
        set->count--;
        if (heap->taken)
            taken_drop(set, heap->taken);
    }
}

void heap_name_set_release(struct heap_name_set *set)
{
    free(set->buckets);
    free(set->taken);
    memset(set, 0, sizeof(*set));
}
