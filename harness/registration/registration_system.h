/* SPDX-License-Identifier: MIT
 *
 * The system's own registry as a store: loaded into a tree, and changed value by value.
 * registration_system_win.c and registration_system_posix.c define the same functions in the same
 * order.
 */
#ifndef REGISTRATION_SYSTEM_H
#define REGISTRATION_SYSTEM_H

#include "reg_tree.h"
#include "registration.h"

/**
 * Load the keys that matter for a registration into an empty tree. A key that this user may not
 * read is skipped.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED on a system without a registry; ERROR_ACCESS_DENIED;
 *         ERROR_NOT_ENOUGH_MEMORY; error->message has the reason
 */
DWORD registration_system_load(struct reg_tree *tree, struct registration_error *error);

/** Whether the system has a registry. */
bool registration_system_exists(void);

/** Whether the system stores its name tables in files, which no registry value changes. */
bool registration_system_has_name_files(void);

/** The key in which this system stores English names, for a .reg file that is imported here. */
const char *registration_system_english_key(void);

/**
 * Ask whether the English names can be read.
 *
 * @return ERROR_SUCCESS, also where they are values that do not exist yet (Wine); otherwise what the
 *         system answers: ERROR_BUSY and WAIT_TIMEOUT while counters are installed,
 *         ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND
 */
DWORD registration_system_names_error(void);

/**
 * Path of a file in the folder where the system keeps its name tables and the backup of its counter
 * registry, also for a 32-bit program on a 64-bit system. False if there is no such folder.
 */
bool registration_system_file(const char *name, char *path, size_t size);

/**
 * Load one more key with its values. A key that does not exist or may not be read is skipped.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY; ERROR_NOT_SUPPORTED on a system without a
 *         registry
 */
DWORD registration_system_load_key(struct reg_tree *tree, const char *path);

/*
 * Changes of one key or value, by its path in the tree. They return the system's error, or
 * ERROR_NOT_SUPPORTED on a system without a registry.
 */

/** Make a key and all keys above it. An existing key is not an error. */
DWORD registration_system_add_key(const char *path);

/** Set a value. Its key is made if necessary. */
DWORD registration_system_set(const char *path, const char *name, uint32_t type, const void *data,
                              size_t size);

/** Remove a value. A value that does not exist is not an error. */
DWORD registration_system_remove_value(const char *path, const char *name);

/** Remove a key. It is not an error if the key does not exist, or if it has subkeys and is kept. */
DWORD registration_system_remove_key(const char *path);

/**
 * Call the system's lodctr or unlodctr to install the texts of an .ini file or to uninstall the
 * texts of a service. Windows stores its name tables in files that only it can write.
 *
 * @return the system's error; ERROR_NOT_SUPPORTED if it has no such function (Wine, no registry):
 *         the name tables are ordinary values then, which our code changes
 */
DWORD registration_system_lodctr(const char *ini_path);
DWORD registration_system_unlodctr(const char *service);

#endif /* REGISTRATION_SYSTEM_H */
