/* SPDX-License-Identifier: MIT
 *
 * The rules about instances, their names and their counter blocks.
 */
#ifndef VALIDATOR_INSTANCES_H
#define VALIDATOR_INSTANCES_H

#include "validator_state.h"

/** Check all instances and blocks of the current object. */
void validator_instances_check(struct validator_state *state, const struct walk_object *object);

#endif /* VALIDATOR_INSTANCES_H */
