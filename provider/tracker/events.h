/* SPDX-License-Identifier: MIT
 *
 * The tracker's events for listeners outside, and for another tracker in the process.
 *
 * Listeners: natively USDT probes (provider "heapctrs", probes open, allocate, free, reallocate,
 * close; arguments in the order of the functions here), on Windows ETW events of the provider in
 * registry/heapctrs-events.man. Each event has a semaphore, which is not zero while there is a
 * listener. Until then an event costs only the check of it.
 *
 * Another tracker: natively heaptrack, by the weak symbols of its heaptrack_api.h; on Windows
 * Visual Studio's own library. That library has the same names as this one, so it is used through a
 * shim: heapctrs-vsheap.dll, which the program has already loaded, and which exports with C linkage
 *
 *     void *heapctrs_vs_open(const char *name);          NULL: failed
 *     void heapctrs_vs_close(void *heap);
 *     void heapctrs_vs_allocate(void *heap, const void *address, unsigned long size);
 *     void heapctrs_vs_free(void *heap, const void *address);
 *     void heapctrs_vs_reallocate(void *heap, const void *new_address, unsigned long size,
 *                                 const void *old_address);
 *
 * and calls the functions of VSCustomNativeHeapEtwProvider.lib. Nothing is loaded from here,
 * because heaps are opened under the loader lock, too. Sizes above 4 GiB - 1 are passed on as 4 GiB
 * - 1.
 *
 * An allocation is reported after it was made, a free before the application continues. So no
 * listener ever sees an address allocated twice without a free in between. errno and the last error
 * are unchanged.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden) /* so that they are found without a table of addresses */
#define HEAP_EVENT(id, name, fields) extern volatile unsigned short heapctrs_##name##_semaphore;
#include "tracker_events.def"
#pragma GCC visibility pop

#define EVENTS_ARE_WANTED(event, forward)                                                          \
    __builtin_expect((uintptr_t)(forward) | heapctrs_##event##_semaphore, 0)

/** Prepare for events, for the first heap. A second call does nothing. */
void events_begin(void);

/** The library is being unloaded: report no further events. */
void events_end(void);

/** Open the heap with another tracker; NULL if there is no other tracker. */
void *events_forward_open(const char *name);
void events_forward_close(void *forward);

void events_write_open(uint32_t heap, const char *name);
void events_write_allocate(void *forward, uint32_t heap, uintptr_t address, size_t size);
void events_write_free(void *forward, uint32_t heap, uintptr_t address, size_t size);
void events_write_reallocate(void *forward, uint32_t heap, uintptr_t new_address, size_t new_size,
                             uintptr_t old_address, size_t old_size);
void events_write_close(uint32_t heap);

/** Whether there is a listener for frees. */
static inline bool events_free_is_wanted(void *forward)
{
    return EVENTS_ARE_WANTED(free, forward);
}

static inline void events_open(uint32_t heap, const char *name)
{
    if (EVENTS_ARE_WANTED(open, NULL))
        events_write_open(heap, name);
}

static inline void events_allocate(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    if (EVENTS_ARE_WANTED(allocate, forward))
        events_write_allocate(forward, heap, address, size);
}

static inline void events_free(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    if (EVENTS_ARE_WANTED(free, forward))
        events_write_free(forward, heap, address, size);
}

static inline void events_reallocate(void *forward, uint32_t heap, uintptr_t new_address,
                                     size_t new_size, uintptr_t old_address, size_t old_size)
{
    if (EVENTS_ARE_WANTED(reallocate, forward))
        events_write_reallocate(forward, heap, new_address, new_size, old_address, old_size);
}

static inline void events_close(uint32_t heap)
{
    if (EVENTS_ARE_WANTED(close, NULL))
        events_write_close(heap);
}

#endif /* EVENTS_H */
