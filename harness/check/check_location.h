/* SPDX-License-Identifier: MIT
 *
 * Where in the provider's source a call failed. The stages' findings get this location while it is
 * set.
 */
#ifndef CHECK_LOCATION_H
#define CHECK_LOCATION_H

#include "provider_observation.h"

struct check;

/**
 * Look up the provider's own frame of a fault: the instruction, or its nearest caller in the
 * provider (if the instruction is in memcpy, for example). Findings that are added from now on have
 * this location, until check_location_end.
 */
void check_location_begin(struct check *check, const struct provider_fault *fault);

void check_location_end(struct check *check);

#endif /* CHECK_LOCATION_H */
