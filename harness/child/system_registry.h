/* SPDX-License-Identifier: MIT
 *
 * The operating system's own call, once and unprotected; system_query.h is what the rest uses.
 */
#ifndef SYSTEM_REGISTRY_H
#define SYSTEM_REGISTRY_H

#include "wintypes.h"

/**
 * RegQueryValueExW(HKEY_PERFORMANCE_DATA, name, NULL, type, data, size), as it is.
 *
 * @param name  not NULL: Wine's own call would fault
 * @return what it returns; ERROR_NOT_SUPPORTED where there is no registry
 */
DWORD system_registry_query(const WCHAR *name, DWORD *type, BYTE *data, DWORD *size);

/** RegCloseKey(HKEY_PERFORMANCE_DATA). */
DWORD system_registry_close(void);

#endif /* SYSTEM_REGISTRY_H */
