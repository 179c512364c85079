/* SPDX-License-Identifier: MIT
 *
 * The names that a library exports, read from the file without loading it: PE (32 and 64 bits) and
 * ELF. The file may be anything: nothing in it is trusted.
 */
#ifndef EXPORT_TABLE_H
#define EXPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

/** Most names that are kept. */
#define EXPORT_TABLE_LIMIT 65536

struct export_table {
    void *data;         /* the file */
    const char **names; /* inside `data`; functions only, in the order of the file */
    size_t count;
    bool is_readable; /* a PE or ELF library whose exports were found */
    bool is_native;   /* of the machine and format that this program is of */
};

/**
 * Read a library's exports.
 *
 * @return ERROR_SUCCESS, also for a file that is no library (is_readable is false); an error of
 *         os_file_read_all, with which *table is zeroed
 */
DWORD export_table_read(struct export_table *table, const char *path);

/**
 * The one export whose name begins with `prefix`, the case of letters being the same; NULL when
 * there is none or more than one.
 */
const char *export_table_guess(const struct export_table *table, const char *prefix);

/** Free all; a zeroed table is allowed. */
void export_table_release(struct export_table *table);

#endif /* EXPORT_TABLE_H */
