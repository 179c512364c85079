/* SPDX-License-Identifier: MIT
 *
 * Hashes of names, counted in the order of the walk. Two names that share a 64-bit hash would be
 * taken for one; that may mislead a reader, never harm it.
 */
#include "instance_finder.h"

#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "utf8.h"

void instance_finder_init(struct instance_finder *finder, struct span bytes)
{
    *finder = (struct instance_finder){ .walk = { .bytes = bytes } };
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
    *finder = (struct instance_finder){ 0 };
}

static void index_objects(struct instance_finder *finder)
{
    struct walk_data_block header;
    struct walk_object object;

    if (finder->has_objects)
        return;
    finder->has_objects = true;
    if (!object_walk_begin(&finder->walk, finder->walk.bytes, NULL, NULL, &header))
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

/* FNV-1a over the folded characters. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    const size_t size = strlen(text);

    for (size_t at = 0; at < size;)
        hash = (hash ^ utf8_fold(utf8_next(text, size, &at))) * UINT64_C(0x100000001B3);
    return hash * UINT64_C(0x100000001B3);
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    return (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
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

    walk_instances_begin(&list.object, &instances);
    while (walk_next_instance(&finder->walk, &list.object, &instances, &instance)) {
        if (list.count == list.room) {
            const size_t room = list.room ? list.room * 2 : 64;
            size_t *offsets = realloc(list.offsets, room * sizeof(*offsets));

            if (!offsets)
                break;
            list.offsets = offsets;
            list.room = room;
        }
        list.offsets[list.count++] = instance.offset;
    }
    if (finder->list_count == finder->list_room) {
        const size_t room = finder->list_room ? finder->list_room * 2 : 8;
        struct instance_list *lists = realloc(finder->lists, room * sizeof(*lists));

        if (!lists) {
            free(list.offsets);
            return NULL;
        }
        finder->lists = lists;
        finder->list_room = room;
    }
    finder->lists[finder->list_count++] = list;
    *place = finder->list_count;
    return &finder->lists[finder->list_count - 1];
}

/* The instance at an offset where the walk has met one before. */
static bool instance_at(struct instance_finder *finder, const struct walk_object *object,
                        size_t offset, struct walk_instance *instance)
{
    struct walk_instances instances;

    walk_instances_begin(object, &instances);
    instances.next = offset;
    return walk_next_instance(&finder->walk, object, &instances, instance);
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
    decoder_add_name(&finder->parent, parent.name, list->object.code_page);
    return finder->parent.data ? finder->parent.data : "";
}

bool instance_finder_identify(struct instance_finder *finder, const struct walk_object *object,
                              const struct walk_instance *instance,
                              struct instance_identity *identity)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    uint64_t *seen;

    *identity = (struct instance_identity){ 0 };
    if (!instance->has_definition) {
        identity->key = hash;
        return true;
    }

    output_clear(&finder->name);
    decoder_add_name(&finder->name, instance->name, object->code_page);
    if (finder->name.is_lost)
        return false;
    identity->name = finder->name.data ? finder->name.data : "";
    identity->parent = find_parent(finder, instance);
    if (identity->parent)
        hash = hash_text(hash, identity->parent);
    hash = hash_text(hash, identity->name);
    seen = number_map_at(&finder->seen, hash, NULL);
    if (!seen)
        return false;
    identity->occurrence = (uint32_t)(*seen)++;
    identity->key = instance->unique_id != -1
                        ? hash_number(hash, UINT64_C(1) << 32 | (uint32_t)instance->unique_id)
                        : hash_number(hash, identity->occurrence);
    return true;
}

bool instance_finder_begin(struct instance_finder *finder, const struct walk_object *indexed)
{
    struct walk_instances instances;
    struct walk_instance instance;
    struct instance_identity identity;

    number_map_clear(&finder->seen);
    number_map_clear(&finder->places);
    if (!indexed)
        return true;

    walk_instances_begin(indexed, &instances);
    while (walk_next_instance(&finder->walk, indexed, &instances, &instance)) {
        bool is_new;
        uint64_t *place;

        if (!instance_finder_identify(finder, indexed, &instance, &identity))
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
