/* SPDX-License-Identifier: MIT
 *
 * USDT probes and heaptrack: see events.h. A probe is a nop and a note about it (.note.stapsdt); a
 * tracer that attaches to it raises its semaphore.
 */
#include "events.h"

#include <errno.h>

/* The macros of sys/sdt.h leave a variadic argument empty, about which clang warns. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define HEAP_EVENT(id, name, fields)                                                               \
    volatile unsigned short heapctrs_##name##_semaphore __attribute__((section(".probes")));
#include "tracker_events.def"

/* heaptrack_api.h: defined while heaptrack records the program. */
__attribute__((weak)) void heaptrack_report_alloc(void *pointer, size_t size);
__attribute__((weak)) void heaptrack_report_realloc(void *old, size_t size, void *pointer);
__attribute__((weak)) void heaptrack_report_free(void *pointer);

/* The handle of every heap: heaptrack does not know heaps. */
static char forwarded;

void events_begin(void)
{
}

void events_end(void)
{
}

void *events_forward_open(const char *name)
{
    (void)name;
    return heaptrack_report_alloc && heaptrack_report_realloc && heaptrack_report_free ? &forwarded
                                                                                       : NULL;
}

void events_forward_close(void *forward)
{
    (void)forward;
}

void events_write_open(uint32_t heap, const char *name)
{
    STAP_PROBE2(heapctrs, open, (uint64_t)heap, name);
}

void events_write_allocate(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    int error = errno;

    STAP_PROBE3(heapctrs, allocate, (uint64_t)heap, address, (uint64_t)size);
    if (forward)
        heaptrack_report_alloc((void *)address, size);
    errno = error;
}

void events_write_free(void *forward, uint32_t heap, uintptr_t address, size_t size)
{
    int error = errno;

    STAP_PROBE3(heapctrs, free, (uint64_t)heap, address, (uint64_t)size);
    if (forward)
        heaptrack_report_free((void *)address);
    errno = error;
}

void events_write_reallocate(void *forward, uint32_t heap, uintptr_t new_address, size_t new_size,
                             uintptr_t old_address, size_t old_size)
{
    int error = errno;

    STAP_PROBE5(heapctrs, reallocate, (uint64_t)heap, new_address, (uint64_t)new_size, old_address,
                (uint64_t)old_size);
    if (forward)
        heaptrack_report_realloc((void *)old_address, new_size, (void *)new_address);
    errno = error;
}

void events_write_close(uint32_t heap)
{
    STAP_PROBE1(heapctrs, close, (uint64_t)heap);
}
