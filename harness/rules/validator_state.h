/* SPDX-License-Identifier: MIT
 *
 * What the parts of the validator share while they check one answer. Only the validator includes
 * this.
 */
#ifndef VALIDATOR_STATE_H
#define VALIDATOR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object_walk.h"

/** What the validator remembers of an object, so that others can refer to it. */
struct validator_object {
    uint32_t name_index;
    size_t offset;           /* bytes from the start of the answer */
    uint32_t instance_count; /* instances that can be reached; 1 for an object without instances */
};

struct validator;

struct validator_state {
    const struct validator *validator;
    struct object_walk walk;
    bool is_blob;                     /* begins with a PERF_DATA_BLOCK */
    struct validator_object *objects; /* all objects of the answer, sorted by name_index */
    size_t object_count;

    /* The object that is being checked. */
    uint32_t name_index;
    size_t object_offset;
    /* its structures have the layout with pointers: no other breach of it is reported */
    bool has_pointers;
    /* neither the end of the definitions nor the first instance is known */
    bool are_definitions_broken;
    bool are_instances_broken;
    bool is_name_broken; /* the current instance's name is outside of its definition */
    bool is_cut;         /* TotalByteLength is more than there is */
    /* bit n: a block at n modulo 8 from the object's start has been checked */
    unsigned char checked_remainders;

    /* the answer is cut or begins elsewhere: then its last objects may be missing */
    bool is_length_broken;
    bool is_sum_broken; /* the objects do not fill the bytes: their count is unreliable */
};

#endif /* VALIDATOR_STATE_H */
