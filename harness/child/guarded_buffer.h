/* SPDX-License-Identifier: MIT
 *
 * Collect's buffer with guards around it: patterned areas, a reserve after them, and inaccessible
 * pages at both ends. There are so many of these pages that a stray write does not jump over them.
 *
 *    PATTERN     no access | front guard | buffer | end guard | reserve | no access
 *    NONE        as PATTERN, but no guard is patterned
 *    PAGE_END    no access | front guard | buffer | no access
 *    PAGE_BEGIN  no access | buffer | end guard | reserve | no access
 *
 * Rule: PM_COLLECT_PROC, ExtCounterTestLevel (guard areas of 1 KiB). The pages and the reserve are
 * our own addition.
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
    unsigned char *pages; /* all pages, the inaccessible ones included */
    size_t pages_size;
    unsigned char *inside; /* the accessible part */
    size_t inside_size;
    unsigned char *data; /* the buffer */
    uint32_t size;
    enum provider_guard guard;
    bool is_patterned; /* the guards had their pattern when they were last checked, and the buffer
                          has not moved since */
};

/**
 * Place a buffer. Memory of an earlier placing is reused or released. A zeroed struct is allowed.
 *
 * The buffer begins at a multiple of 8 plus `misalignment`. Except for the two PAGE placings, it
 * does not begin at a multiple of 16, because a provider is promised no more than 8.
 *
 * @param misalignment  0..7
 * @param reserve_size  bytes after the end guard; 0: 1 MiB
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD guarded_buffer_place(struct guarded_buffer *buffer, enum provider_guard guard, uint32_t size,
                           uint32_t misalignment, uint32_t reserve_size);

/**
 * Compare the guards with their pattern. With GUARD_NONE there is never any damage. Undamaged
 * guards are not filled again for the next buffer of the same size, so the next check also sees
 * writes between the calls, by a thread that continues after its call.
 */
void guarded_buffer_check(struct guarded_buffer *buffer, struct provider_damage *damage);

/** Whether an address lies in the buffer's memory, inaccessible pages included. */
bool guarded_buffer_contains(const struct guarded_buffer *buffer, uintptr_t address);

/** Release the memory. A zeroed struct is allowed. */
void guarded_buffer_release(struct guarded_buffer *buffer);

#endif /* GUARDED_BUFFER_H */
