/* SPDX-License-Identifier: MIT
 *
 * Answers a query from a saved blob, like a provider: the selected objects in a data block of their
 * own. Faults inside an object are kept, because a consumer should see the recorded bytes.
 */
#ifndef BLOB_QUERY_H
#define BLOB_QUERY_H

#include "output.h"
#include "span.h"
#include "wintypes.h"

/**
 * Answer a query from a blob.
 *
 * @param query   UTF-8: "Global" or "Costly" selects every object, title indices select those
 *                objects
 * @param answer  receives header and objects; if objects were left out, TotalByteLength and
 *                NumObjectTypes are corrected, otherwise every byte is unchanged
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header that can be read; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD blob_query(struct span blob, const char *query, struct output *answer);

#endif /* BLOB_QUERY_H */
