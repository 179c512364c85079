/* SPDX-License-Identifier: MIT
 *
 * The answer of `list` as a table.
 */
#ifndef LIST_TABLE_H
#define LIST_TABLE_H

#include "listing.h"
#include "output.h"

/** Add what listing_check has collected to the output, which remembers a lack of memory. */
void list_table_print(struct output *output, const struct listing *listing);

#endif /* LIST_TABLE_H */
