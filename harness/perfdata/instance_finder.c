/* SPDX-License-Identifier: MIT
 *
 * Stores hashes of names and their counts, in the order of the walk. Two names with the same 64-bit
 * hash are taken for one. That can mislead a reader but not cause damage.
 */
#include "instance_finder.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "name_text.h"
#include "utf8.h"

void instance_finder_init(struct instance_finder *finder, struct span bytes)
{
    *finder = (struct instance_finder){ .walk = { .bytes = bytes } };
}

void instance_finder_init_objects(struct instance_finder *finder, struct span bytes, uint32_t count)
{
    instance_finder_init(finder, bytes);
    finder->is_without_header = true;
    finder->count = count;
}

void instance_finder_release(struct instance_finder *finder)
{
    for (size_t i = 0; i < finder->list_count; i++)
        free(finder->lists[i].offsets);
    free(finder->lists);
    number_map_release(&finder->objects);
    number_map_release(&finder->seen);
    number_map_release(&finder->places);
    number_map_release(&finder->parents);
    output_release(&finder->name);
    output_release(&finder->parent);
    output_release(&finder->folded);
    *finder = (struct instance_finder){ 0 };
}

static void index_objects(struct instance_finder *finder)
{
    struct walk_data_block header;
    struct walk_object object;

    if (finder->has_objects)
        return;
    finder->has_objects = true;
    if (finder->is_without_header)
        object_walk_begin_objects(&finder->walk, finder->walk.bytes, finder->count, NULL, NULL);
    else if (!object_walk_begin(&finder->walk, finder->walk.bytes, NULL, NULL, &header))
        return;
    while (object_walk_next(&finder->walk, &object)) {
        bool is_new;
        uint64_t *offset = number_map_at(&finder->objects, object.name_index, &is_new);

        if (!offset)
            return;
        if (is_new)
            *offset = object.offset;
    }
}

bool instance_finder_object(struct instance_finder *finder, uint32_t index,
                            struct walk_object *object)
{
    const uint64_t *offset;

    index_objects(finder);
    offset = number_map_find(&finder->objects, index);
    if (!offset)
        return false;
    finder->walk.next = (size_t)*offset;
    return object_walk_next(&finder->walk, object);
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Fold eight ASCII letters at once to lower case. */
static uint64_t fold_word(uint64_t word)
{
    uint64_t from_a = word + EACH_BYTE(0x80 - 'A'), above_z = word + EACH_BYTE(0x7F - 'Z');

    return word | ((from_a & ~above_z & EACH_BYTE(0x80u)) >> 2);
}

/* Hash folded text, eight bytes at once. Returns false and does nothing if the text is not ASCII
   and was not folded before. */
static bool hash_words(uint64_t *hash, const char *text, size_t size, bool is_folded)
{
    uint64_t result = hash_number(*hash, size), word = 0;

    for (size_t at = 0; at < size; at += sizeof(word), word = 0) {
        memcpy(&word, text + at, size - at < sizeof(word) ? size - at : sizeof(word));
        if (!is_folded && word & EACH_BYTE(0x80u))
            return false;
        result = hash_number(result, fold_word(word)); /* does not change folded text */
    }
    *hash = result;
    return true;
}

/* The hash of a text without case. `folded` is a buffer for the folded text. */
static uint64_t hash_folded(struct output *folded, uint64_t hash, const char *text)
{
    const size_t size = strlen(text);
    char encoded[4];

    if (hash_words(&hash, text, size, false))
        return hash;
    output_clear(folded);
    for (size_t at = 0; at < size;)
        output_add(folded, encoded, utf8_encode(utf8_fold(utf8_next(text, size, &at)), encoded));
    if (!folded->is_lost)
        hash_words(&hash, folded->data, folded->size, true);
    return hash;
}

/* The instances of a parent object, listed once. */
static const struct instance_list *parent_list(struct instance_finder *finder, uint32_t index)
{
    bool is_new;
    uint64_t *place = number_map_at(&finder->parents, index, &is_new);
    struct instance_list list = { 0 };
    struct walk_instances instances;
    struct walk_instance instance;

    if (!place)
        return NULL;
    if (!is_new)
        return *place ? &finder->lists[*place - 1] : NULL;
    if (!instance_finder_object(finder, index, &list.object))
        return NULL;

    object_walk_begin_instances(&list.object, &instances);
    while (object_walk_next_instance(&finder->walk, &list.object, &instances, &instance)) {
        size_t *offsets =
            array_reserve(list.offsets, &list.capacity, list.count + 1, sizeof(*offsets));

        if (!offsets)
            break;
        list.offsets = offsets;
        list.offsets[list.count++] = instance.offset;
    }

    struct instance_list *lists = array_reserve(finder->lists, &finder->list_capacity,
                                                finder->list_count + 1, sizeof(*lists));

    if (!lists) {
        free(list.offsets);
        return NULL;
    }
    finder->lists = lists;
    finder->lists[finder->list_count++] = list;
    *place = finder->list_count;
    return &finder->lists[finder->list_count - 1];
}

/* The instance at an offset at which the walk has found one before. */
static bool instance_at(struct instance_finder *finder, const struct walk_object *object,
                        size_t offset, struct walk_instance *instance)
{
    struct walk_instances instances;

    object_walk_begin_instances(object, &instances);
    instances.next = offset;
    return object_walk_next_instance(&finder->walk, object, &instances, instance);
}

static const char *find_parent(struct instance_finder *finder, const struct walk_instance *instance)
{
    const struct instance_list *list;
    struct walk_instance parent;

    if (!instance->parent_object)
        return NULL;
    list = parent_list(finder, instance->parent_object);
    if (!list || instance->parent_instance >= list->count ||
        !instance_at(finder, &list->object, list->offsets[instance->parent_instance], &parent) ||
        !parent.has_definition)
        return NULL;
    output_clear(&finder->parent);
    name_text_add(&finder->parent, parent.name, list->object.code_page);
    return finder->parent.data ? finder->parent.data : "";
}

bool instance_finder_identify(struct instance_finder *finder, const struct walk_object *object,
                              const struct walk_instance *instance,
                              struct instance_identity *identity)
{
    uint64_t hash = HASH_BEGIN;
    uint64_t *seen;

    *identity = (struct instance_identity){ 0 };
    if (!instance->has_definition) {
        identity->key = hash;
        return true;
    }

    output_clear(&finder->name);
    name_text_add(&finder->name, instance->name, object->code_page);
    if (finder->name.is_lost)
        return false;
    if (finder->folded.is_lost)
        return false;
    identity->name = finder->name.data ? finder->name.data : "";
    identity->parent = find_parent(finder, instance);
    if (identity->parent)
        hash = hash_folded(&finder->folded, hash, identity->parent);
    hash = hash_folded(&finder->folded, hash, identity->name);
    seen = number_map_at(&finder->seen, hash, NULL);
    if (!seen)
        return false;
    identity->occurrence = (uint32_t)(*seen)++;
    identity->key = instance->unique_id != -1
                        ? hash_number(hash, UINT64_C(1) << 32 | (uint32_t)instance->unique_id)
                        : hash_number(hash, identity->occurrence);
    return true;
}

/* The number of instances that an object can have: its NumInstances, if its bytes can contain so
   many. */
static size_t likely_count(const struct walk_object *object)
{
    const size_t most = object->size / (WALK_INSTANCE_SIZE + WALK_COUNTER_BLOCK_SIZE);

    return object->instance_count <= 0             ? 0
           : (size_t)object->instance_count < most ? (size_t)object->instance_count
                                                   : most;
}

bool instance_finder_begin(struct instance_finder *finder, const struct walk_object *object,
                           bool is_indexed)
{
    struct walk_instances instances;
    struct walk_instance instance;
    struct instance_identity identity;

    number_map_clear(&finder->seen);
    number_map_clear(&finder->places);
    if (!object)
        return true;
    number_map_reserve(&finder->seen, likely_count(object));
    if (!is_indexed)
        return true;

    number_map_reserve(&finder->places, likely_count(object));
    object_walk_begin_instances(object, &instances);
    while (object_walk_next_instance(&finder->walk, object, &instances, &instance)) {
        bool is_new;
        uint64_t *place;

        if (!instance_finder_identify(finder, object, &instance, &identity))
            return false;
        place = number_map_at(&finder->places, identity.key, &is_new);
        if (!place)
            return false;
        if (is_new)
            *place = instance.offset;
    }
    return true;
}

bool instance_finder_find(struct instance_finder *finder, const struct walk_object *object,
                          const struct instance_identity *identity, struct walk_instance *instance)
{
    const uint64_t *place = number_map_find(&finder->places, identity->key);

    return place && instance_at(finder, object, (size_t)*place, instance);
}
