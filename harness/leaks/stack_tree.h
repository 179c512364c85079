/* SPDX-License-Identifier: MIT
 *
 * The stacks of a profile as a tree of functions, for the flame graph of a report.
 */
#ifndef STACK_TREE_H
#define STACK_TREE_H

#include "leak_snapshot.h"
#include "report.h"

/** Most functions of a tree; chosen, so that it fits into a page: smaller ones are left out. */
#define STACK_TREE_FRAMES 8000u

struct stack_tree {
    struct report_flame flame;
    char **names;
    size_t name_count, name_capacity;
};

/**
 * Build the tree. Frames that only allocate or only start threads are left out: see leak_stack.h.
 *
 * @param snapshot  it must exist as long as the tree
 * @param tree      zeroed; release it with stack_tree_release, also after a failure
 * @return false if there is no memory
 */
bool stack_tree_build(struct stack_tree *tree, const struct leak_snapshot *snapshot);
void stack_tree_release(struct stack_tree *tree);

#endif /* STACK_TREE_H */
