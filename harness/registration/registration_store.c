/* SPDX-License-Identifier: MIT
 *
 * Stores of registrations, see registration_store.h.
 */
#include "registration_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "reg_edit.h"
#include "reg_scan.h"
#include "registration_file.h"
#include "registration_system.h"
#include "text.h"

static DWORD open_file(struct registration_store *store, bool create,
                       struct registration_error *error)
{
    DWORD failure;

    if (create && !os_file_exists(store->path)) {
        failure = reg_edit_begin(&store->text);
        if (failure)
            snprintf(error->message, sizeof(error->message), "out of memory");
        return failure;
    }
    failure = reg_text_read(store->path, "a .reg file", REG_FILE_LIMIT, &store->text, error);
    if (!failure)
        failure = registration_file_load(&store->text, store->path, &store->tree, error);
    return failure;
}

DWORD registration_store_open(struct registration_store *store, const char *path, bool create,
                              struct registration_error *error)
{
    store->path = path;
    DWORD failure =
        path ? open_file(store, create, error) : registration_system_load(&store->tree, error);
    if (failure)
        registration_store_close(store);
    return failure;
}

static DWORD edit(struct reg_text *text, const struct registration_change *change)
{
    switch (change->kind) {
    case REGISTRATION_ADD_KEY:
        return reg_edit_add_key(text, change->path);
    case REGISTRATION_SET_VALUE:
        return reg_edit_set(text, change->path, change->name, change->type, change->data,
                            change->size);
    case REGISTRATION_REMOVE_VALUE:
        return reg_edit_remove_value(text, change->path, change->name);
    case REGISTRATION_REMOVE_KEY:
        return reg_edit_remove_key(text, change->path);
    }
    return ERROR_INVALID_PARAMETER;
}

static DWORD apply_to_file(struct registration_store *store,
                           const struct registration_changes *changes,
                           struct registration_error *error)
{
    DWORD failure = ERROR_SUCCESS;
    void *data = NULL;
    size_t size = 0;

    for (size_t i = 0; i < changes->count && !failure; i++)
        failure = edit(&store->text, &changes->items[i]);
    if (!failure)
        failure = reg_text_encode(&store->text, &data, &size);
    if (!failure && size > REG_FILE_LIMIT)
        failure = ERROR_FILE_TOO_LARGE;
    if (!failure)
        failure = os_file_write_all(store->path, data, size);
    free(data);
    if (failure == ERROR_NO_UNICODE_TRANSLATION)
        snprintf(error->message, sizeof(error->message),
                 "%.600s: a REGEDIT4 file cannot hold all of these values: save it as "
                 "version 5.00 in UTF-16LE",
                 store->path);
    else if (failure)
        snprintf(error->message, sizeof(error->message),
                 "%.600s: cannot be written (error %lu), so nothing was changed: is its folder "
                 "writable, and is there space?",
                 store->path, (unsigned long)failure);
    return failure;
}

static DWORD make(const struct registration_change *change)
{
    switch (change->kind) {
    case REGISTRATION_ADD_KEY:
        return registration_system_add_key(change->path);
    case REGISTRATION_SET_VALUE:
        return registration_system_set(change->path, change->name, change->type, change->data,
                                       change->size);
    case REGISTRATION_REMOVE_VALUE:
        return registration_system_remove_value(change->path, change->name);
    case REGISTRATION_REMOVE_KEY:
        return registration_system_remove_key(change->path);
    }
    return ERROR_INVALID_PARAMETER;
}

/* Undo a change. The old data are in the tree. */
static DWORD undo(const struct reg_tree *tree, const struct registration_change *change)
{
    const struct reg_key *key = reg_tree_find(tree, change->path);
    const struct reg_value *value =
        key && change->name ? reg_tree_value(tree, key, change->name) : NULL;

    if (change->kind == REGISTRATION_ADD_KEY)
        return key ? ERROR_SUCCESS : registration_system_remove_key(change->path);
    if (change->kind == REGISTRATION_REMOVE_KEY)
        return key ? registration_system_add_key(change->path) : ERROR_SUCCESS;
    if (value)
        return registration_system_set(change->path, change->name, value->type, value->data,
                                       value->size);
    return registration_system_remove_value(change->path, change->name);
}

static DWORD apply_to_system(struct registration_store *store,
                             const struct registration_changes *changes,
                             struct registration_error *error)
{
    DWORD failure = ERROR_SUCCESS, undone = ERROR_SUCCESS;
    size_t made = 0;

    while (made < changes->count && !failure) {
        failure = make(&changes->items[made]);
        made += !failure;
    }
    if (!failure)
        return ERROR_SUCCESS;
    const struct registration_change *failed = &changes->items[made];
    while (made > 0) {
        DWORD status = undo(&store->tree, &changes->items[--made]);
        undone = undone ? undone : status;
    }
    snprintf(
        error->message, sizeof(error->message), "%.400s%s%.100s: cannot be changed (%s%lu); %s",
        failed->path, failed->name ? " " : "", failed->name ? failed->name : "",
        failure == ERROR_ACCESS_DENIED ? "administrator's rights are needed; error " : "error ",
        (unsigned long)failure,
        undone ? "and not everything could be set back to what it was" : "everything is as it was");
    return failure;
}

DWORD registration_store_apply(struct registration_store *store,
                               const struct registration_changes *changes,
                               struct registration_error *error)
{
    if (changes->is_lost) {
        snprintf(error->message, sizeof(error->message), "out of memory; nothing was changed");
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    return store->path ? apply_to_file(store, changes, error)
                       : apply_to_system(store, changes, error);
}

void registration_store_close(struct registration_store *store)
{
    reg_text_release(&store->text);
    reg_tree_release(&store->tree);
}
