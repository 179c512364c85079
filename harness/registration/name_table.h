/* SPDX-License-Identifier: MIT
 *
 * The name table: title index -> text, for names (even indices) and help (odd indices), by
 * language, as `Perflib\<language>` has them and the queries "Counter 009" and "Help 009" give.
 */
#ifndef NAME_TABLE_H
#define NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Names and help are two tables: they may, if damaged, hold the same index. */
enum name_table_kind { NAME_TABLE_COUNTER, NAME_TABLE_HELP };

struct name_table_entry {
    uint32_t language; /* 0x009 English */
    enum name_table_kind kind;
    uint32_t index;
    char *text; /* UTF-8 */
};

struct name_table {
    struct name_table_entry *entries; /* sorted by language, kind, index */
    size_t count;
};

/**
 * Add the pairs of one REG_MULTI_SZ: index, text, index, text, ...
 *
 * @param data    UTF-16, `length` units, terminators included
 * @param broken  receives the offset in units of the first pair that is not one (no number, text
 *                missing, no terminator), or SIZE_MAX; pairs before and after it are added
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD name_table_add(struct name_table *table, uint32_t language, enum name_table_kind kind,
                     const WCHAR *data, size_t length, size_t *broken);

/** Text of an index in a language (UTF-8, owned by the table), or NULL. */
const char *name_table_find(const struct name_table *table, uint32_t language,
                            enum name_table_kind kind, uint32_t index);

/** The entry with the lowest index that is not below `index`, in a language and kind; NULL. */
const struct name_table_entry *name_table_next(const struct name_table *table, uint32_t language,
                                               enum name_table_kind kind, uint32_t index);

/** The entry behind `entry`, of the same language and kind; NULL when it was the last of them. */
const struct name_table_entry *name_table_after(const struct name_table *table,
                                                const struct name_table_entry *entry);

/** Whether there is any text in that language. */
bool name_table_has_language(const struct name_table *table, uint32_t language);

/** Free all entries; a zeroed table is allowed. */
void name_table_release(struct name_table *table);

#endif /* NAME_TABLE_H */
