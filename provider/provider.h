/* SPDX-License-Identifier: MIT
 *
 * The provider: the work of the three exported procedures. There is one state for each loaded
 * library: how often it is open, the title indices, the region reader, its own counters.
 *
 * All functions may be called by any thread at any time, in any order. They return no errors except
 * those named here; failures are reported to the event log. Collects run one after the other: they
 * share a reader, so no total that a consumer sees ever goes back.
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
 * @param data          where to write; receives the address after the answer
 * @param size          size of the buffer in bytes; receives the bytes written, a multiple of 8
 * @param object_count  receives the number of objects written; its value on entry is ignored
 *
 * @return ERROR_SUCCESS, with nothing written if the query wants none of our objects, the provider
 *         is not open, or it cannot answer; ERROR_MORE_DATA if the wanted objects do not fit. If
 *         nothing is written, *data is unchanged and both counts are 0. If any of the three
 *         pointers is NULL, nothing is written; if *data is NULL, the buffer has size 0.
 *
 * Rule: PM_COLLECT_PROC.
 */
DWORD provider_collect(const WCHAR *query, void **data, DWORD *size, DWORD *object_count);

/** Count one user less. The last one frees everything. Without a user this does nothing. */
void provider_close(void);

#endif /* PROVIDER_H */
