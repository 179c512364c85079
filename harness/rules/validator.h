/* SPDX-License-Identifier: MIT
 *
 * The validator: the structural rules over one answer, which is a saved blob or the objects that
 * one Collect wrote. It trusts nothing and continues after a breach with what can still be read. It
 * reports each fault once, without the consequences of a reported breach.
 *
 * It does not change the bytes. Their number, not what they say, bounds its time and memory.
 */
#ifndef VALIDATOR_H
#define VALIDATOR_H

#include <stdint.h>

#include "span.h"
#include "validator_input.h"

/** Check a whole answer of HKEY_PERFORMANCE_DATA: PERF_DATA_BLOCK and the objects after it. */
void validator_check_blob(const struct validator *validator, struct span bytes);

/**
 * Check what one Collect wrote.
 *
 * @param bytes  *lpcbTotalBytes bytes
 * @param count  the value of *lpNumObjectTypes
 */
void validator_check_objects(const struct validator *validator, struct span bytes, uint32_t count);

#endif /* VALIDATOR_H */
