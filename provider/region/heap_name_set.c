/* SPDX-License-Identifier: MIT
 *
 * A hash table with chains through the heaps themselves: see heap_name_set.h.
 */
#include "heap_name_set.h"

#include <stdlib.h>
#include <string.h>

static struct cached_heap **bucket_of(const struct heap_name_set *set, uint32_t hash)
{
    return &set->buckets[hash & (set->bucket_count - 1)];
}

static bool is_taken(const struct heap_name_set *set, const struct cached_heap *heap)
{
    for (const struct cached_heap *other = *bucket_of(set, heap->name_hash); other;
         other = other->next_of_name)
        if (other->name_hash == heap->name_hash && other->name_length == heap->name_length &&
            memcmp(other->name, heap->name, heap->name_length * sizeof(WCHAR)) == 0)
            return true;
    return false;
}

bool heap_name_set_reserve(struct heap_name_set *set)
{
    if (set->count < set->bucket_count)
        return true;
    struct heap_name_set larger = { NULL, set->bucket_count ? set->bucket_count * 2 : 64, 0 };
    larger.buckets = calloc(larger.bucket_count, sizeof(*larger.buckets));
    if (!larger.buckets)
        return false;
    for (size_t i = 0; i < set->bucket_count; i++) {
        for (struct cached_heap *heap = set->buckets[i], *next; heap; heap = next) {
            struct cached_heap **bucket = bucket_of(&larger, heap->name_hash);
            next = heap->next_of_name;
            heap->next_of_name = *bucket;
            *bucket = heap;
        }
    }
    free(set->buckets);
    set->buckets = larger.buckets;
    set->bucket_count = larger.bucket_count;
    return true;
}

void heap_name_set_add(struct heap_name_set *set, struct cached_heap *heap)
{
    heap->name_hash = heap_name_hash(heap->name, heap->name_length);
    for (uint32_t n = 2; is_taken(set, heap); n++) {
        heap->name_length = (uint32_t)heap_name_add_suffix(heap->name, n);
        heap->name_hash = heap_name_hash(heap->name, heap->name_length);
    }
    struct cached_heap **bucket = bucket_of(set, heap->name_hash);
    heap->next_of_name = *bucket;
    *bucket = heap;
    set->count++;
}

void heap_name_set_drop(struct heap_name_set *set, const struct cached_heap *heap)
{
    struct cached_heap **at = bucket_of(set, heap->name_hash);

    while (*at && *at != heap)
        at = &(*at)->next_of_name;
    if (*at) {
        *at = heap->next_of_name;
        set->count--;
    }
}

void heap_name_set_release(struct heap_name_set *set)
{
    free(set->buckets);
    *set = (struct heap_name_set){ NULL, 0, 0 };
}
