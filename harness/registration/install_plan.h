/* SPDX-License-Identifier: MIT
 *
 * What installing and uninstalling counters changes in a registry, worked out before anything is
 * changed. Bookkeeping that is damaged is diagnosed and not made worse: then there is no plan.
 *
 * Rules: lodctr's index allocation. Names get even indices from Perflib's Last Counter + 2 on, help
 * odd ones from Last Help + 2; a title's index is the first one plus its symbol's offset.
 */
#ifndef INSTALL_PLAN_H
#define INSTALL_PLAN_H

#include "counter_set.h"
#include "reg_tree.h"
#include "registration_store.h"

/** A service that is to be made, if its key is not there. */
struct install_service {
    const char *library, *open, *collect, *close; /* all NULL: it must be there */
};

/** What was, or is to be, installed. */
struct install_result {
    uint32_t first_counter, last_counter, first_help, last_help;
    size_t title_count;    /* names of one language */
    size_t language_count; /* languages that texts were given to */
    size_t skipped_count;  /* languages without a name table, whose texts were left out */
    bool is_service_new;   /* made by install; or, by uninstall, removed */
};

/** What a plan is made for, and the plan. Zeroed but for the first three fields, it is empty. */
struct install_plan {
    const struct reg_tree *tree;                 /* what the registry says now */
    const char *source;                          /* of the tree, for messages */
    struct registration_error *error;            /* receives why there is no plan */
    struct registration_changes service_changes; /* the service's key is made or removed */
    struct registration_changes changes;         /* everything else */
    struct install_result result;
};

/**
 * Plan an installation.
 *
 * @param all_languages  make name tables for languages that have none; otherwise only for English
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: no such service; ERROR_ALREADY_EXISTS: installed
 *         already; ERROR_INVALID_DATA: the bookkeeping is damaged; ERROR_INVALID_PARAMETER: the
 *         service is to be made, but is there; ERROR_NOT_ENOUGH_MEMORY. After an error the changes
 * are not complete.
 */
DWORD install_plan_install(struct install_plan *plan, const struct counter_set *set,
                           const struct install_service *service, bool all_languages);

/**
 * Plan the removal of a service's counters. A service that an installation made is removed with
 * them, provided that nothing else has been put into it since.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: no such service, or not installed;
 *         ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY. After an error the changes are not complete.
 */
DWORD install_plan_uninstall(struct install_plan *plan, const char *service);

/** Free the changes. */
void install_plan_release(struct install_plan *plan);

#endif /* INSTALL_PLAN_H */
