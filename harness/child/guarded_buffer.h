/* SPDX-License-Identifier: MIT
 *
 * Collect's buffer, with guards around it: patterned areas, a reserve behind them, and inaccessible
 * pages at each end of it all: so many that a wild write does not jump over them.
 *
 *     PATTERN, NONE   | no access | front, patterned | buffer | guard, patterned | reserve | no
 * access | PAGE_END        | no access | front, patterned | buffer | no access | PAGE_BEGIN      |
 * no access |                    buffer | guard, patterned | reserve | no access |
 *
 * Rule: PM_COLLECT_PROC, ExtCounterTestLevel (guard areas of 1 KiB); the rest is ours.
 */
#ifndef GUARDED_BUFFER_H
#define GUARDED_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider_observation.h"
#include "provider_request.h"
#include "wintypes.h"

struct guarded_buffer {
    unsigned char *pages; /* the whole, the inaccessible ones included */
    size_t pages_size;
    unsigned char *inside; /* the accessible part */
    size_t inside_size;
    unsigned char *data; /* the buffer */
    uint32_t size;
    enum provider_guard guard;
    bool is_patterned; /* seen to be as it was filled, since it was placed last */
};

/**
 * Place a buffer; what was placed before is given back or used again. A zeroed struct is allowed.
 *
 * The buffer begins at a multiple of 8 plus `misalignment`, and, but for the two PAGE placings, not
 * at a multiple of 16: no more than 8 is promised to a provider.
 *
 * @param misalignment  0..7
 * @param reserve_size  bytes behind the guard area; 0: 1 MiB
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD guarded_buffer_place(struct guarded_buffer *buffer, enum provider_guard guard, uint32_t size,
                           uint32_t misalignment, uint32_t reserve_size);

/**
 * Compare the guards with their pattern. With GUARD_NONE there is never any damage. Guards that are
 * whole are not filled again for the next buffer of the same size: who writes there in between, a
 * thread that goes on behind its call, is seen then.
 */
void guarded_buffer_check(struct guarded_buffer *buffer, struct provider_damage *damage);

/** Whether an address lies in the buffer's memory, inaccessible pages included. */
bool guarded_buffer_contains(const struct guarded_buffer *buffer, uintptr_t address);

/** Give the memory back; a zeroed struct is allowed. */
void guarded_buffer_release(struct guarded_buffer *buffer);

#endif /* GUARDED_BUFFER_H */
