/* SPDX-License-Identifier: MIT
 *
 * What a reader does not show, with the reason and the owner.
 */
#ifndef REGION_REFUSAL_H
#define REGION_REFUSAL_H

#include <stdint.h>

#include "os.h"

enum region_refusal_reason {
    REFUSAL_NONE,
#define REFUSAL(id, key, text) REFUSAL_##id,
#include "region_refusals.def"
#undef REFUSAL
    REFUSAL_REASONS
};

/** All refusals of one reason and one owner. */
struct region_refusal {
    enum region_refusal_reason reason;
    uint64_t owner;          /* as in struct os_region_source */
    uint64_t count;          /* directories, regions or heaps, depending on the reason */
    char path[OS_PATH_SIZE]; /* of the first one found; "" if there is no path */
};

/** Most entries; chosen. Refusals of further owners are counted in one entry with an empty path. */
#define REGION_REFUSALS 64u

struct region_refusals {
    uint32_t count;
    struct region_refusal refusals[REGION_REFUSALS];
};

/** Count some more. The path is directory and name, or the directory alone if `name` is NULL. */
void region_refusals_add(struct region_refusals *refusals, const struct region_refusal *more,
                         const char *directory, const char *name);

/** The reason as a word that never changes, and as a sentence. Not for REFUSAL_NONE. */
const char *region_refusal_key(enum region_refusal_reason reason);
const char *region_refusal_text(enum region_refusal_reason reason);

#endif /* REGION_REFUSAL_H */
