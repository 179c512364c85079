/* SPDX-License-Identifier: MIT
 *
 * Snapshots of heaps and their differences, as tables for users and JSON for programs. A place is
 * shown by its name, or without one by module and offset. Tables leave frames of stacks out as
 * leak_stack.h says; JSON has all.
 */
#ifndef LEAK_PRINT_H
#define LEAK_PRINT_H

#include "leak_diff.h"
#include "output.h"

/** Print live blocks by call site, most bytes first, and after them the faults. */
void leak_print_table(struct output *output, const struct leak_snapshot *snapshot,
                      bool has_all_frames);
void leak_print_json(struct output *output, const struct leak_snapshot *snapshot);

/** Print what grew and what shrank, beside the current figures, then the new faults. */
void leak_print_diff_table(struct output *output, const struct leak_diff *diff,
                           bool has_all_frames);
void leak_print_diff_json(struct output *output, const struct leak_diff *diff);

#endif /* LEAK_PRINT_H */
