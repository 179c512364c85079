/* SPDX-License-Identifier: MIT
 *
 * A pair of memory routines (PERF_MEM_ALLOC, PERF_MEM_FREE) that watches both sides: the heap that
 * it takes its blocks from, and whoever calls it. It serves twice:
 *
 *   - between the emulation of PERFLIB and a provider's routines, to test the provider;
 *   - as the routines of a test's provider, to test whoever plays PERFLIB: the emulation, or the
 *     advapi32.dll of Wine and Windows.
 *
 * The checks: aligned blocks that do not overlap; blocks freed once, by their first byte, with the
 * right context, and all of them before the provider has stopped; bytes around a block untouched,
 * for which 64 bytes more than asked for are taken from the heap. Breaches become findings.
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
    PERF_MEM_FREE free;        /* NULL when and only when allocate is */
    void *context;             /* handed to both */
    struct findings *findings; /* receives the breaches; NULL: they are only counted */
    uint64_t fail_at;          /* this allocation fails, 1 is the first; 0: none does */
};

struct memory_check_counts {
    uint64_t allocations; /* successful */
    uint64_t failures;    /* NULL was returned: as asked for by fail_at, or by the heap */
    uint64_t frees;       /* of live blocks */
    size_t live_blocks;
    size_t live_size; /* bytes */
    size_t peak_size; /* bytes */
    uint64_t breaches;
};

struct memory_check;

/** Begin; ERROR_INVALID_PARAMETER when only one routine is given, ERROR_NOT_ENOUGH_MEMORY. */
DWORD memory_check_open(struct memory_check **check, const struct memory_check_options *options);

/** The routines to hand out; pMemContext is the struct memory_check. */
LPVOID CALLBACK memory_check_allocate(SIZE_T size, LPVOID check);
void CALLBACK memory_check_free(LPVOID block, LPVOID check);

/** The provider has been stopped: what is live is leaked, what is called is too late. */
void memory_check_stop(struct memory_check *check);

struct memory_check_counts memory_check_counts(struct memory_check *check);

/** Forget everything; leaked blocks of the process heap are freed. NULL is allowed. */
void memory_check_close(struct memory_check *check);

#endif /* MEMORY_CHECK_H */
