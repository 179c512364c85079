/* SPDX-License-Identifier: MIT
 *
 * The answer of `list` as JSON.
 */
#ifndef LIST_JSON_H
#define LIST_JSON_H

#include "listing.h"
#include "output.h"

/** Add what listing_check has collected to the output, which remembers a lack of memory. */
void list_json_print(struct output *output, const struct listing *listing);

#endif /* LIST_JSON_H */
