/* SPDX-License-Identifier: MIT
 *
 * A list of changes to a registration: keys and values that are added, set or removed. A
 * registration_store makes them; an install plan and the doctor build the list.
 */
#ifndef REGISTRATION_CHANGES_H
#define REGISTRATION_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum registration_change_kind {
    REGISTRATION_ADD_KEY,
    REGISTRATION_SET_VALUE,
    REGISTRATION_REMOVE_VALUE,
    REGISTRATION_REMOVE_KEY, /* with its values; a key that still has subkeys is kept */
};

struct registration_change {
    enum registration_change_kind kind;
    char *path, *name; /* as in the tree; name NULL for keys */
    uint32_t type;     /* of a value that is set */
    void *data;
    size_t size; /* bytes */
};

/** Changes in the order in which they are made. A zeroed struct is an empty list. */
struct registration_changes {
    struct registration_change *items;
    size_t count, capacity;
    bool is_lost; /* memory ran out: the list is incomplete */
};

/*
 * Add a change. Everything is copied. Paths and names are as in the tree. If memory runs out,
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

/** Free all memory. The list is empty and can be used again. */
void registration_changes_release(struct registration_changes *changes);

#endif /* REGISTRATION_CHANGES_H */
