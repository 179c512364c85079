/* SPDX-License-Identifier: MIT
 *
 * What the keys and values of a registry mean for performance counters: the one place that knows,
 * for every back end.
 */
#ifndef REGISTRATION_READ_H
#define REGISTRATION_READ_H

#include "reg_tree.h"
#include "registration.h"

/* Where things stand (perflib's registry entries). */
#define REG_SERVICES "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services"
#define REG_PERFLIB "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"

/** Whether a key of that path can mean anything to a registration; all others need not be kept. */
bool registration_wants_key(const char *path);

/**
 * Fill a registration from a tree.
 *
 * @param source  of the tree, for messages; copied
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: *registration is untouched
 */
DWORD registration_read(const struct reg_tree *tree, const char *source,
                        struct registration *registration);

/** A primary language from a key name such as "009" or "0c": false when it is none. */
bool registration_parse_language(const char *name, uint32_t *language);

/** A REG_DWORD's number; false when the value has another type or length. */
bool registration_parse_dword(const struct reg_value *value, uint32_t *number);

#endif /* REGISTRATION_READ_H */
