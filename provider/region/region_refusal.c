/* SPDX-License-Identifier: MIT
 *
 * See region_refusal.h.
 */
#include "region_refusal.h"

#include <stdio.h>

static const struct {
    const char *key, *text;
} reasons[REFUSAL_REASONS] = {
#define REFUSAL(id, key, text) [REFUSAL_##id] = { key, text },
#include "region_refusals.def"
#undef REFUSAL
};

/* The entry of a reason and an owner. The last entry is for all that have no entry of their own. */
static struct region_refusal *find(struct region_refusals *refusals,
                                   const struct region_refusal *more)
{
    for (uint32_t i = 0; i < refusals->count; i++)
        if (refusals->refusals[i].reason == more->reason &&
            refusals->refusals[i].owner == more->owner)
            return &refusals->refusals[i];
    if (refusals->count == REGION_REFUSALS)
        return &refusals->refusals[REGION_REFUSALS - 1];
    return &refusals->refusals[refusals->count++];
}

void region_refusals_add(struct region_refusals *refusals, const struct region_refusal *more,
                         const char *directory, const char *name)
{
    struct region_refusal *refusal;

    if (more->count == 0)
        return;
    uint32_t known = refusals->count;
    refusal = find(refusals, more);
    if (refusals->count != known) {
        refusal->count = 0;
        refusal->path[0] = 0;
        refusal->reason = more->reason;
        refusal->owner = more->owner;
        if (directory)
            snprintf(refusal->path, sizeof(refusal->path), "%s%s%s", directory, name ? "/" : "",
                     name ? name : "");
    } else if (refusal->reason != more->reason || refusal->owner != more->owner) {
        refusal->path[0] = 0;
    }
    refusal->count += more->count;
}

const char *region_refusal_key(enum region_refusal_reason reason)
{
    return reasons[reason].key;
}

const char *region_refusal_text(enum region_refusal_reason reason)
{
    return reasons[reason].text;
}
