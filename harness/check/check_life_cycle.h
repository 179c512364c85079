/* SPDX-License-Identifier: MIT
 *
 * The provider's life: loaded, open, closed, unloaded.
 */
#ifndef CHECK_LIFE_CYCLE_H
#define CHECK_LIFE_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "provider_process.h"

struct check;

/** The result of a call. A provider can return any number, so no number means "none". */
struct check_call_result {
    bool has_returned;
    uint32_t code; /* what Open or Close returned; 0 for other calls */
};

/** Make a call that needs only its kind and a thread. */
struct check_call_result check_life_cycle_call(struct check *check, enum provider_call_kind kind,
                                               uint32_t thread);

/** Make a simple call. Returns whether it returned ERROR_SUCCESS. */
bool check_life_cycle_succeeds(struct check *check, enum provider_call_kind kind, uint32_t thread);

/** Whether a call returned an error. */
static inline bool check_life_cycle_has_refused(const struct check_call_result *result)
{
    return result->has_returned && result->code != 0;
}

/** Load and open the provider if it is not. Returns whether it is open now. */
bool check_life_cycle_ensure_open(struct check *check);

/** Close and unload the provider, if it is open and loaded. */
void check_life_cycle_ensure_unloaded(struct check *check);

/** End the child, if there is one. */
void check_life_cycle_forget_child(struct check *check);

#endif /* CHECK_LIFE_CYCLE_H */
