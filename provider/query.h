/* SPDX-License-Identifier: MIT
 *
 * The query string of Collect: which objects does the consumer want? Numbers are compared as a
 * whole, words without regard to case.
 *
 * Rule: PM_COLLECT_PROC, lpValueName. Words are separated by blanks and tabs. Several words select
 * every object that one of them selects:
 *
 *     Global                    every object that is not costly
 *     Costly                    every costly object
 *     MetadataGlobal            the objects of Global, definitions only
 *     MetadataCostly            the objects of Costly, definitions only
 *     <digits>                  the object with that title index
 *     Foreign ...               objects of other computers: none of ours, whatever follows
 *     anything else             nothing; NULL and an empty string select nothing either
 *
 * A number above 32 bits is no index of any object, and neither is one with a sign.
 */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

struct query {
    const WCHAR *text; /* the text; NULL if it selects no object */
    bool global, costly, metadata_global, metadata_costly;
    bool has_indices;
};

/** How an object is to be answered. */
enum query_answer { QUERY_NOTHING, QUERY_METADATA, QUERY_DATA };

/**
 * Parse a query. The time is proportional to its length.
 *
 * @param text  zero-terminated or NULL; must stay valid and unchanged while `query` is used
 */
void query_parse(struct query *query, const WCHAR *text);

/**
 * What the query wants of one object. Data has precedence over metadata if it selects both.
 *
 * @param index  the object's title index
 */
enum query_answer query_wants(const struct query *query, uint32_t index, bool is_costly);

#endif /* QUERY_H */
