/* SPDX-License-Identifier: MIT
 *
 * The query string that Collect is given: which objects does the consumer want? Pure text work;
 * titles are compared as whole numbers, words without regard to case.
 *
 * Rule: PM_COLLECT_PROC, lpValueName. Words are separated by blanks and tabs, several select what
 * any of them selects:
 *
 *     Global                    every object that is not costly
 *     Costly                    every costly object
 *     MetadataGlobal            the same two, definitions only
 *     MetadataCostly
 *     <digits>                  the object with that title index
 *     Foreign ...               objects of other computers: none of ours, whatever follows
 *     anything else             nothing, and so do NULL and an empty string
 *
 * A number beyond 32 bits is nobody's index, and so is one with a sign.
 */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

struct query {
    const WCHAR *text; /* as given; NULL when no object can be wanted */
    bool global, costly, metadata_global, metadata_costly;
    bool has_indices;
};

/** How an object is to be answered. */
enum query_answer { QUERY_NOTHING, QUERY_METADATA, QUERY_DATA };

/**
 * Take a query apart. The time is proportional to its length.
 *
 * @param text  zero-terminated or NULL; must stay valid and unchanged while `query` is used
 */
void query_parse(struct query *query, const WCHAR *text);

/**
 * What the query wants of one object. Data goes before metadata when both are asked for.
 *
 * @param index  the object's title index
 */
enum query_answer query_wants(const struct query *query, uint32_t index, bool is_costly);

#endif /* QUERY_H */
