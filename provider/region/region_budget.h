/* SPDX-License-Identifier: MIT
 *
 * What each owner of regions, and each of the owner's processes, costs a reader now: counts that
 * are compared with region_limits.h.
 */
#ifndef REGION_BUDGET_H
#define REGION_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region_limits.h"

#define BUDGET_BUCKETS 1024u

/** An owner, or one process of an owner. */
struct region_budget {
    struct region_budget *next;
    uint64_t owner;         /* as struct os_region_source says */
    uint64_t pid_namespace; /* 0 for an owner */
    uint32_t process_id;    /* 0 for an owner */
    uint32_t directory_count;
    uint32_t region_count;
    uint32_t heap_count;
    uint64_t mapped_size; /* bytes */
    uint32_t directories_left_out;
    uint32_t left_out; /* regions in a directory that is not the owner's */
};

/** Zeroed: empty. */
struct region_budgets {
    struct region_budget *buckets[BUDGET_BUCKETS];
};

/** Find a budget, or make an empty one; NULL: no memory. It stays until it is given back. */
struct region_budget *region_budget_find(struct region_budgets *budgets, uint64_t owner,
                                         uint64_t pid_namespace, uint32_t process_id);

/** Give back a process's budget when it has no region any more. */
void region_budget_give(struct region_budgets *budgets, struct region_budget *budget);

/** Start to count directories, or what is left out of shared directories, anew. */
void region_budgets_forget_directories(struct region_budgets *budgets);
void region_budgets_forget_left_out(struct region_budgets *budgets);

void region_budgets_release(struct region_budgets *budgets);

#endif /* REGION_BUDGET_H */
