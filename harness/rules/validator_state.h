/* SPDX-License-Identifier: MIT
 *
 * What the parts of the validator share while they go over one answer. Nothing outside the
 * validator includes this.
 */
#ifndef VALIDATOR_STATE_H
#define VALIDATOR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object_walk.h"

/** An object as another may refer to it. */
struct validator_object {
    uint32_t name_index;
    size_t offset;           /* bytes from the start of the answer */
    uint32_t instance_count; /* instances that can be reached; 1 for the one without a name */
};

struct validator;

struct validator_state {
    const struct validator *validator;
    struct object_walk walk;
    bool is_blob;                     /* begins with a PERF_DATA_BLOCK */
    struct validator_object *objects; /* all of the answer, sorted by name_index */
    size_t object_count;

    /* The object at hand. */
    uint32_t name_index;
    size_t object_offset;
    bool has_pointers; /* its structures have another layout: nothing else is said of it */
    bool are_definitions_broken; /* their end is not known, nor where instances begin */
    bool are_instances_broken;
    bool is_name_broken; /* of the instance at hand: it lies where no name can be */
    bool is_cut;         /* TotalByteLength reaches too far */

    bool is_length_broken; /* the whole is cut, or lies elsewhere: so may be its last objects */
    bool is_sum_broken;    /* the objects do not fill the bytes: their count is not to be trusted */
};

#endif /* VALIDATOR_STATE_H */
