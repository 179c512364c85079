/* SPDX-License-Identifier: MIT
 *
 * A table on the whole screen that is refreshed in place: a row for each thing, with its name on
 * the left, and columns of numbers. Keys sort and scroll it. The owner fills it again for each
 * drawing; the user's position in it stays.
 */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/** Sequences for the terminal before the first drawing, and after the last one. */
#define GRID_BEGIN "\033[?25l\033[2J\033[H"
#define GRID_END "\033[?25h\n"

struct grid_cell {
    double value;    /* for sorting; below 0 if there is no value */
    size_t position; /* position of the text in grid.text */
};

/** A zeroed struct is empty and ready. */
struct grid {
    struct output text; /* titles, names and cells, each with a zero after it */
    size_t *titles;     /* positions; the first is that of the names */
    size_t title_count, title_capacity;
    struct grid_cell *cells; /* row by row; the first of each row is its name */
    size_t cell_count, cell_capacity;

    /* The user's position: */
    size_t sort_column; /* 0: the order in which rows were added */
    bool is_ascending;
    /* the first row and column that are shown; columns count from 1 */
    size_t first_row, first_column;
    size_t page; /* number of rows in the last drawing */
};

/** Remove titles and rows. */
void grid_clear(struct grid *grid);

/** Add the next title. All titles come before all rows. */
void grid_add_title(struct grid *grid, const char *title);

/** Begin a row with its name. */
void grid_add_name(struct grid *grid, const char *name);

/** Add the next cell of the row. */
void grid_add_cell(struct grid *grid, double value, const char *text);

/**
 * Draw over the old drawing, in the present size of the terminal.
 *
 * @param heading  the first line
 * @param remark   the last line, instead of the line about keys; may be NULL
 */
void grid_draw(struct grid *grid, struct output *output, const char *heading, const char *remark);

/**
 * Act on a key (terminal_wait_key).
 *
 * @return false if the key is q, which ends the display
 */
bool grid_key(struct grid *grid, int key);

/** Free everything. */
void grid_release(struct grid *grid);

#endif /* GRID_H */
