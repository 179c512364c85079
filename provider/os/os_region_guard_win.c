/* SPDX-License-Identifier: MIT
 *
 * The guard of os_region.h for Windows, which has nothing to guard against.
 */
#include "os_region.h"

/* A mapped file cannot be shortened. */
void os_region_guard_writer(bool (*repair)(uintptr_t address))
{
    (void)repair;
}

void os_region_guard_begin(struct os_region_guard *guard, struct os_region_mapping *const *mappings)
{
    (void)mappings;
    guard->was_blocked = false;
}

void os_region_guard_end(struct os_region_guard *guard)
{
    (void)guard;
}
