/* SPDX-License-Identifier: MIT
 *
 * The name tables as a registry stores them: pairs of index and text in one REG_MULTI_SZ, whose
 * bytes are preserved. Code that changes tables uses this; name_table.h is for code that reads
 * them.
 */
#ifndef NAME_PAIRS_H
#define NAME_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reg_buffer.h"
#include "wintypes.h"

/** The content of a table. */
struct name_pairs {
    const WCHAR *units;
    size_t length;    /* units before the list's own terminator */
    size_t count;     /* pairs */
    uint32_t highest; /* the highest index; 0 if there are no pairs */
};

/**
 * Check a table.
 *
 * @param data     of a REG_MULTI_SZ
 * @param size     bytes
 * @param problem  receives the reason of a failure, for people
 * @return false if the table is not pairs of index and text in increasing order, all terminated
 */
bool name_pairs_parse(const void *data, size_t size, struct name_pairs *pairs, char *problem,
                      size_t problem_size);

/** Add all pairs except those with an index in [first, last], without the list's terminator. */
void name_pairs_copy_without(const struct name_pairs *pairs, uint32_t first, uint32_t last,
                             struct reg_buffer *result);

/** Add one pair. */
void name_pairs_add(struct reg_buffer *result, uint32_t index, const char *text);

#endif /* NAME_PAIRS_H */
