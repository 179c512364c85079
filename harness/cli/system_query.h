/* SPDX-License-Identifier: MIT
 *
 * The operating system's own RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...), asked in the same terms
 * as host_query_growing. system_query_win.c asks it; system_query_posix.c says that there is none.
 */
#ifndef SYSTEM_QUERY_H
#define SYSTEM_QUERY_H

#include <stdbool.h>

#include "wintypes.h"

/**
 * Query until it fits.
 *
 * Wine 8.0 and older put the objects 88 bytes too far, also past the end of the room: more room is
 * given than is told, and the objects are moved to where they belong.
 *
 * @param type        receives REG_BINARY or REG_MULTI_SZ
 * @param data        receives memory from malloc, owned by the caller
 * @param size        receives the bytes of the answer
 * @param is_shifted  receives whether the objects had to be moved
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: no such registry here; ERROR_MORE_DATA: more than
 *         1 GiB; ERROR_NOT_ENOUGH_MEMORY; another system error
 */
DWORD system_query(const WCHAR *value_name, DWORD *type, BYTE **data, DWORD *size,
                   bool *is_shifted);

/** RegCloseKey(HKEY_PERFORMANCE_DATA): the system unloads its providers. */
void system_query_close(void);

#endif /* SYSTEM_QUERY_H */
