/* SPDX-License-Identifier: MIT
 *
 * A saved blob, asked as if a provider answered: the objects that a query names, in a data block of
 * their own. What is wrong inside an object stays wrong: a consumer shall meet it as it was.
 */
#ifndef BLOB_QUERY_H
#define BLOB_QUERY_H

#include "output.h"
#include "span.h"
#include "wintypes.h"

/**
 * Answer a query from a blob.
 *
 * @param query   UTF-8: "Global" or "Costly" gives every object, title indices those objects
 * @param answer  receives header and objects; TotalByteLength and NumObjectTypes are set anew
 *                when objects were left out, otherwise every byte is as it was
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: no header that can be read; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD blob_query(struct span blob, const char *query, struct output *answer);

#endif /* BLOB_QUERY_H */
