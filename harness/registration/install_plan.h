/* SPDX-License-Identifier: MIT
 *
 * The changes in a registry that installing and uninstalling counters requires, computed before
 * anything is changed. If the registry's bookkeeping is damaged, there is no plan and the damage is
 * reported.
 *
 * Rules: lodctr's index allocation. Names get even indices from Perflib's Last Counter + 2 on, help
 * texts odd indices from Last Help + 2 on. A title's index is the first index plus its symbol's
 * offset.
 */
#ifndef INSTALL_PLAN_H
#define INSTALL_PLAN_H

#include "counter_set.h"
#include "reg_tree.h"
#include "registration_store.h"

/** A service that install makes if its key does not exist. */
struct install_service {
    const char *library, *open, *collect, *close; /* all NULL: the service must exist */
};

/** What was installed or uninstalled, or will be. */
struct install_result {
    uint32_t first_counter, last_counter, first_help, last_help;
    size_t title_count;    /* names of one language */
    size_t language_count; /* languages that received texts */
    size_t skipped_count;  /* languages without a name table, whose texts were left out */
    bool is_service_new;   /* install made the service, or uninstall removed it */
};

/** The input of a plan, and the plan. If all but the first three fields are zero, it is empty. */
struct install_plan {
    const struct reg_tree *tree;                 /* the current content of the registry */
    const char *source;                          /* name of the tree, for messages */
    struct registration_error *error;            /* receives the reason if there is no plan */
    struct registration_changes service_changes; /* the service's key is made or removed */
    struct registration_changes changes;         /* everything else */
    struct install_result result;
};

/**
 * Plan an installation.
 *
 * @param all_languages  make missing name tables of all languages; otherwise only that of English
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the service does not exist; ERROR_ALREADY_EXISTS: it
 *         is already installed; ERROR_INVALID_DATA: the bookkeeping is damaged;
 *         ERROR_INVALID_PARAMETER: the service is to be made but exists; ERROR_NOT_ENOUGH_MEMORY.
 *         After an error the changes are not complete.
 */
DWORD install_plan_install(struct install_plan *plan, const struct counter_set *set,
                           const struct install_service *service, bool all_languages);

/**
 * Plan the removal of a service's counters. If an installation made the service and nothing was
 * added to it since, the service is removed too.
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND: the service does not exist or is not installed;
 *         ERROR_INVALID_DATA; ERROR_NOT_ENOUGH_MEMORY. After an error the changes are not complete.
 */
DWORD install_plan_uninstall(struct install_plan *plan, const char *service);

/** Free the changes. */
void install_plan_release(struct install_plan *plan);

#endif /* INSTALL_PLAN_H */
