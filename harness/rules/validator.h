/* SPDX-License-Identifier: MIT
 *
 * The validator: the structural rules over one answer, be it a saved blob or the objects that one
 * Collect wrote. It trusts nothing, goes on behind a breach with what can still be read, and tells
 * one fault once: what only follows from a breach is not told again.
 *
 * The bytes are not changed. Time and memory are bounded by their number, not by what they say.
 */
#ifndef VALIDATOR_H
#define VALIDATOR_H

#include <stdint.h>

#include "span.h"
#include "validator_input.h"

/** Check a whole answer of HKEY_PERFORMANCE_DATA: PERF_DATA_BLOCK and the objects behind it. */
void validator_check_blob(const struct validator *validator, struct span bytes);

/**
 * Check what one Collect wrote.
 *
 * @param bytes  as many as *lpcbTotalBytes said
 * @param count  what *lpNumObjectTypes said
 */
void validator_check_objects(const struct validator *validator, struct span bytes, uint32_t count);

#endif /* VALIDATOR_H */
