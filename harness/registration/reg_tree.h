/* SPDX-License-Identifier: MIT
 *
 * Keys and values of a registry in memory, from a .reg file or from the system's registry. Names
 * are UTF-8; the case of ASCII letters is ignored. Data are the bytes of the registry (strings are
 * UTF-16LE). Finding a name takes constant time, so that no file is slow because of its structure.
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

/** The common part of a key and a value: a name below a key. */
struct reg_node {
    struct reg_node *chain; /* the next node with the same hash */
    struct reg_key *parent;
    char *name;
    uint32_t hash;
    bool is_key;
};

struct reg_value {
    struct reg_node node;
    struct reg_value *previous, *next; /* siblings in the same key */
    uint32_t type;                     /* REG_SZ, ... */
    unsigned char *data;               /* aligned for any type; NULL when size is 0 */
    size_t size;                       /* bytes */
};

struct reg_key {
    struct reg_node node;
    struct reg_key *previous, *next; /* siblings */
    struct reg_key *first_child, *last_child;
    struct reg_value *first_value, *last_value;
    bool is_named;   /* a line of the .reg file names this key, not only a key below it */
    bool is_partial; /* this user may not read something below it in the system's registry */
};

/** A zeroed struct is an empty tree. It must not be moved, because keys point to it. */
struct reg_tree {
    struct reg_node **buckets;
    size_t bucket_count, node_count;
    struct reg_key top;   /* its children are HKEY_LOCAL_MACHINE and the like */
    bool has_other_paths; /* some keys have another path in the file: ControlSet001 */
};

/** Free everything. The tree is empty and can be used again. */
void reg_tree_release(struct reg_tree *tree);

/** The key of a path, or NULL. */
struct reg_key *reg_tree_find(const struct reg_tree *tree, const char *path);

/** The key of a path; it and the keys above it are made if necessary. NULL if memory ran out. */
struct reg_key *reg_tree_add_key(struct reg_tree *tree, const char *path);

/** A key's direct subkey with a name, or NULL, also if the key is NULL. */
struct reg_key *reg_tree_child(const struct reg_tree *tree, const struct reg_key *key,
                               const char *name);

/** A key's value, or NULL, also if the key is NULL; the name "" is the default value. */
struct reg_value *reg_tree_value(const struct reg_tree *tree, const struct reg_key *key,
                                 const char *name);

/** Set a value. The data are copied. After ERROR_NOT_ENOUGH_MEMORY the tree is unchanged. */
DWORD reg_tree_set(struct reg_tree *tree, struct reg_key *key, const char *name, uint32_t type,
                   const void *data, size_t size);

/** Remove a value if it exists. */
void reg_tree_remove_value(struct reg_tree *tree, struct reg_key *key, const char *name);

/** Remove a key and all below it. */
void reg_tree_remove_key(struct reg_tree *tree, struct reg_key *key);

#endif /* REG_TREE_H */
