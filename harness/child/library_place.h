/* SPDX-License-Identifier: MIT
 *
 * Where the provider's library lies, and where it lay before: of the last sixteen times that it was
 * loaded. For the fault trap, which asks from within a signal or exception handler: nothing here
 * allocates, locks or calls the system. Added to by one thread, while the provider is not called.
 */
#ifndef LIBRARY_PLACE_H
#define LIBRARY_PLACE_H

#include <stdint.h>

struct library_place {
    uintptr_t begin, end; /* addresses; the end is not part of it */
};

/** The place that holds an address; NULL when none does. */
const struct library_place *library_place_find(uintptr_t address);

/** Remember a place, in the oldest one's stead when there are too many. */
void library_place_add(uintptr_t begin, uintptr_t end);

#endif /* LIBRARY_PLACE_H */
