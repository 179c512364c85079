/* SPDX-License-Identifier: MIT
 *
 * The answer to "Counter 009" and "Help 009": the name table as REG_MULTI_SZ.
 */
#ifndef NAME_QUERY_H
#define NAME_QUERY_H

#include <stdint.h>

#include "registration.h"
#include "wintypes.h"

/**
 * Answer as an ordinary registry value is answered.
 *
 * The answer for a language that is not registered is in English. Help is always in English, as in
 * Windows 10 (win32/PerfCtrs: retrieving counter names and help text). The first pair of the
 * counter names is "1" and the highest index of the system's own counters. English tables have "End
 * Marker" at that index (help) and before it (names), unless another text is registered there.
 *
 * @param data  receives the pairs; NULL asks for the size only
 * @param size  bytes of the buffer; receives the bytes of the whole value, also with
 *              ERROR_MORE_DATA
 * @return ERROR_SUCCESS, also if `data` is NULL; ERROR_MORE_DATA: nothing was written
 */
DWORD name_query_answer(const struct registration *registration, uint32_t language,
                        enum name_table_kind kind, BYTE *data, DWORD *size);

#endif /* NAME_QUERY_H */
