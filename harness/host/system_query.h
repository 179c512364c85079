/* SPDX-License-Identifier: MIT
 *
 * The operating system's own RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...), with the parameters of
 * host_query_growing. The call is made in a process of its own: the system loads every provider
 * into the calling process, and nothing protects that process from them.
 *
 * Wine 8.0 places the objects 88 bytes (the size of PERF_DATA_BLOCK) after where HeaderLength says,
 * even past the end of its buffer. The buffer here is larger than the size that the system gets,
 * and the objects are moved to their place.
 *
 * This is used by one thread at a time.
 */
#ifndef SYSTEM_QUERY_H
#define SYSTEM_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Query until the answer fits.
 *
 * @param value_name  as for RegQueryValueExW; NULL is passed as "", because Wine faults on NULL
 * @param limit_ms    for all attempts together; then the child is ended. 0: 120 s
 * @param type        receives REG_BINARY or REG_MULTI_SZ
 * @param data        receives memory from malloc, owned by the caller
 * @param size        receives the bytes of the answer
 * @param is_shifted  receives whether the objects had to be moved, which is the system's fault and
 *                    no provider's
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: this system has no such registry; ERROR_MORE_DATA:
 *         more than 1 GiB; ERROR_NOT_ENOUGH_MEMORY; ERROR_GEN_FAILURE: the child crashed or hung
 *         (system_query_failure says where); another system error
 */
DWORD system_query(const WCHAR *value_name, uint32_t limit_ms, DWORD *type, BYTE **data,
                   DWORD *size, bool *is_shifted);

/** What happened at the last ERROR_GEN_FAILURE, in one line for users. */
const char *system_query_failure(void);

/** RegCloseKey(HKEY_PERFORMANCE_DATA): the system unloads its providers. */
void system_query_close(void);

/**
 * Move objects that lie 88 bytes too far to their place. Returns whether they did.
 *
 * @param data    the answer; bytes that the system did not write hold `poison`
 * @param size    bytes of the answer as the system reports them
 * @param buffer_size  true size of `data`
 */
bool system_query_unshift(BYTE *data, DWORD size, DWORD buffer_size, unsigned char poison);

#endif /* SYSTEM_QUERY_H */
