/* SPDX-License-Identifier: MIT
 *
 * A pair of memory routines (PERF_MEM_ALLOC, PERF_MEM_FREE) that checks both the heap that it takes
 * its blocks from and the code that calls it. It has two uses:
 *
 *   - between the emulation of PERFLIB and a provider's routines, to test the provider;
 *   - as the routines of a test's provider, to test an implementation of PERFLIB: the emulation, or
 *     the advapi32.dll of Wine or Windows.
 *
 * It checks that blocks are aligned and do not overlap; that each block is freed once, by its first
 * byte, with the right context, and before the provider has stopped; and that the bytes around a
 * block do not change. For the last check it requests 64 bytes more from the heap: a guard of 32
 * bytes before and after each block. Breaches become findings.
 *
 * All functions may be called from any thread.
 */
#ifndef MEMORY_CHECK_H
#define MEMORY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"
#include "perflib_emulation.h"

struct memory_check_options {
    PERF_MEM_ALLOC allocate;   /* the heap under test; NULL: the process heap */
    PERF_MEM_FREE free;        /* NULL if and only if allocate is NULL */
    void *context;             /* passed to both */
    struct findings *findings; /* receives the breaches; NULL: they are only counted */
    uint64_t fail_at;          /* number of the allocation that fails, from 1; 0: all succeed */
};

struct memory_check_counts {
    uint64_t allocations; /* successful */
    uint64_t failures;    /* NULL was returned, because of fail_at or by the heap */
    uint64_t frees;       /* of live blocks */
    size_t live_blocks;
    size_t live_size; /* bytes */
    size_t peak_size; /* bytes */
    uint64_t breaches;
};

struct memory_check;

/** Open a check. ERROR_INVALID_PARAMETER if only one routine is given; ERROR_NOT_ENOUGH_MEMORY. */
DWORD memory_check_open(struct memory_check **check, const struct memory_check_options *options);

/** The routines that a provider passes on. Their pMemContext is the struct memory_check. */
LPVOID CALLBACK memory_check_allocate(SIZE_T size, LPVOID check);
void CALLBACK memory_check_free(LPVOID block, LPVOID check);

/** The provider has stopped: blocks that are still live are leaks, and later calls are breaches. */
void memory_check_stop(struct memory_check *check);

struct memory_check_counts memory_check_counts(struct memory_check *check);

/** Free the check and the leaked blocks of the process heap. NULL is allowed. */
void memory_check_close(struct memory_check *check);

#endif /* MEMORY_CHECK_H */
