/* SPDX-License-Identifier: MIT
 *
 * The rules about counter definitions.
 */
#ifndef VALIDATOR_DEFINITIONS_H
#define VALIDATOR_DEFINITIONS_H

#include "validator_state.h"

/** Check all counter definitions of the current object. */
void validator_definitions_check(struct validator_state *state, const struct walk_object *object);

#endif /* VALIDATOR_DEFINITIONS_H */
