/* SPDX-License-Identifier: MIT
 *
 * Windows: no allocator is asked. Its heaps report what they reserve by heap_tracker_set_reserved.
 */
#include "allocator_ask.h"

bool allocator_ask_find(enum region_allocator allocator, uintptr_t function)
{
    (void)allocator;
    (void)function;
    return false;
}

void allocator_ask_note(uintptr_t address, uint64_t size)
{
    (void)address;
    (void)size;
}

void allocator_ask(enum region_allocator allocator, bool is_thorough, struct heap_figures *figures)
{
    (void)allocator;
    (void)is_thorough;
    (void)figures;
}
