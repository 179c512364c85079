/* SPDX-License-Identifier: MIT
 *
 * A table of text: cells are added in rows, then laid out in aligned columns. Column 0 holds names
 * and is aligned left, the others right. A table wider than the room is laid out in several parts
 * below each other, each with column 0 again.
 */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

/** Zeroed, it is empty and ready. */
struct text_table {
    struct output text; /* all cells, each with a zero behind it */
    size_t *cells;      /* offsets in `text`, row by row */
    size_t cell_count, cell_room;
    size_t column_count; /* set before the first cell */
    size_t
        heading_rows; /* the first rows: words of a heading are broken over lines by the caller */
    bool is_lost;
};

/** Add the next cell; control characters are made visible when it is written. */
void text_table_add(struct text_table *table, const char *text);

/**
 * Lay it out.
 *
 * @param width   columns of room; 0: no limit
 * @param is_cut  names in column 0 may be cut to a third of the room
 */
void text_table_write(struct text_table *table, struct output *output, size_t width, bool is_cut);

/** Free all; the table is empty and ready again. */
void text_table_release(struct text_table *table);

#endif /* TEXT_TABLE_H */
