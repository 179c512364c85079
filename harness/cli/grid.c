/* SPDX-License-Identifier: MIT
 *
 * Draws the table. Every line erases the rest of the old line after it, so that nothing flickers.
 */
#include "grid.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "terminal.h"
#include "utf8.h"

/* Columns; chosen. */
#define GAP 2
#define LEAST_NAME 12
#define KEYS "q quit  arrows scroll  < > sort by the column left, right  r reverse  "

void grid_clear(struct grid *grid)
{
    output_clear(&grid->text);
    grid->title_count = grid->cell_count = 0;
}

static size_t add_text(struct grid *grid, const char *text)
{
    const size_t position = grid->text.size;

    output_add(&grid->text, text, strlen(text) + 1);
    return position;
}

void grid_add_title(struct grid *grid, const char *title)
{
    size_t *titles =
        array_reserve(grid->titles, &grid->title_capacity, grid->title_count + 1, sizeof(*titles));

    if (!titles) {
        grid->text.is_lost = true;
        return;
    }
    grid->titles = titles;
    grid->titles[grid->title_count++] = add_text(grid, title);
}

void grid_add_name(struct grid *grid, const char *name)
{
    grid_add_cell(grid, 0, name);
}

void grid_add_cell(struct grid *grid, double value, const char *text)
{
    struct grid_cell *cells =
        array_reserve(grid->cells, &grid->cell_capacity, grid->cell_count + 1, sizeof(*cells));

    if (!cells) {
        grid->text.is_lost = true;
        return;
    }
    grid->cells = cells;
    grid->cells[grid->cell_count++] = (struct grid_cell){ value, add_text(grid, text) };
}

static const char *text_at(const struct grid *grid, size_t position)
{
    return grid->text.data ? grid->text.data + position : "";
}

/* ---- order ------------------------------------------------------------------------------------ */

struct place {
    size_t row;
    double value;
};

static int compare_falling(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_rising(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct place *sorted(const struct grid *grid, size_t rows)
{
    struct place *places = calloc(rows + 1, sizeof(*places));

    if (!places)
        return NULL;
    for (size_t i = 0; i < rows; i++)
        places[i] =
            (struct place){ i, grid->cells[i * grid->title_count + grid->sort_column].value };
    if (grid->sort_column)
        qsort(places, rows, sizeof(*places), grid->is_ascending ? compare_rising : compare_falling);
    return places;
}

/* ---- drawing ------------------------------------------------------------------------------------ */

struct layout {
    unsigned columns, rows; /* size of the terminal */
    size_t name_width, end; /* the columns first_column..end-1 are shown */
    size_t *widths;
};

static void lay_out(struct grid *grid, struct layout *layout, size_t rows)
{
    size_t used, least;

    for (size_t i = 0; i < grid->title_count; i++)
        layout->widths[i] = utf8_width(text_at(grid, grid->titles[i])) + (i == grid->sort_column);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < grid->title_count; i++) {
            const size_t width =
                utf8_width(text_at(grid, grid->cells[row * grid->title_count + i].position));

            if (width > layout->widths[i])
                layout->widths[i] = width;
        }
    if (grid->first_column >= grid->title_count)
        grid->first_column = grid->title_count - 1;
    if (!grid->first_column)
        grid->first_column = 1;
    least = layout->widths[0] < LEAST_NAME ? layout->widths[0] : LEAST_NAME;
    used = layout->columns / 3 > least ? layout->columns / 3 : least;
    if (used > layout->widths[0])
        used = layout->widths[0];
    for (layout->end = grid->first_column;
         layout->end < grid->title_count &&
         (layout->end == grid->first_column ||
          used + GAP + layout->widths[layout->end] < layout->columns);
         layout->end++)
        used += GAP + layout->widths[layout->end];
    /* The names get the width that the columns leave. */
    layout->name_width = layout->columns / 3 > least ? layout->columns / 3 : least;
    if (layout->name_width > layout->widths[0])
        layout->name_width = layout->widths[0];
    if (used + 1 < layout->columns)
        layout->name_width += layout->columns - 1 - used;
    if (layout->name_width > layout->widths[0])
        layout->name_width = layout->widths[0];
}

static void add_line(struct output *output, const struct grid *grid, const struct layout *layout,
                     const size_t positions[], bool is_title)
{
    size_t used = utf8_add_safe(output, text_at(grid, positions[0]), layout->name_width);

    output_add_repeated(output, ' ', layout->name_width - used);
    for (size_t i = grid->first_column; i < layout->end; i++) {
        const char *text = text_at(grid, positions[i]);
        const bool is_marked = is_title && i == grid->sort_column;

        used = utf8_width(text) + is_marked;
        output_add_repeated(output, ' ',
                            GAP + (layout->widths[i] > used ? layout->widths[i] - used : 0));
        utf8_add_safe(output, text, SIZE_MAX);
        if (is_marked)
            output_add_byte(output, grid->is_ascending ? '^' : 'v');
    }
}

static void add_rows(struct output *output, struct grid *grid, const struct layout *layout,
                     const struct place places[], size_t rows)
{
    size_t *positions = calloc(grid->title_count + 1, sizeof(*positions));

    if (!positions) {
        output->is_lost = true;
        return;
    }
    for (size_t i = grid->first_row; i < rows && i < grid->first_row + grid->page; i++) {
        const struct grid_cell *cells = &grid->cells[places[i].row * grid->title_count];

        for (size_t k = 0; k < grid->title_count; k++)
            positions[k] = cells[k].position;
        add_line(output, grid, layout, positions, false);
        output_add_text(output, "\033[K\n");
    }
    free(positions);
}

void grid_draw(struct grid *grid, struct output *output, const char *heading, const char *remark)
{
    struct layout layout = { .columns = 80, .rows = 24 };
    const size_t rows = grid->title_count ? grid->cell_count / grid->title_count : 0;
    struct place *places;

    terminal_size(&layout.columns, &layout.rows);
    if (grid->sort_column >= grid->title_count)
        grid->sort_column = 0;
    layout.widths = calloc(grid->title_count + 1, sizeof(*layout.widths));
    places = sorted(grid, rows);
    if (!layout.widths || !places || !grid->title_count || grid->text.is_lost) {
        output->is_lost |= !layout.widths || !places || grid->text.is_lost;
        goto free_all;
    }
    lay_out(grid, &layout, rows);
    grid->page = layout.rows > 4 ? layout.rows - 3 : 1;
    if (grid->first_row + grid->page > rows)
        grid->first_row = rows > grid->page ? rows - grid->page : 0;

    output_add_text(output, "\033[H");
    utf8_add_safe(output, heading, layout.columns - 1);
    output_add_text(output, "\033[K\n\033[7m");
    add_line(output, grid, &layout, grid->titles, true);
    output_add_text(output, "\033[0m\033[K\n");
    add_rows(output, grid, &layout, places, rows);
    output_add_text(output, "\033[J");
    if (remark) {
        utf8_add_safe(output, remark, layout.columns - 1);
    } else {
        struct output line = { 0 };

        output_add_text(&line, KEYS);
        if (rows > grid->page)
            output_add_format(&line, " %zu-%zu of %zu", grid->first_row + 1,
                              grid->first_row + grid->page, rows);
        utf8_add_safe(output, line.data ? line.data : "", layout.columns - 1);
        output_release(&line);
    }

free_all:
    free(layout.widths);
    free(places);
}

bool grid_key(struct grid *grid, int key)
{
    const size_t last = grid->title_count ? grid->title_count - 1 : 0;

    switch (key) {
    case 'q':
    case 'Q':
        return false;
    case 'k':
    case TERMINAL_KEY_UP:
        grid->first_row -= grid->first_row > 0;
        break;
    case 'j':
    case TERMINAL_KEY_DOWN:
        grid->first_row++; /* grid_draw corrects it at the end */
        break;
    case TERMINAL_KEY_PAGE_UP:
        grid->first_row -= grid->first_row > grid->page ? grid->page : grid->first_row;
        break;
    case ' ':
    case TERMINAL_KEY_PAGE_DOWN:
        grid->first_row += grid->page;
        break;
    case TERMINAL_KEY_HOME:
        grid->first_row = 0;
        break;
    case TERMINAL_KEY_END:
        grid->first_row = SIZE_MAX / 2;
        break;
    case 'h':
    case TERMINAL_KEY_LEFT:
        grid->first_column -= grid->first_column > 1;
        break;
    case 'l':
    case TERMINAL_KEY_RIGHT:
        grid->first_column += grid->first_column < last;
        break;
    case '<':
        grid->sort_column -= grid->sort_column > 0;
        break;
    case '>':
        grid->sort_column += grid->sort_column < last;
        break;
    case 'r':
        grid->is_ascending = !grid->is_ascending;
        break;
    default:
        break;
    }
    return true;
}

void grid_release(struct grid *grid)
{
    output_release(&grid->text);
    free(grid->titles);
    free(grid->cells);
    *grid = (struct grid){ 0 };
}
