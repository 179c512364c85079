/* SPDX-License-Identifier: MIT
 *
 * The operating system's own call, made once and without protection. Callers outside this folder
 * use system_query.h.
 */
#ifndef SYSTEM_REGISTRY_H
#define SYSTEM_REGISTRY_H

#include "wintypes.h"

/**
 * RegQueryValueExW(HKEY_PERFORMANCE_DATA, name, NULL, type, data, size).
 *
 * @param name  not NULL: Wine's own call faults
 * @return the result of that call; ERROR_NOT_SUPPORTED where there is no registry
 */
DWORD system_registry_query(const WCHAR *name, DWORD *type, BYTE *data, DWORD *size);

/** RegCloseKey(HKEY_PERFORMANCE_DATA). */
DWORD system_registry_close(void);

#endif /* SYSTEM_REGISTRY_H */
