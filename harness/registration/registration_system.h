/* SPDX-License-Identifier: MIT
 *
 * The system's own registry as a store: loaded into a tree, and changed value by value.
 * registration_system_win.c and registration_system_posix.c define the same functions in the same order.
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

/** Whether there is a registry. */
bool registration_system_exists(void);

/** Whether the system keeps its name tables in files, where no registry value changes them. */
bool registration_system_has_name_files(void);

/**
 * Load one more key with its values; one that is not there or may not be read is passed over.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY; ERROR_NOT_SUPPORTED on a system without a registry
 */
DWORD registration_system_load_key(struct reg_tree *tree, const char *path);

/*
 * Changes of one key or value, by its path in the tree. They return what the system says, or
 * ERROR_NOT_SUPPORTED where there is no registry.
 */

/** Make a key with all above it; one that is there is fine. */
DWORD registration_system_add_key(const char *path);

/** Set a value; its key is made if need be. */
DWORD registration_system_set(const char *path, const char *name, uint32_t type, const void *data,
                              size_t size);

/** Remove a value; one that is not there is fine. */
DWORD registration_system_remove_value(const char *path, const char *name);

/** Remove a key; one that is not there is fine, and so is one that has subkeys: it is left. */
DWORD registration_system_remove_key(const char *path);

/**
 * Let the system install the texts of an .ini file as its lodctr does, or uninstall those of a
 * service. Windows keeps its name tables in files of its own, where nobody else can write.
 *
 * @return what the system says; ERROR_NOT_SUPPORTED where it cannot (Wine, no registry): then the
 *         name tables are ordinary values, for us to change
 */
DWORD registration_system_lodctr(const char *ini_path);
DWORD registration_system_unlodctr(const char *service);

#endif /* REGISTRATION_SYSTEM_H */
