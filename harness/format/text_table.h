/* SPDX-License-Identifier: MIT
 *
 * A table of text: cells are added row by row, then laid out in aligned columns. Column 0 holds
 * names and is aligned left, the others right. A table that is too wide is laid out in several
 * parts below each other, each with column 0 again.
 */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

/** A zeroed struct is empty and ready. */
struct text_table {
    struct output text; /* all cells, each with a zero after it */
    size_t *cells;      /* offsets in `text`, row by row */
    size_t cell_count, cell_capacity;
    size_t column_count; /* set before the first cell */
    size_t heading_rows; /* number of first rows that are the heading, whose words the caller has
                            broken into lines */
    bool is_lost;
};

/** Add the next cell. Control characters are made visible when it is written. */
void text_table_add(struct text_table *table, const char *text);

/**
 * Write the table.
 *
 * @param width   columns of text; 0: no limit
 * @param is_cut  names in column 0 may be cut to a third of the width
 */
void text_table_write(struct text_table *table, struct output *output, size_t width, bool is_cut);

/** Free everything. The table is empty and ready again. */
void text_table_release(struct text_table *table);

#endif /* TEXT_TABLE_H */
