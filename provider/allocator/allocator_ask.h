/* SPDX-License-Identifier: MIT
 *
 * The functions of each allocator, and what they say: the part of allocator_figures.h that differs
 * between systems. allocator_ask_posix.c and allocator_ask_win.c define the same functions.
 */
#ifndef ALLOCATOR_ASK_H
#define ALLOCATOR_ASK_H

#include "heap_totals.h"

/** Find the functions of one allocator in the library of a function; 0: in any. */
bool allocator_ask_find(enum region_allocator allocator, uintptr_t function);

/** Remember that mimalloc has memory at this address. */
void allocator_ask_note(uintptr_t address, uint64_t size);

/** Fill in what the allocator reports. One thread at a time. is_thorough: see allocator_figures.h. */
void allocator_ask(enum region_allocator allocator, bool is_thorough, struct heap_figures *figures);

#endif /* ALLOCATOR_ASK_H */
