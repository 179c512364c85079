/* SPDX-License-Identifier: MIT
 *
 * What each owner of regions, and each of the owner's processes, currently costs a reader: counts
 * that are compared with region_limits.h.
 */
#ifndef REGION_BUDGET_H
#define REGION_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region_limits.h"

/* The size of the hash table of users. With more users than that, a search only takes longer. */
#define BUDGET_BUCKETS 1024u

/** An owner, or one process of an owner. */
struct region_budget {
    struct region_budget *next;
    uint64_t owner;         /* as in struct os_region_source */
    uint64_t pid_namespace; /* 0 for an owner */
    uint32_t process_id;    /* 0 for an owner */
    uint32_t directory_count;
    uint32_t region_count;
    uint32_t heap_count;
    uint64_t mapped_size; /* bytes */
    uint32_t directories_left_out;
    /* regions that are left out in a directory that does not belong to the owner */
    uint32_t left_out;
};

/** A zeroed struct is empty. */
struct region_budgets {
    struct region_budget *buckets[BUDGET_BUCKETS];
};

/**
 * Find a budget, or create an empty one. NULL if there is no memory. It stays until
 * region_budget_give.
 */
struct region_budget *region_budget_find(struct region_budgets *budgets, uint64_t owner,
                                         uint64_t pid_namespace, uint32_t process_id);

/** Release a process's budget if the process has no region any more. */
void region_budget_give(struct region_budgets *budgets, struct region_budget *budget);

/** Set the counts of directories, and of what is left out of shared directories, to 0. */
void region_budgets_forget_directories(struct region_budgets *budgets);
void region_budgets_forget_left_out(struct region_budgets *budgets);

void region_budgets_release(struct region_budgets *budgets);

#endif /* REGION_BUDGET_H */
