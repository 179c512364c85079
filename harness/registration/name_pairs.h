/* SPDX-License-Identifier: MIT
 *
 * The name tables as they are written in a registry, for those who change them: pairs of index and
 * text in one REG_MULTI_SZ, which keep their bytes. name_table.h is for those who read them.
 */
#ifndef NAME_PAIRS_H
#define NAME_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reg_buffer.h"
#include "wintypes.h"

/** What a table holds. */
struct name_pairs {
    const WCHAR *units;
    size_t length;    /* units up to the list's own terminator, that not counted */
    size_t count;     /* pairs */
    uint32_t highest; /* index; 0 when there are none */
};

/**
 * Check a table as it stands.
 *
 * @param data     of a REG_MULTI_SZ
 * @param size     bytes
 * @param problem  receives what is wrong, for people, when it fails
 * @return false: not pairs of index and text in increasing order with all terminators
 */
bool name_pairs_parse(const void *data, size_t size, struct name_pairs *pairs, char *problem,
                      size_t problem_size);

/** Add all pairs whose index is not in [first, last], without the list's terminator. */
void name_pairs_copy_without(const struct name_pairs *pairs, uint32_t first, uint32_t last,
                             struct reg_buffer *result);

/** Add one pair. */
void name_pairs_add(struct reg_buffer *result, uint32_t index, const char *text);

#endif /* NAME_PAIRS_H */
