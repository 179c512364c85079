/* SPDX-License-Identifier: MIT
 *
 * Keys and values of a registry in memory: what a .reg file says, or what was loaded from the
 * system's registry. Names are UTF-8, compared without regard to the case of ASCII letters; data
 * are bytes as the registry holds them (strings UTF-16LE). Finding takes constant time, so that
 * no file is slow by its shape.
 *
 * A path is "HKEY_LOCAL_MACHINE\SYSTEM\...". Keys and values keep the order in which they were
 * first set.
 */
#ifndef REG_TREE_H
#define REG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** What a key and a value have in common: a name below a key. */
struct reg_node {
    struct reg_node *chain; /* the next of the same hash */
    struct reg_key *parent;
    char *name;
    uint32_t hash;
    bool is_key;
};

struct reg_value {
    struct reg_node node;
    struct reg_value *previous, *next; /* of the same key */
    uint32_t type;                     /* REG_SZ, ... */
    unsigned char *data;               /* aligned for any type; NULL when size is 0 */
    size_t size;                       /* bytes */
};

struct reg_key {
    struct reg_node node;
    struct reg_key *previous, *next; /* siblings */
    struct reg_key *first_child, *last_child;
    struct reg_value *first_value, *last_value;
};

/** Zeroed, it is empty and ready. It stays where it is: keys point to it. */
struct reg_tree {
    struct reg_node **buckets;
    size_t bucket_count, node_count;
    struct reg_key top; /* its children are HKEY_LOCAL_MACHINE and the like */
};

/** Free everything; the tree is empty and ready again. */
void reg_tree_release(struct reg_tree *tree);

/** The key of a path, or NULL. */
struct reg_key *reg_tree_find(const struct reg_tree *tree, const char *path);

/** The key of a path, made with all above it if need be; NULL when memory ran out. */
struct reg_key *reg_tree_add_key(struct reg_tree *tree, const char *path);

/** A key's subkey of one name (no path), or NULL. */
struct reg_key *reg_tree_child(const struct reg_tree *tree, const struct reg_key *key,
                               const char *name);

/** A key's value, or NULL; the name "" is the default value. */
struct reg_value *reg_tree_value(const struct reg_tree *tree, const struct reg_key *key,
                                 const char *name);

/** Set a value; the data are copied. ERROR_NOT_ENOUGH_MEMORY leaves the tree as it was. */
DWORD reg_tree_set(struct reg_tree *tree, struct reg_key *key, const char *name, uint32_t type,
                   const void *data, size_t size);

/** Remove a value if it is there. */
void reg_tree_remove_value(struct reg_tree *tree, struct reg_key *key, const char *name);

/** Remove a key and all below it. */
void reg_tree_remove_key(struct reg_tree *tree, struct reg_key *key);

#endif /* REG_TREE_H */
