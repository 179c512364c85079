/* SPDX-License-Identifier: MIT
 *
 * The provider: what the three exported procedures do. Its state is one for each loaded library:
 * how often it is open, the title indices, the region reader, its own counters.
 *
 * All functions may be called by any thread at any time, in any order; they never fail towards the
 * caller except as said here. Troubles go to the event log. Collects run one after the other: they
 * share a reader, so that no total that a consumer sees ever goes back.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "wintypes.h"

/**
 * Count one more user; the first finds the title indices (title_base.h) and prepares the rest.
 *
 * @param context  Linkage\Export as the system gives it, or NULL
 */
void provider_open(const WCHAR *context);

/**
 * Answer a query: every object that it wants, or nothing.
 *
 * @param query         see query.h; NULL wants nothing
 * @param data          where to write; moved behind what was written
 * @param size          bytes of room; receives the bytes written, a multiple of 8
 * @param object_count  receives the objects written; its value on entry is ignored
 *
 * @return ERROR_SUCCESS, with nothing written when no object of ours is wanted, the provider is not
 *         open, or it cannot answer; ERROR_MORE_DATA when the wanted objects do not fit. When
 *         nothing is written, *data is unchanged and both counts are 0. NULL for any of the three
 *         pointers: nothing is written; NULL as *data is a buffer without room.
 *
 * Rule: PM_COLLECT_PROC.
 */
DWORD provider_collect(const WCHAR *query, void **data, DWORD *size, DWORD *object_count);

/** Count one user less; the last one frees everything. Without a user it does nothing. */
void provider_close(void);

#endif /* PROVIDER_H */
