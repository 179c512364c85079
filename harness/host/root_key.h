/* SPDX-License-Identifier: MIT
 *
 * What the functions of the registry return for the three root keys of performance data,
 * HKEY_PERFORMANCE_DATA, _TEXT and _NLSTEXT. They are not really keys: only querying a value does
 * something, and host_query_value answers it for all three alike. Every other function has a fixed result, which
 * is here.
 *
 * Rule: Wine's conformance tests of the registry, which are written to hold on Windows.
 */
#ifndef ROOT_KEY_H
#define ROOT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

enum root_key {
    ROOT_KEY_DATA,
    ROOT_KEY_TEXT,
    ROOT_KEY_NLSTEXT,
};

/** The root key of a predefined handle, 0x80000004 and so on. False: it is another handle. */
bool root_key_of_handle(uint32_t handle, enum root_key *key);

/**
 * RegOpenKey and RegOpenKeyEx, with any name or NULL; and the functions of Windows 3.1,
 * RegQueryValue and RegSetValue.
 *
 * @return ERROR_INVALID_HANDLE
 */
DWORD root_key_open(enum root_key key);
DWORD root_key_call_old(enum root_key key);

/**
 * RegSetValueEx and RegSetKeyValue.
 *
 * @return ERROR_INVALID_HANDLE of HKEY_PERFORMANCE_DATA, ERROR_BADKEY of the other two
 */
DWORD root_key_set_value(enum root_key key);

/**
 * RegEnumKey and RegEnumKeyEx.
 *
 * @return ERROR_INVALID_HANDLE of HKEY_PERFORMANCE_DATA, ERROR_NO_MORE_ITEMS of the other two
 */
DWORD root_key_enum_key(enum root_key key);

/**
 * RegEnumValue of the first value. The size of the name is unchanged.
 *
 * @param has_name  whether there is a buffer for the name
 * @return ERROR_MORE_DATA; ERROR_INVALID_PARAMETER without a buffer for the name
 */
DWORD root_key_enum_value(enum root_key key, bool has_name);

/**
 * RegQueryInfoKey.
 *
 * @param subkeys  receives 0
 * @param values   receives 2: the tables of names and of help
 * @return ERROR_SUCCESS
 */
DWORD root_key_info(enum root_key key, DWORD *subkeys, DWORD *values);

#endif /* ROOT_KEY_H */
