/* SPDX-License-Identifier: MIT
 *
 * The stacks of a profile for users and other programs: tables by function and by stack, folded stacks, and
 * pprof's file.
 */
#ifndef STACK_PRINT_H
#define STACK_PRINT_H

#include "leak_snapshot.h"
#include "output.h"

enum stack_print_order {
    STACK_PRINT_BY_LIVE,
    STACK_PRINT_BY_ALLOCATED,
    STACK_PRINT_BY_GROWTH,
};

struct stack_print_options {
    bool is_by_stack;    /* a row for each stack; otherwise one for each function */
    bool has_all_frames; /* see leak_stack.h */
    bool is_exact;       /* bytes, not KiB and MiB */
    enum stack_print_order order;
    uint32_t most_rows; /* 0: all */
};

/**
 * Print a table, the largest first: live bytes, allocated bytes, and the growth of the live ones if it is
 * known. By function, each in two columns: of stacks in which the function is the innermost ("own"), and of
 * all stacks that contain it.
 */
void stack_print_table(struct output *output, const struct leak_snapshot *snapshot,
                       const struct stack_print_options *options);

/** Print folded stacks of live bytes: "root;...;leaf bytes". */
void stack_print_folded(struct output *output, const struct leak_snapshot *snapshot,
                        const struct stack_print_options *options);

#endif /* STACK_PRINT_H */
