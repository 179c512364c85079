/* SPDX-License-Identifier: MIT
 *
 * Snapshots of heaps and their differences for people (tables) and for programs (JSON). Places are
 * shown by the names that they have; without one as module and offset.
 */
#ifndef LEAK_PRINT_H
#define LEAK_PRINT_H

#include "leak_diff.h"
#include "output.h"

/** Live blocks by call site, most bytes first, and below them the faults, if there are any. */
void leak_print_table(struct output *output, const struct leak_snapshot *snapshot);
void leak_print_json(struct output *output, const struct leak_snapshot *snapshot);

/** What grew and what shrank, with what there is now beside it; and faults since then. */
void leak_print_diff_table(struct output *output, const struct leak_diff *diff);
void leak_print_diff_json(struct output *output, const struct leak_diff *diff);

#endif /* LEAK_PRINT_H */
