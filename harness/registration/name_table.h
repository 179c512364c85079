/* SPDX-License-Identifier: MIT
 *
 * The name table: title index -> text, by language, for names (even indices) and help texts (odd
 * indices). `Perflib\<language>` has it, and the queries "Counter 009" and "Help 009" return it.
 */
#ifndef NAME_TABLE_H
#define NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** Names and help texts are two tables. If they are damaged, both can have the same index. */
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
 * @param data    UTF-16, `length` units, including terminators
 * @param broken  receives the offset in units of the first invalid pair (no number, no text, no
 *                terminator), or SIZE_MAX. The valid pairs before and after it are added
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD name_table_add(struct name_table *table, uint32_t language, enum name_table_kind kind,
                     const WCHAR *data, size_t length, size_t *broken);

/** The text of an index in a language (UTF-8, owned by the table), or NULL. */
const char *name_table_find(const struct name_table *table, uint32_t language,
                            enum name_table_kind kind, uint32_t index);

/** The entry with the lowest index that is at least `index`, in a language and kind; or NULL. */
const struct name_table_entry *name_table_next(const struct name_table *table, uint32_t language,
                                               enum name_table_kind kind, uint32_t index);

/** The next entry of the same language and kind, or NULL. */
const struct name_table_entry *name_table_after(const struct name_table *table,
                                                const struct name_table_entry *entry);

/** Whether the table has any text in that language. */
bool name_table_has_language(const struct name_table *table, uint32_t language);

/** Free all entries. A zeroed table is allowed. */
void name_table_release(struct name_table *table);

#endif /* NAME_TABLE_H */
