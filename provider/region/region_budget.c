/* SPDX-License-Identifier: MIT
 *
 * A hash table of budgets: see region_budget.h. Its keys are numbers that the system assigns, so no
 * user can choose them freely.
 */
#include "region_budget.h"

#include <stdlib.h>
#include <string.h>

static struct region_budget **bucket_of(struct region_budgets *budgets, uint64_t owner,
                                        uint64_t pid_namespace, uint32_t process_id)
{
    uint64_t mixed = (owner * 31 + pid_namespace) * 31 + process_id;

    mixed *= UINT64_C(0x9E3779B97F4A7C15);
    return &budgets->buckets[(mixed >> 32) % BUDGET_BUCKETS];
}

struct region_budget *region_budget_find(struct region_budgets *budgets, uint64_t owner,
                                         uint64_t pid_namespace, uint32_t process_id)
{
    struct region_budget **bucket = bucket_of(budgets, owner, pid_namespace, process_id);

    for (struct region_budget *budget = *bucket; budget; budget = budget->next)
        if (budget->owner == owner && budget->pid_namespace == pid_namespace &&
            budget->process_id == process_id)
            return budget;
    struct region_budget *made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    made->owner = owner;
    made->pid_namespace = pid_namespace;
    made->process_id = process_id;
    made->next = *bucket;
    *bucket = made;
    return made;
}

void region_budget_give(struct region_budgets *budgets, struct region_budget *budget)
{
    if (budget->region_count > 0)
        return;
    struct region_budget **at =
        bucket_of(budgets, budget->owner, budget->pid_namespace, budget->process_id);
    while (*at != budget)
        at = &(*at)->next;
    *at = budget->next;
    free(budget);
}

void region_budgets_forget_directories(struct region_budgets *budgets)
{
    for (size_t i = 0; i < BUDGET_BUCKETS; i++)
        for (struct region_budget *budget = budgets->buckets[i]; budget; budget = budget->next)
            budget->directory_count = budget->directories_left_out = 0;
}

void region_budgets_forget_left_out(struct region_budgets *budgets)
{
    for (size_t i = 0; i < BUDGET_BUCKETS; i++)
        for (struct region_budget *budget = budgets->buckets[i]; budget; budget = budget->next)
            budget->left_out = 0;
}

void region_budgets_release(struct region_budgets *budgets)
{
    for (size_t i = 0; i < BUDGET_BUCKETS; i++) {
        for (struct region_budget *budget = budgets->buckets[i], *next; budget; budget = next) {
            next = budget->next;
            free(budget);
        }
    }
    memset(budgets, 0, sizeof(*budgets));
}
