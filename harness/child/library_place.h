/* SPDX-License-Identifier: MIT
 *
 * Where the provider's library is, and where it was the last sixteen times that it was loaded. The
 * fault trap asks for this inside a signal or exception handler, so nothing here allocates, locks
 * or calls the system. One thread adds places, while the provider is not called.
 */
#ifndef LIBRARY_PLACE_H
#define LIBRARY_PLACE_H

#include <stdint.h>

struct library_place {
    uintptr_t begin, end; /* addresses; `end` is the first one after the library */
};

/** The place that holds an address, or NULL. */
const struct library_place *library_place_find(uintptr_t address);

/** Remember a place. It replaces the oldest one if sixteen are known. */
void library_place_add(uintptr_t begin, uintptr_t end);

#endif /* LIBRARY_PLACE_H */
