/* SPDX-License-Identifier: MIT
 *
 * What the parts of the validator share while they go over one answer: validator.c (data block and
 * objects), validator_definitions.c (counters), validator_instances.c (instances and blocks).
 * Nothing else includes this.
 */
#ifndef VALIDATOR_STATE_H
#define VALIDATOR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object_walk.h"
#include "printf_like.h"
#include "validator.h"

/** An object as another may refer to it. */
struct validator_object {
    uint32_t name_index;
    size_t offset;           /* bytes from the start of the answer */
    uint32_t instance_count; /* instances that can be reached; 1 for the one without a name */
};

struct validator_state {
    const struct validator *validator;
    struct object_walk walk;
    bool is_blob;                     /* begins with a PERF_DATA_BLOCK */
    struct validator_object *objects; /* all of the answer, sorted by name_index */
    size_t object_count;

    /* The object at hand. */
    uint32_t name_index;
    bool are_definitions_broken; /* their end is not known, nor where instances begin */
    bool are_instances_broken;
    bool is_name_broken; /* of the instance at hand: it lies where no name can be */
    bool is_cut;         /* TotalByteLength reaches too far */

    bool is_length_broken; /* the whole is cut, or lies elsewhere: so may be its last objects */
    bool is_sum_broken;    /* the objects do not fill the bytes: their count is not to be trusted */
};

/** `counter` of a breach that concerns the whole object, or something else than one counter. */
#define VALIDATOR_NO_COUNTER UINT32_MAX

/**
 * Add a finding about the object at hand.
 *
 * @param counter  position of the counter that it is about, or VALIDATOR_NO_COUNTER
 * @return whether the check shall go on
 */
PRINTF_LIKE(5, 6)
bool validator_report(struct validator_state *state, enum rule_id rule, size_t offset,
                      uint32_t counter, const char *format, ...);

/** Check a title index pair (name, help) of an object or a counter at `offset`. */
void validator_check_indices(struct validator_state *state, const char *structure, size_t offset,
                             uint32_t counter, uint32_t name_index, uint32_t help_index);

/** Check all counter definitions of the object at hand. */
void validator_check_definitions(struct validator_state *state, const struct walk_object *object);

/** Check all instances and blocks of the object at hand. */
void validator_check_instances(struct validator_state *state, const struct walk_object *object);

/** The object of that title index, or NULL. */
const struct validator_object *validator_find_object(const struct validator_state *state,
                                                     uint32_t name_index);

#endif /* VALIDATOR_STATE_H */
