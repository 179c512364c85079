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

/** Make a call that needs nothing but its kind and a thread. Returns its return code, or
    UINT32_MAX when it did not return. */
uint32_t check_simple_call(struct check *check, enum provider_call_kind kind, uint32_t thread);

/** Load and open if that is not so. Returns whether it is so now. */
bool check_be_open(struct check *check);

/** Close and unload, as far as it is open and loaded. */
void check_be_unloaded(struct check *check);

/** Give up the child, if there is one. */
void check_forget_child(struct check *check);

#endif /* CHECK_LIFE_CYCLE_H */
