/* SPDX-License-Identifier: MIT
 *
 * A table on the whole screen that is refreshed in place: a row for each thing, its name on the
 * left, and columns of numbers. The keys sort and scroll it. The owner fills it anew for each
 * picture; where the reader is in it stays.
 */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/** What is written once before the first picture, and after the last. */
#define GRID_BEGIN "\033[?25l\033[2J\033[H"
#define GRID_END "\033[?25h\n"

struct grid_cell {
    double value;    /* to sort by; less than 0 also where there is none */
    size_t position; /* of the text in grid.text */
};

/** Zeroed, it is empty and ready. */
struct grid {
    struct output text; /* titles, names and cells, each with a zero after it */
    size_t *titles;     /* positions; the first is that of the names */
    size_t title_count, title_capacity;
    struct grid_cell *cells; /* row by row; the first of each row is its name */
    size_t cell_count, cell_capacity;

    /* Where the reader is */
    size_t sort_column; /* 0: the order in which rows were added */
    bool is_ascending;
    size_t first_row, first_column; /* that are shown; columns from 1 on */
    size_t page;                    /* rows that fitted last */
};

/** Forget titles and rows. */
void grid_clear(struct grid *grid);

/** Add the next title. All titles come before all rows. */
void grid_add_title(struct grid *grid, const char *title);

/** Begin a row. */
void grid_add_name(struct grid *grid, const char *name);

/** Add its next cell. */
void grid_add_cell(struct grid *grid, double value, const char *text);

/**
 * Draw over the picture before, as large as the terminal is now.
 *
 * @param heading  the first line
 * @param remark   the last line in place of that with the keys; NULL: none
 */
void grid_draw(struct grid *grid, struct output *output, const char *heading, const char *remark);

/**
 * Obey a key (terminal_wait_key).
 *
 * @return false: it is q, the reader has enough
 */
bool grid_key(struct grid *grid, int key);

/** Free all. */
void grid_release(struct grid *grid);

#endif /* GRID_H */
