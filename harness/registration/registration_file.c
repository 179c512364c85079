/* SPDX-License-Identifier: MIT
 *
 * The back end for .reg files: it makes a tree from the scanner's events, and a registration from
 * the tree.
 */
#include "registration_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_scan.h"
#include "registration.h"
#include "text.h"

#define SYSTEM "HKEY_LOCAL_MACHINE\\SYSTEM\\"
#define LONGEST_PATH 2048 /* bytes; chosen: a key's own name has at most 255 characters */

/* Whether the text may have a key SYSTEM\Select. Scanning for it takes as long as reading
   everything. */
static bool may_have_select(const struct reg_text *text)
{
    static const char name[] = "select]";
    const size_t length = sizeof(name) - 1;

    for (size_t i = length; i <= text->length; i++) {
        size_t at = 0;
        if (text->units[i - 1] != ']')
            continue;
        while (at < length && text_lower(text->units[i - length + at]) == (WCHAR)name[at])
            at++;
        if (at == length)
            return true;
    }
    return false;
}

/* The part of a path after the name of a hive, such as HKEY_LOCAL_MACHINE\SYSTEM; "" if there is
   no such part. The name may be any, because users load the hive of another installation below
   HKEY_LOCAL_MACHINE or HKEY_USERS under a name that they choose. */
static const char *below_hive(const char *path)
{
    static const char *const roots[] = { "HKEY_LOCAL_MACHINE\\", "HKEY_USERS\\" };

    for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
        size_t length = strlen(roots[i]);
        if (strlen(path) > length &&
            text_utf8_compare_ignore_case(path, length, roots[i], length) == 0) {
            const char *end = strchr(path + length, '\\');
            return end ? end + 1 : "";
        }
    }
    return "";
}

/* Whether a path is a key or below it. */
static bool is_at_or_below(const char *path, const char *key)
{
    size_t length = strlen(key);

    /* A shorter path differs where it ends. */
    return text_utf8_compare_ignore_case(path, length, key, length) == 0 &&
           (!path[length] || path[length] == '\\');
}

static DWORD find_control_set(void *context, const struct reg_event *event)
{
    char *name = context;

    if (event->kind == REG_EVENT_VALUE && event->type == REG_DWORD && event->size == 4 &&
        text_utf8_equal_ignore_case(below_hive(event->path), "Select") &&
        text_utf8_equal_ignore_case(event->name, "Current"))
        snprintf(name, 16, "ControlSet%03u",
                 (unsigned)(event->data[0] | event->data[1] << 8) % 1000);
    return ERROR_SUCCESS;
}

void registration_file_control_set(const struct reg_text *text, char name[16])
{
    struct registration_error ignored;

    snprintf(name, 16, "ControlSet001");
    if (may_have_select(text))
        reg_scan(text, "", find_control_set, name, &ignored);
}

bool registration_file_path(const char *path, const char *control_set, char *result, size_t size)
{
    static const char perflib[] = "Microsoft\\Windows NT\\CurrentVersion\\Perflib";
    const char *below = below_hive(path);

    if (is_at_or_below(below, control_set))
        return (size_t)snprintf(result, size, SYSTEM "CurrentControlSet%s",
                                below + strlen(control_set)) < size;
    if (is_at_or_below(below, perflib))
        return (size_t)snprintf(result, size, "HKEY_LOCAL_MACHINE\\SOFTWARE\\%s", below) < size;
    return (size_t)snprintf(result, size, "%s", path) < size;
}

/* Finds the path in the text of one key of the tree. */
struct path_finder {
    const char *path;
    char control_set[16];
    char *result;
    size_t size;
};

static DWORD find_path(void *context, const struct reg_event *event)
{
    struct path_finder *finder = context;
    char path[LONGEST_PATH];

    if (!registration_file_path(event->path, finder->control_set, path, sizeof(path)) ||
        !is_at_or_below(path, finder->path))
        return ERROR_SUCCESS;
    size_t rest = strlen(path) - strlen(finder->path), length = strlen(event->path) - rest;
    if (strlen(event->path) < rest || length >= finder->size)
        return ERROR_SUCCESS;
    memcpy(finder->result, event->path, length);
    finder->result[length] = 0;
    return ERROR_ALREADY_EXISTS; /* found: the scan ends */
}

void registration_file_find_path(const struct reg_text *text, const char *path, char *result,
                                 size_t size)
{
    struct path_finder finder = { .path = path, .result = result, .size = size };
    struct registration_error ignored;

    *result = 0;
    registration_file_control_set(text, finder.control_set);
    reg_scan(text, "", find_path, &finder, &ignored);
}

struct loader {
    struct reg_tree *tree;
    char control_set[16];
};

static DWORD load_event(void *context, const struct reg_event *event)
{
    struct loader *loader = context;
    char path[LONGEST_PATH];
    struct reg_key *key;

    if (!registration_file_path(event->path, loader->control_set, path, sizeof(path)) ||
        !registration_wants_key(path))
        return ERROR_SUCCESS;
    loader->tree->has_other_paths |= strcmp(path, event->path) != 0;
    if (event->kind == REG_EVENT_KEY_REMOVAL) {
        key = reg_tree_find(loader->tree, path);
        if (key)
            reg_tree_remove_key(loader->tree, key);
        return ERROR_SUCCESS;
    }
    key = reg_tree_add_key(loader->tree, path);
    if (!key)
        return ERROR_NOT_ENOUGH_MEMORY;
    key->is_named = true;
    if (event->kind == REG_EVENT_VALUE)
        return reg_tree_set(loader->tree, key, event->name, event->type, event->data, event->size);
    if (event->kind == REG_EVENT_VALUE_REMOVAL)
        reg_tree_remove_value(loader->tree, key, event->name);
    return ERROR_SUCCESS;
}

DWORD registration_file_load(const struct reg_text *text, const char *path, struct reg_tree *tree,
                             struct registration_error *error)
{
    struct loader loader = { .tree = tree };

    registration_file_control_set(text, loader.control_set);
    DWORD failure = reg_scan(text, path, load_event, &loader, error);
    if (failure)
        reg_tree_release(tree);
    return failure;
}

DWORD registration_file_read(const char *path, struct registration *registration,
                             struct registration_error *error)
{
    struct reg_text text = { 0 };
    struct reg_tree tree = { 0 };
    DWORD failure = reg_text_read(path, "a .reg file", REG_FILE_LIMIT, &text, error);

    if (failure)
        return failure;
    failure = registration_file_load(&text, path, &tree, error);
    if (!failure) {
        failure = registration_read(&tree, path, registration);
        if (failure)
            snprintf(error->message, sizeof(error->message), "%.600s: out of memory", path);
    }
    reg_tree_release(&tree);
    reg_text_release(&text);
    return failure;
}
