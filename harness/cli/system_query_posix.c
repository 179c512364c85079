/* SPDX-License-Identifier: MIT
 *
 * There is no HKEY_PERFORMANCE_DATA here.
 */
#include "system_query.h"

DWORD system_query(const WCHAR *value_name, DWORD *type, BYTE **data, DWORD *size, bool *is_shifted)
{
    (void)value_name, (void)type, (void)data, (void)size, (void)is_shifted;
    return ERROR_NOT_SUPPORTED;
}

void system_query_close(void)
{
}
