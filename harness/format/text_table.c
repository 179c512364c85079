/* SPDX-License-Identifier: MIT
 *
 * Aligned columns. Widths are those of a terminal: East Asian characters take two columns.
 */
#include "text_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "utf8.h"

#define INDENT 2
#define GAP 2

void text_table_add(struct text_table *table, const char *text)
{
    size_t *cells =
        array_reserve(table->cells, &table->cell_capacity, table->cell_count + 1, sizeof(*cells));
    if (!cells) {
        table->is_lost = true;
        return;
    }
    table->cells = cells;
    table->cells[table->cell_count++] = table->text.size;
    output_add(&table->text, text, strlen(text) + 1);
}

static const char *cell(const struct text_table *table, size_t row, size_t column)
{
    return table->text.data + table->cells[row * table->column_count + column];
}

static void measure(const struct text_table *table, size_t widths[])
{
    const size_t rows = table->cell_count / table->column_count;

    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < table->column_count; column++) {
            const size_t width = utf8_width(cell(table, row, column));

            if (width > widths[column])
                widths[column] = width;
        }
}

/* Whether a row has anything in these columns, or in column 0. */
static bool is_empty_row(const struct text_table *table, size_t row, size_t first, size_t end)
{
    bool is_empty = !*cell(table, row, 0);

    for (size_t column = first; column < end && is_empty; column++)
        is_empty = !*cell(table, row, column);
    return is_empty;
}

static void write_part(const struct text_table *table, struct output *output, const size_t widths[],
                       size_t first, size_t end)
{
    const size_t rows = table->cell_count / table->column_count;

    for (size_t row = 0; row < rows; row++) {
        const char *name = cell(table, row, 0);
        size_t blanks, used;

        if (is_empty_row(table, row, first, end))
            continue;
        output_add_repeated(output, ' ', INDENT);
        used = utf8_add_safe(output, name, widths[0]);
        blanks = widths[0] - used;
        for (size_t column = first; column < end; column++) {
            const char *text = cell(table, row, column);

            if (!*text) {
                blanks += GAP + widths[column];
                continue;
            }
            output_add_repeated(output, ' ', blanks + GAP + widths[column] - utf8_width(text));
            utf8_add_safe(output, text, SIZE_MAX);
            blanks = 0;
        }
        output_add_byte(output, '\n');
    }
}

void text_table_write(struct text_table *table, struct output *output, size_t width, bool is_cut)
{
    size_t *widths;
    size_t first = 1;

    if (table->text.is_lost || table->is_lost || !table->column_count) {
        output->is_lost |= table->text.is_lost || table->is_lost;
        return;
    }
    widths = calloc(table->column_count, sizeof(*widths));
    if (!widths) {
        output->is_lost = true;
        return;
    }
    measure(table, widths);
    if (is_cut && width && widths[0] > width / 3 + 8)
        widths[0] = width / 3 + 8;

    do {
        size_t used = INDENT + widths[0], end = first;

        while (end < table->column_count &&
               (!width || end == first || used + GAP + widths[end] <= width))
            used += GAP + widths[end++];
        if (first > 1)
            output_add_byte(output, '\n');
        write_part(table, output, widths, first, end);
        first = end;
    } while (first < table->column_count);
    free(widths);
}

void text_table_release(struct text_table *table)
{
    output_release(&table->text);
    free(table->cells);
    *table = (struct text_table){ 0 };
}
