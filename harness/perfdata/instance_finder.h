/* SPDX-License-Identifier: MIT
 *
 * Identities of instances: the names of an instance and of its parent, the number of instances with
 * the same name before it, and the same instance in another sample. Each sample has a finder of its
 * own. The finder walks the sample in addition to its reader, each object at most once, and reports no
 * breaches.
 *
 * Rule: instances with equal names are distinguished by their order in one sample ("Handling
 * Duplicate Instance Names"); those with a UniqueID by the UniqueID and the name.
 */
#ifndef INSTANCE_FINDER_H
#define INSTANCE_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "number_map.h"
#include "object_walk.h"
#include "output.h"

struct instance_identity {
    /* UTF-8, owned by the finder until the next instance; NULL: no instances */
    const char *name;
    const char *parent;  /* likewise; NULL: no parent, or not found */
    uint32_t occurrence; /* number of instances with the same parent and name before it */
    uint64_t key;        /* the same for the same instance in every sample */
};

/* The offsets of the instances of an object that is a parent. */
struct instance_list {
    size_t *offsets;
    size_t count, capacity;
    struct walk_object object;
};

struct instance_finder {
    struct object_walk walk;
    bool is_without_header;    /* the bytes are `count` objects, as Collect writes them */
    uint32_t count;            /* number of objects that Collect returned; with is_without_header */
    bool has_objects;          /* `objects` is filled */
    struct number_map objects; /* title index -> offset of the first object that has it */
    struct number_map seen;    /* hash of parent and name -> how many so far, in this object */
    struct number_map places;  /* key -> offset of the instance, in this object */
    struct number_map parents; /* title index -> place in `lists` */
    struct instance_list *lists;
    size_t list_count, list_capacity;
    struct output name, parent, folded;
};

/**
 * Begin with a sample, whose bytes must exist as long as the finder. An empty span has no objects.
 */
void instance_finder_init(struct instance_finder *finder, struct span bytes);

/**
 * The same for objects only, as Collect writes them. `count` is the number that Collect returned.
 */
void instance_finder_init_objects(struct instance_finder *finder, struct span bytes,
                                  uint32_t count);

/** Free all memory. */
void instance_finder_release(struct instance_finder *finder);

/** Find the first object with that title index. False if the sample does not have it. */
bool instance_finder_object(struct instance_finder *finder, uint32_t index,
                            struct walk_object *object);

/**
 * Begin with another object. The instances of the previous object are removed.
 *
 * @param object      of this finder's sample; NULL: no object
 * @param is_indexed  instance_finder_find will be called for it
 * @return false if memory ran out
 */
bool instance_finder_begin(struct instance_finder *finder, const struct walk_object *object,
                           bool is_indexed);

/** Identify the next instance of an object, in their order. False if memory ran out. */
bool instance_finder_identify(struct instance_finder *finder, const struct walk_object *object,
                              const struct walk_instance *instance,
                              struct instance_identity *identity);

/** Find the instance of `object` with this identity. False if there is no such instance. */
bool instance_finder_find(struct instance_finder *finder, const struct walk_object *object,
                          const struct instance_identity *identity, struct walk_instance *instance);

#endif /* INSTANCE_FINDER_H */
