/* SPDX-License-Identifier: MIT
 *
 * system_registry.h for Windows and Wine.
 */
#include "system_registry.h"

DWORD system_registry_query(const WCHAR *name, DWORD *type, BYTE *data, DWORD *size)
{
    return (DWORD)RegQueryValueExW(HKEY_PERFORMANCE_DATA, name, NULL, type, data, size);
}

DWORD system_registry_close(void)
{
    return (DWORD)RegCloseKey(HKEY_PERFORMANCE_DATA);
}
