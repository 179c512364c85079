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

/** What became of a call. A provider can return any number, so that no number means "none". */
struct check_result {
    bool has_returned;
    uint32_t code; /* what Open or Close returned; 0 of other calls */
};

/** Make a call that needs nothing but its kind and a thread. */
struct check_result check_simple_call(struct check *check, enum provider_call_kind kind,
                                      uint32_t thread);

/** As check_simple_call; whether the call returned ERROR_SUCCESS. */
bool check_succeeds(struct check *check, enum provider_call_kind kind, uint32_t thread);

/** Whether a call returned, and with an error. */
static inline bool check_has_refused(struct check_result result)
{
    return result.has_returned && result.code != 0;
}

/** Load and open if that is not so. Returns whether it is so now. */
bool check_be_open(struct check *check);

/** Close and unload, as far as it is open and loaded. */
void check_be_unloaded(struct check *check);

/** Give up the child, if there is one. */
void check_forget_child(struct check *check);

#endif /* CHECK_LIFE_CYCLE_H */
