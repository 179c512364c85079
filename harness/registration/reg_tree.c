/* SPDX-License-Identifier: MIT
 *
 * The registry in memory: keys linked to parents and siblings, and one hash table over all names
 * of keys and values. See reg_tree.h.
 */
#include "reg_tree.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "text.h"

static uint32_t hash_of(const struct reg_key *parent, bool is_key, const char *name, size_t length)
{
    uintptr_t seed = (uintptr_t)parent;
    uint32_t hash =
        HASH32_BEGIN ^ (uint32_t)(seed >> 4) ^ (uint32_t)((uint64_t)seed >> 32) ^ is_key;

    for (size_t i = 0; i < length; i++)
        hash = hash_step32(hash, (unsigned char)text_utf8_lower(name[i]));
    return hash;
}

static struct reg_node *find_node(const struct reg_tree *tree, const struct reg_key *parent,
                                  bool is_key, const char *name, size_t length)
{
    uint32_t hash = hash_of(parent, is_key, name, length);

    if (!tree->bucket_count)
        return NULL;
    struct reg_node *node = tree->buckets[hash & (tree->bucket_count - 1)];
    while (node &&
           !(node->hash == hash && node->parent == parent && node->is_key == is_key &&
             text_utf8_compare_ignore_case(node->name, strlen(node->name), name, length) == 0))
        node = node->chain;
    return node;
}

static bool grow(struct reg_tree *tree)
{
    size_t count = tree->bucket_count ? tree->bucket_count * 2 : 64;
    struct reg_node **buckets = calloc(count, sizeof(*buckets));

    if (!buckets)
        return false;
    for (size_t i = 0; i < tree->bucket_count; i++) {
        struct reg_node *next;
        for (struct reg_node *node = tree->buckets[i]; node; node = next) {
            next = node->chain;
            node->chain = buckets[node->hash & (count - 1)];
            buckets[node->hash & (count - 1)] = node;
        }
    }
    free(tree->buckets);
    tree->buckets = buckets;
    tree->bucket_count = count;
    return true;
}

/* Set the name of a zeroed node and add it to the table. */
static bool hang_up(struct reg_tree *tree, struct reg_node *node, struct reg_key *parent,
                    bool is_key, const char *name, size_t length)
{
    if (tree->node_count >= tree->bucket_count && !grow(tree))
        return false;
    node->name = malloc(length + 1);
    if (!node->name)
        return false;
    memcpy(node->name, name, length);
    node->name[length] = 0;
    node->parent = parent;
    node->is_key = is_key;
    node->hash = hash_of(parent, is_key, name, length);
    struct reg_node **bucket = &tree->buckets[node->hash & (tree->bucket_count - 1)];
    node->chain = *bucket;
    *bucket = node;
    tree->node_count++;
    return true;
}

static void take_down(struct reg_tree *tree, struct reg_node *node)
{
    struct reg_node **link = &tree->buckets[node->hash & (tree->bucket_count - 1)];

    while (*link != node)
        link = &(*link)->chain;
    *link = node->chain;
    tree->node_count--;
    free(node->name);
}

struct reg_key *reg_tree_child(const struct reg_tree *tree, const struct reg_key *key,
                               const char *name)
{
    return (struct reg_key *)(void *)find_node(tree, key, true, name, strlen(name));
}

struct reg_value *reg_tree_value(const struct reg_tree *tree, const struct reg_key *key,
                                 const char *name)
{
    return (struct reg_value *)(void *)find_node(tree, key, false, name, strlen(name));
}

struct reg_key *reg_tree_find(const struct reg_tree *tree, const char *path)
{
    const struct reg_key *key = &tree->top;

    while (key && *path) {
        size_t length = strcspn(path, "\\");
        key = (struct reg_key *)(void *)find_node(tree, key, true, path, length);
        path += length + (path[length] == '\\');
    }
    return (struct reg_key *)(uintptr_t)key;
}

static struct reg_key *add_child(struct reg_tree *tree, struct reg_key *parent, const char *name,
                                 size_t length)
{
    struct reg_key *key = calloc(1, sizeof(*key));

    if (!key)
        return NULL;
    if (!hang_up(tree, &key->node, parent, true, name, length)) {
        free(key);
        return NULL;
    }
    key->previous = parent->last_child;
    if (parent->last_child)
        parent->last_child->next = key;
    else
        parent->first_child = key;
    parent->last_child = key;
    return key;
}

struct reg_key *reg_tree_add_key(struct reg_tree *tree, const char *path)
{
    struct reg_key *key = &tree->top;

    while (key && *path) {
        size_t length = strcspn(path, "\\");
        struct reg_node *found = find_node(tree, key, true, path, length);
        key = found ? (struct reg_key *)(void *)found : add_child(tree, key, path, length);
        path += length + (path[length] == '\\');
    }
    return key;
}

DWORD reg_tree_set(struct reg_tree *tree, struct reg_key *key, const char *name, uint32_t type,
                   const void *data, size_t size)
{
    struct reg_value *value = reg_tree_value(tree, key, name);
    unsigned char *copy = NULL;

    if (size) {
        copy = malloc(size);
        if (!copy)
            return ERROR_NOT_ENOUGH_MEMORY;
        memcpy(copy, data, size);
    }
    if (!value) {
        value = calloc(1, sizeof(*value));
        if (!value || !hang_up(tree, &value->node, key, false, name, strlen(name))) {
            free(value);
            free(copy);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        value->previous = key->last_value;
        if (key->last_value)
            key->last_value->next = value;
        else
            key->first_value = value;
        key->last_value = value;
    }
    free(value->data);
    value->type = type;
    value->data = copy;
    value->size = size;
    return ERROR_SUCCESS;
}

static void free_value(struct reg_tree *tree, struct reg_value *value)
{
    take_down(tree, &value->node);
    free(value->data);
    free(value);
}

void reg_tree_remove_value(struct reg_tree *tree, struct reg_key *key, const char *name)
{
    struct reg_value *value = reg_tree_value(tree, key, name);

    if (!value)
        return;
    if (value->previous)
        value->previous->next = value->next;
    else
        key->first_value = value->next;
    if (value->next)
        value->next->previous = value->previous;
    else
        key->last_value = value->previous;
    free_value(tree, value);
}

static void free_values(struct reg_tree *tree, struct reg_key *key)
{
    for (struct reg_value *value = key->first_value, *next; value; value = next) {
        next = value->next;
        free_value(tree, value);
    }
}

/* Free a key without children: its values, its links and itself. */
static void free_leaf(struct reg_tree *tree, struct reg_key *key)
{
    struct reg_key *parent = key->node.parent;

    free_values(tree, key);
    if (key->previous)
        key->previous->next = key->next;
    else
        parent->first_child = key->next;
    if (key->next)
        key->next->previous = key->previous;
    else
        parent->last_child = key->previous;
    take_down(tree, &key->node);
    free(key);
}

void reg_tree_remove_key(struct reg_tree *tree, struct reg_key *key)
{
    /* Free the leaves first, without recursion, because a path may be deep. */
    for (struct reg_key *at = key;;) {
        while (at->first_child)
            at = at->first_child;
        struct reg_key *parent = at->node.parent;
        bool is_last = at == key;
        free_leaf(tree, at);
        if (is_last)
            return;
        at = parent;
    }
}

void reg_tree_release(struct reg_tree *tree)
{
    while (tree->top.first_child)
        reg_tree_remove_key(tree, tree->top.first_child);
    free_values(tree, &tree->top);
    free(tree->buckets);
    memset(tree, 0, sizeof(*tree));
}
