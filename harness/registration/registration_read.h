/* SPDX-License-Identifier: MIT
 *
 * Interprets the keys and values of a registry for performance counters. Every back end uses it.
 */
#ifndef REGISTRATION_READ_H
#define REGISTRATION_READ_H

#include "reg_tree.h"
#include "registration.h"

/* The keys of perflib's registry entries. */
#define REG_SERVICES "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services"
#define REG_PERFLIB "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"
/* Which language Windows was installed in. */
#define REG_LANGUAGE "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language"

/** Whether a key of that path can matter for a registration. All other keys need not be stored. */
bool registration_wants_key(const char *path);

/**
 * Fill a registration from a tree.
 *
 * @param source  name of the tree, for messages; copied
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: *registration is unchanged
 */
DWORD registration_read(const struct reg_tree *tree, const char *source,
                        struct registration *registration);

/**
 * Parse a primary language from a key name such as "009" or "0c". False if it is not a language.
 */
bool registration_parse_language(const char *name, uint32_t *language);

/** The number of a REG_DWORD. False if the value has another type or length. */
bool registration_parse_dword(const struct reg_value *value, uint32_t *number);

#endif /* REGISTRATION_READ_H */
