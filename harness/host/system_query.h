/* SPDX-License-Identifier: MIT
 *
 * The operating system's own RegQueryValueExW(HKEY_PERFORMANCE_DATA, ...), asked in the same terms
 * as host_query_growing. It is asked in a process of its own: the system loads every provider into
 * whoever asks, and nothing protects that process from them.
 *
 * Wine 8.0 places the objects 88 bytes (the size of PERF_DATA_BLOCK) behind where HeaderLength
 * says, also past the end of the buffer that it was given. The buffer here is larger than the
 * system is told, and the objects are moved to where they belong.
 *
 * For use by one thread at a time.
 */
#ifndef SYSTEM_QUERY_H
#define SYSTEM_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "wintypes.h"

/**
 * Query until it fits.
 *
 * @param value_name  as for RegQueryValueExW; NULL is asked as "", for Wine cannot stand NULL
 * @param limit_ms    for all attempts together; then the process that asks is ended. 0: 120 s
 * @param type        receives REG_BINARY or REG_MULTI_SZ
 * @param data        receives memory from malloc, owned by the caller
 * @param size        receives the bytes of the answer
 * @param is_shifted  receives whether the objects had to be moved: the system's fault, no
 * provider's
 * @return ERROR_SUCCESS; ERROR_NOT_SUPPORTED: there is no such registry here; ERROR_MORE_DATA: more
 *         than 1 GiB; ERROR_NOT_ENOUGH_MEMORY; ERROR_GEN_FAILURE: the process that asked crashed or
 *         hung (system_query_failure says where); another system error
 */
DWORD system_query(const WCHAR *value_name, uint32_t limit_ms, DWORD *type, BYTE **data, DWORD *size,
                   bool *is_shifted);

/** What happened at the last ERROR_GEN_FAILURE, for people: one line. */
const char *system_query_failure(void);

/** RegCloseKey(HKEY_PERFORMANCE_DATA): the system unloads its providers. */
void system_query_close(void);

/**
 * Whether the objects of an answer lie 88 bytes too far; if so, move them to their place.
 *
 * @param data    the answer; bytes that the system did not write hold `poison`
 * @param size    bytes that the system says there are
 * @param buffer_size  bytes that `data` really has
 */
bool system_query_unshift(BYTE *data, DWORD size, DWORD buffer_size, unsigned char poison);

#endif /* SYSTEM_QUERY_H */
