/* SPDX-License-Identifier: MIT
 *
 * Where a registration is kept, for those who change it: a .reg file or the system's registry,
 * read as a tree and changed by a list of changes, all of them or none.
 */
#ifndef REGISTRATION_STORE_H
#define REGISTRATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reg_text.h"
#include "reg_tree.h"
#include "registration.h"

enum registration_change_kind {
    REGISTRATION_ADD_KEY,
    REGISTRATION_SET_VALUE,
    REGISTRATION_REMOVE_VALUE,
    REGISTRATION_REMOVE_KEY, /* with its values; one that has subkeys by then is left */
};

struct registration_change {
    enum registration_change_kind kind;
    char *path, *name; /* as in the tree; name NULL for keys */
    uint32_t type;     /* of a value that is set */
    void *data;
    size_t size; /* bytes */
};

/** In the order in which they are to be made. Zeroed, it is empty and ready. */
struct registration_changes {
    struct registration_change *items;
    size_t count, capacity;
    bool is_lost; /* memory ran out: not all that was added is there */
};

/*
 * Add a change. Everything is copied; paths and names are as in the tree. If there is no memory,
 * is_lost is set.
 */
void registration_changes_add(struct registration_changes *changes,
                              const struct registration_change *change);
void registration_changes_add_key(struct registration_changes *changes, const char *path);
void registration_changes_remove_key(struct registration_changes *changes, const char *path);
void registration_changes_set_value(struct registration_changes *changes, const char *path,
                                    const char *name, uint32_t type, const void *data, size_t size);
void registration_changes_remove_value(struct registration_changes *changes, const char *path,
                                       const char *name);

/** Free all; empty and ready again. */
void registration_changes_release(struct registration_changes *changes);

struct registration_store {
    const char *path; /* of the .reg file; NULL: the system's registry */
    struct reg_text text;
    struct reg_tree tree; /* what the store says; read only */
};

/**
 * Read a store.
 *
 * @param store   zeroed by the caller
 * @param path    of a .reg file, kept as a pointer; NULL for the system's registry
 * @param create  a file that is not there counts as an empty one; it is written by apply
 * @return ERROR_SUCCESS; errors of reading, with error->message
 */
DWORD registration_store_open(struct registration_store *store, const char *path, bool create,
                              struct registration_error *error);

/**
 * Make changes, all or none. A file is replaced as a whole; in the system's registry, those made
 * are taken back when one fails. The store's tree is as before: open the store again to see.
 *
 * @return ERROR_SUCCESS; another error, with error->message
 */
DWORD registration_store_apply(struct registration_store *store,
                               const struct registration_changes *changes,
                               struct registration_error *error);

/** Free all; a zeroed store is allowed. */
void registration_store_close(struct registration_store *store);

#endif /* REGISTRATION_STORE_H */
