/* SPDX-License-Identifier: MIT
 *
 * The findings of the emulation of PERFLIB on a V2 provider.
 */
#ifndef CHECK_V2_FINDINGS_H
#define CHECK_V2_FINDINGS_H

#include <stdint.h>

struct check;

/**
 * Take over the findings since the last call. Returns how many allocations PERFLIB has requested
 * from the provider since its start.
 */
uint32_t check_v2_findings_take(struct check *check);

#endif /* CHECK_V2_FINDINGS_H */
