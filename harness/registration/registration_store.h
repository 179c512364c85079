/* SPDX-License-Identifier: MIT
 *
 * A store of a registration that can be changed: a .reg file or the system's registry. It is read
 * as a tree and changed by a list of changes, either all or none.
 */
#ifndef REGISTRATION_STORE_H
#define REGISTRATION_STORE_H

#include <stdbool.h>

#include "reg_text.h"
#include "reg_tree.h"
#include "registration.h"
#include "registration_changes.h"

struct registration_store {
    const char *path; /* of the .reg file; NULL: the system's registry */
    struct reg_text text;
    struct reg_tree tree; /* the content of the store; read only */
};

/**
 * Read a store.
 *
 * @param store   zeroed by the caller
 * @param path    of a .reg file, kept as a pointer; NULL for the system's registry
 * @param create  a file that does not exist is treated as empty; apply writes it
 * @return ERROR_SUCCESS; errors of reading, with error->message
 */
DWORD registration_store_open(struct registration_store *store, const char *path, bool create,
                              struct registration_error *error);

/**
 * Make all changes or none. A file is replaced as a whole. In the system's registry, the earlier
 * changes are undone if one fails. The store's tree is not updated: open the store again for that.
 *
 * @return ERROR_SUCCESS; another error, with error->message
 */
DWORD registration_store_apply(struct registration_store *store,
                               const struct registration_changes *changes,
                               struct registration_error *error);

/** Free all memory. A zeroed store is allowed. */
void registration_store_close(struct registration_store *store);

#endif /* REGISTRATION_STORE_H */
