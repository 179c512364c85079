/* SPDX-License-Identifier: MIT
 *
 * The names that a library exports, read from a PE file (32 and 64 bits) or an ELF file without
 * loading it. The file is hostile.
 */
#ifndef EXPORT_TABLE_H
#define EXPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

/** The most names that are stored. Rule: PE ordinals have 16 bits. */
#define EXPORT_TABLE_LIMIT 65536

struct export_table {
    void *data;         /* the file */
    const char **names; /* inside `data`; functions only, in the order of the file */
    size_t count;
    bool is_readable;    /* a PE or ELF library whose exports were found */
    bool is_native;      /* it has this program's machine and format */
    bool is_placeholder; /* Wine loads another library in its place, which may export other names */
};

/**
 * Read a library's exports.
 *
 * @return ERROR_SUCCESS, also if the file is not a library (is_readable is false); an error of
 *         os_file_read_all, after which *table is zeroed
 */
DWORD export_table_read(struct export_table *table, const char *path);

/**
 * The only export whose name begins with `prefix`, ignoring case. NULL if no export or more than
 * one matches.
 */
const char *export_table_guess(const struct export_table *table, const char *prefix);

/** Free all memory. A zeroed table is allowed. */
void export_table_release(struct export_table *table);

#endif /* EXPORT_TABLE_H */
