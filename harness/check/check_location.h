/* SPDX-License-Identifier: MIT
 *
 * Where in the provider's source a call failed. The stages' findings get it while it is set.
 */
#ifndef CHECK_LOCATION_H
#define CHECK_LOCATION_H

#include "provider_observation.h"

struct check;

/**
 * Look up the provider's own frame of a fault: the instruction, or the nearest caller that belongs to
 * the provider if the instruction is in memcpy, say. Findings that are added from now on have it as
 * their location, until check_location_end.
 */
void check_location_begin(struct check *check, const struct provider_fault *fault);

void check_location_end(struct check *check);

#endif /* CHECK_LOCATION_H */
