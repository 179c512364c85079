/* SPDX-License-Identifier: MIT
 *
 * What the allocators glibc, jemalloc, mimalloc and tcmalloc (gperftools) report of themselves, asked
 * through their own functions, which are found at run time. Nothing of them is linked.
 *
 *              held           free          cached          releasable    elsewhere  arenas   overhead
 *   glibc      mallinfo2      mallinfo2     remainder       computed      malloc_info malloc_info computed
 *   jemalloc   mallctl        mallctl       mallctl         mallctl       mallctl    mallctl  mallctl
 *   mimalloc   counted pages  remainder     -               -             -          -        computed
 *   tcmalloc   property       property      property        property      -          -        property
 *
 * A remainder is held - free - live - overhead: glibc counts the blocks in its thread caches as in use.
 * mimalloc reports only what it has committed, mostly pages that were never touched, so its resident
 * pages are counted: of the segments in which blocks were seen, see allocator_figures_note.
 *
 * Asking takes the allocator's locks. So no function here may be called in a signal handler, within the
 * allocator (allocator_call.h), or in a child between fork and exec.
 */
#ifndef ALLOCATOR_FIGURES_H
#define ALLOCATOR_FIGURES_H

#include "heap_totals.h"

/** The name of an allocator, "unknown" for ALLOCATOR_UNKNOWN and for numbers beyond the last. */
const char *allocator_figures_name(uint32_t allocator);

/** The allocator with that name; ALLOCATOR_UNKNOWN if no allocator has it. */
enum region_allocator allocator_figures_named(const char *name);

/**
 * Find the functions of an allocator. Not in an event: it searches the loaded libraries.
 *
 * @param allocator  ALLOCATOR_UNKNOWN: whichever it is
 * @param function   its malloc, in whose library the functions must be; 0: in any
 * @return the allocator, or ALLOCATOR_UNKNOWN if it has no functions that can be asked
 */
enum region_allocator allocator_figures_find(enum region_allocator allocator, uintptr_t function);

/** Note a block of malloc, one of those that are examined now and then: it shows where memory is. */
void allocator_figures_note(enum region_allocator allocator, uintptr_t address, uint64_t size);

/**
 * Ask the allocator.
 *
 * @param is_thorough  also ask for what takes longer: glibc's arenas, by malloc_info
 * @param figures      receives the allocator, and `known`, `computed` and `values`, without remainders
 */
void allocator_figures_ask(enum region_allocator allocator, bool is_thorough,
                           struct heap_figures *figures);

/**
 * Compute the remainders from the live bytes and blocks of the same moment.
 *
 * @param are_usable  the bytes are usable ones. Otherwise what blocks have beyond their requests is
 *                    overhead, and glibc's thread caches are unknown
 */
void allocator_figures_complete(struct heap_figures *figures, uint64_t live_bytes,
                                uint64_t live_blocks, bool are_usable);

#endif /* ALLOCATOR_FIGURES_H */
