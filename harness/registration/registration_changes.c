/* SPDX-License-Identifier: MIT
 *
 * The list of changes that a store makes.
 */
#include "registration_changes.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

static void *copy(const void *data, size_t size)
{
    void *result = malloc(size ? size : 1);

    if (result && size)
        memcpy(result, data, size);
    return result;
}

static void add(struct registration_changes *changes, enum registration_change_kind kind,
                const char *path, const char *name)
{
    struct registration_change *items =
        array_reserve(changes->items, &changes->capacity, changes->count + 1, sizeof(*items));

    if (!items) {
        changes->is_lost = true;
        return;
    }
    changes->items = items;

    struct registration_change *change = &items[changes->count++];

    *change = (struct registration_change){ .kind = kind };
    change->path = text_utf8_copy(path);
    change->name = text_utf8_copy(name);
    if (!change->path || (name && !change->name))
        changes->is_lost = true;
}

void registration_changes_add_key(struct registration_changes *changes, const char *path)
{
    add(changes, REGISTRATION_ADD_KEY, path, NULL);
}

void registration_changes_remove_key(struct registration_changes *changes, const char *path)
{
    add(changes, REGISTRATION_REMOVE_KEY, path, NULL);
}

void registration_changes_set_value(struct registration_changes *changes, const char *path,
                                    const char *name, uint32_t type, const void *data, size_t size)
{
    add(changes, REGISTRATION_SET_VALUE, path, name);
    if (changes->is_lost)
        return;

    struct registration_change *change = &changes->items[changes->count - 1];

    change->type = type;
    change->data = copy(data, size);
    change->size = size;
    if (!change->data)
        changes->is_lost = true;
}

void registration_changes_remove_value(struct registration_changes *changes, const char *path,
                                       const char *name)
{
    add(changes, REGISTRATION_REMOVE_VALUE, path, name);
}

void registration_changes_add(struct registration_changes *changes,
                              const struct registration_change *change)
{
    if (change->kind == REGISTRATION_SET_VALUE)
        registration_changes_set_value(changes, change->path, change->name, change->type,
                                       change->data, change->size);
    else
        add(changes, change->kind, change->path, change->name);
}

void registration_changes_release(struct registration_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        free(changes->items[i].path);
        free(changes->items[i].name);
        free(changes->items[i].data);
    }
    free(changes->items);
    memset(changes, 0, sizeof(*changes));
}
