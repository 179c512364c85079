/* SPDX-License-Identifier: MIT
 *
 * The system's own registry as a store: loaded into a tree, and changed value by value.
 * registration_win.c and registration_posix.c define the same functions in the same order.
 */
#ifndef REGISTRATION_SYSTEM_H
#define REGISTRATION_SYSTEM_H

#include "reg_tree.h"
#include "registration.h"

/**
 * Load the keys that a registration can mean anything by into an empty tree. A key that this user
 * may not read is passed over.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED on a system without a registry; ERROR_ACCESS_DENIED;
 *         ERROR_NOT_ENOUGH_MEMORY; error->message says why
 */
DWORD registration_system_load(struct reg_tree *tree, struct registration_error *error);

/**
 * Set or remove one value of a key of HKEY_LOCAL_MACHINE; to set a value the key is
 * made if need be.
 *
 * @param path  as in the tree
 * @return a system error; ERROR_NOT_SUPPORTED
 */
DWORD registration_system_set(const char *path, const char *name, uint32_t type, const void *data,
                              size_t size);
DWORD registration_system_remove_value(const char *path, const char *name);

/** Remove a key that has no subkeys. */
DWORD registration_system_remove_key(const char *path);

#endif /* REGISTRATION_SYSTEM_H */
