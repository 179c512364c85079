/* SPDX-License-Identifier: MIT
 *
 * Identities of instances: the names of an instance and of its parent, how many of the same name
 * come before it, and where the same instance is in another sample. One finder for each sample; it
 * walks the sample silently, each object at most once more than its reader does.
 *
 * Rule: instances of equal names are told apart by their order in one sample ("Handling Duplicate
 * Instance Names"); those with a UniqueID by that and the name.
 */
#ifndef INSTANCE_FINDER_H
#define INSTANCE_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "number_map.h"
#include "object_walk.h"
#include "output.h"

struct instance_identity {
    const char *name;    /* UTF-8, the finder's until the next instance; NULL: no instances */
    const char *parent;  /* likewise; NULL: none, or it cannot be found */
    uint32_t occurrence; /* how many of the same parent and name stand before it */
    uint64_t key;        /* the same for the same instance in every sample */
};

/* Offsets of the instances of an object that is a parent. */
struct instance_list {
    size_t *offsets;
    size_t count, capacity;
    struct walk_object object;
    bool is_known; /* the object is in the sample */
};

struct instance_finder {
    struct object_walk walk;
    bool is_without_header;    /* the bytes are `count` objects, as Collect writes them */
    uint32_t count;            /* of objects, as Collect said; with is_without_header */
    bool has_objects;          /* `objects` is filled */
    struct number_map objects; /* title index -> offset of the first object that has it */
    struct number_map seen;    /* hash of parent and name -> how many so far, in this object */
    struct number_map places;  /* key -> offset of the instance, in this object */
    struct number_map parents; /* title index -> place in `lists` */
    struct instance_list *lists;
    size_t list_count, list_capacity;
    struct output name, parent, folded;
};

/** Begin; the bytes must outlive the finder. An empty span has no objects. */
void instance_finder_init(struct instance_finder *finder, struct span bytes);

/** The same for objects only, as Collect writes them; `count` is what it said. */
void instance_finder_init_objects(struct instance_finder *finder, struct span bytes,
                                  uint32_t count);

/** Free all. */
void instance_finder_release(struct instance_finder *finder);

/** The first object of that title index; false when there is none. */
bool instance_finder_object(struct instance_finder *finder, uint32_t index,
                            struct walk_object *object);

/**
 * Begin with another object: forget its predecessor's instances.
 *
 * @param object      of this finder's sample; NULL: none
 * @param is_indexed  instance_finder_find will look in it
 * @return false when memory ran out
 */
bool instance_finder_begin(struct instance_finder *finder, const struct walk_object *object,
                           bool is_indexed);

/** Identify the next instance of an object, in their order; false when memory ran out. */
bool instance_finder_identify(struct instance_finder *finder, const struct walk_object *object,
                              const struct walk_instance *instance,
                              struct instance_identity *identity);

/** The instance of `object` that has this identity; false when there is none. */
bool instance_finder_find(struct instance_finder *finder, const struct walk_object *object,
                          const struct instance_identity *identity, struct walk_instance *instance);

#endif /* INSTANCE_FINDER_H */
