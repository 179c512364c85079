/* SPDX-License-Identifier: MIT
 *
 * system_registry.h for Linux, which has no such registry.
 */
#include "system_registry.h"

DWORD system_registry_query(const WCHAR *name, DWORD *type, BYTE *data, DWORD *size)
{
    (void)name, (void)type, (void)data, (void)size;
    return ERROR_NOT_SUPPORTED;
}

DWORD system_registry_close(void)
{
    return ERROR_NOT_SUPPORTED;
}
