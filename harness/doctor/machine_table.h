/* SPDX-License-Identifier: MIT
 *
 * One table of names or help texts as the doctor sees it: where each text is, and everything that
 * is wrong with the table, with the place. Texts stay in the bytes that they came in. name_table.h
 * is for readers of names, which want text and not its damage.
 */
#ifndef MACHINE_TABLE_H
#define MACHINE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text_pool.h"
#include "wintypes.h"

#define MACHINE_TABLE_NOWHERE SIZE_MAX

struct machine_name {
    uint32_t index;
    uint32_t length;   /* of the text, units */
    const WCHAR *text; /* not terminated */
};

struct machine_table {
    uint32_t language; /* 0x009 English */
    bool is_help;
    struct machine_name *names; /* increasing; the first of those with equal indices */
    size_t count;

    /* Damage. Without it, counts and indices are 0. */
    size_t slip;       /* units to the first place that lacks an index; or MACHINE_TABLE_NOWHERE */
    size_t slip_count; /* such places */
    uint32_t slip_after;  /* index of the pair before it */
    bool is_unterminated; /* the list does not end in two zero units */
    bool is_odd;          /* the bytes end within a unit */
    uint32_t disorder;    /* first index that is not above the one before it */
    size_t disorder_count;
    uint32_t bad_parity; /* first odd index of a name, or even one of a help text */
    size_t bad_parity_count;
    uint32_t swallowed; /* first index whose text contains its neighbours */
    uint32_t highest;   /* highest index above 1; 0 in an empty table */
};

/**
 * Read a table.
 *
 * @param table  zeroed except language and is_help; names point into `data`
 * @param data   of a REG_MULTI_SZ or a file such as perfc009.dat; aligned for WCHAR
 * @param size   bytes
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY; the caller releases the table in both cases
 */
DWORD machine_table_read(struct machine_table *table, const void *data, size_t size);

/** The name with that index, or NULL. */
const struct machine_name *machine_table_find(const struct machine_table *table, uint32_t index);

/** Position of the first name that is not below `index`, or count. */
size_t machine_table_from(const struct machine_table *table, uint32_t index);

/** The index of the name at a position; after the last one UINT64_MAX, which is no index. */
uint64_t machine_table_index_at(const struct machine_table *table, size_t position);

/** Number of names with the indices from `first` to `last`, which is less than UINT32_MAX. */
size_t machine_table_count_between(const struct machine_table *table, uint32_t first,
                                   uint32_t last);

/** Whether the text of that index is exactly this ASCII text. */
bool machine_table_is(const struct machine_table *table, uint32_t index, const char *text);

/** A text as UTF-8, cut after 60 characters. */
const char *machine_table_text(const struct machine_name *name, struct text_pool *pool);

/** Whether something is wrong with its form, so that names may be missing or at wrong indices. */
bool machine_table_is_damaged(const struct machine_table *table);

/** Free all memory. A zeroed table is allowed. */
void machine_table_release(struct machine_table *table);

#endif /* MACHINE_TABLE_H */
