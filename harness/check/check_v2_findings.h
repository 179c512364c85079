/* SPDX-License-Identifier: MIT
 *
 * What the emulation of PERFLIB has found in a V2 provider.
 */
#ifndef CHECK_V2_FINDINGS_H
#define CHECK_V2_FINDINGS_H

#include <stdint.h>

struct check;

/** Take over what the emulation of PERFLIB has found since the last time; returns the allocations
    that it has asked of the provider since its start. */
uint32_t check_take_v2_findings(struct check *check);

#endif /* CHECK_V2_FINDINGS_H */
