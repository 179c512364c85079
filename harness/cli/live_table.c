/* SPDX-License-Identifier: MIT
 *
 * Arranges series, which are in the order in which they were first seen, in rows and columns.
 */
#include "live_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_path.h"
#include "format.h"
#include "format_text.h"
#include "json_writer.h"
#include "number_map.h"
#include "terminal.h"
#include "utf8.h"

#define VALUE_WIDTH 16  /* columns; chosen */
#define TREND_LENGTH 24 /* samples; chosen */

static const char *unit_of(const struct series *series)
{
    return series->unit == COOK_UNIT_PER_SECOND ? "/s"
           : series->unit == COOK_UNIT_PERCENT  ? "% "
           : series->unit == COOK_UNIT_SECONDS  ? "s "
                                                : "  ";
}

static void add_number(struct output *output, const struct series *series, double value)
{
    struct output text = { 0 };

    if (value < 0)
        output_add_text(&text, "-");
    else
        format_text_add_number(&text, value, series->unit);
    output_add_format(output, "%*s", VALUE_WIDTH, text.data ? text.data : "");
    output_release(&text);
}

/* Add the trend: blocks of eight heights, between the smallest and the largest value shown. */
static void add_trend(struct output *output, const struct series *series)
{
    static const char *const blocks[8] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    const size_t shown = series->count < TREND_LENGTH ? series->count : TREND_LENGTH;
    const double *values = series->values + (series->count - shown);
    struct series part = { .values = (double *)(uintptr_t)values, .count = shown };
    double smallest = 0, largest = 0;

    series_range(&part, &smallest, &largest);
    for (size_t i = 0; i < shown; i++) {
        const double height =
            largest > smallest ? (values[i] - smallest) / (largest - smallest) : 0;

        output_add_text(output, values[i] < 0 ? " " : blocks[(int)(height * 7.999)]);
    }
}

static bool is_shown(const struct series_set *set, const struct series *series)
{
    return series->count && series->first + series->count == set->sample_count;
}

/* A series with the positions of its row and its column. */
struct placed {
    const struct series *series;
    size_t row, column;
};

/* List the objects that have values now, each once. */
static size_t find_objects(const struct series_set *set, const char **objects, size_t capacity)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        bool is_new = is_shown(set, &set->items[i]);

        for (size_t k = 0; is_new && k < count; k++)
            is_new = strcmp(objects[k], set->items[i].object) != 0;
        if (is_new && count < capacity)
            objects[count++] = set->items[i].object;
    }
    return count;
}

/* Number rows and columns in their order. Returns false if there is no memory. */
static bool place(const struct series_set *set, const char *object, struct placed *placed,
                  size_t counts[3])
{
    struct number_map rows = { 0 }, columns = { 0 };
    bool is_complete = true, is_new;

    counts[0] = counts[1] = counts[2] = 0; /* series, rows, columns */
    for (size_t i = 0; is_complete && i < set->count; i++) {
        const struct series *series = &set->items[i];
        uint64_t *at;

        if (!is_shown(set, series) || strcmp(series->object, object) != 0)
            continue;
        placed[counts[0]].series = series;
        at = number_map_at(&rows,
                           keyed_hash_text(&set->key, 0, series->instance ? series->instance : ""),
                           &is_new);
        if (at && is_new)
            *at = counts[1]++;
        placed[counts[0]].row = at ? (size_t)*at : 0;
        is_complete = at != NULL;
        at = number_map_at(&columns, keyed_hash_text(&set->key, 0, series->counter), &is_new);
        if (at && is_new)
            *at = counts[2]++;
        placed[counts[0]++].column = at ? (size_t)*at : 0;
        is_complete = is_complete && at;
    }
    number_map_release(&rows);
    number_map_release(&columns);
    return is_complete;
}

static void value_text(struct output *text, const struct series *series, double value)
{
    output_clear(text);
    if (value < 0)
        output_add_text(text, "-");
    else
        format_text_add_number(text, value, series->unit);
    if (value >= 0 && series->unit == COOK_UNIT_PERCENT)
        output_add_text(text, "%");
}

/* `cells` has a series, or NULL, for each row and column. */
static void fill(struct live_table *table, const struct series_set *set,
                 const struct series *const *cells, size_t rows, size_t columns)
{
    struct grid *grid = &table->grid;
    struct output text = { 0 };
    const size_t trend = grid->sort_column > 1 && grid->sort_column <= columns + 1
                             ? grid->sort_column - 2
                             : 0; /* column 1 is the trend itself */

    grid_clear(grid);
    grid_add_title(grid, "instance");
    grid_add_title(grid, "trend");
    for (size_t column = 0; column < columns; column++) {
        const struct series *series = NULL;

        for (size_t row = 0; !series && row < rows; row++)
            series = cells[row * columns + column];
        output_clear(&text);
        output_add_text(&text, series ? series->counter : "");
        if (series && series->unit == COOK_UNIT_SECONDS)
            output_add_text(&text, ", s");
        grid_add_title(grid, text.data ? text.data : "");
    }
    for (size_t row = 0; row < rows; row++) {
        const struct series *shown = cells[row * columns + trend], *any = NULL;

        for (size_t column = 0; !any && column < columns; column++)
            any = cells[row * columns + column];
        grid_add_name(grid, any && any->instance ? any->instance : "");
        output_clear(&text);
        if (shown)
            add_trend(&text, shown);
        grid_add_cell(grid, shown ? series_last(set, shown) : SERIES_NO_VALUE,
                      text.data ? text.data : "");
        for (size_t column = 0; column < columns; column++) {
            const struct series *series = cells[row * columns + column];
            const double value = series ? series_last(set, series) : SERIES_NO_VALUE;

            output_clear(&text);
            if (series)
                value_text(&text, series, value);
            grid_add_cell(grid, value, text.data ? text.data : "");
        }
    }
    grid->text.is_lost |= text.is_lost;
    output_release(&text);
}

#define OBJECTS 256 /* chosen; Tab does not reach further ones */

void live_table_draw(struct live_table *table, struct output *output, const struct series_set *set)
{
    const char *objects[OBJECTS];
    const size_t object_count = find_objects(set, objects, OBJECTS);
    struct placed *placed = calloc(set->count + 1, sizeof(*placed));
    const struct series **cells = NULL;
    struct output heading = { 0 };
    size_t counts[3] = { 0, 0, 0 };

    table->object = object_count ? table->object % object_count : 0;
    if (placed && (!object_count || place(set, objects[table->object], placed, counts)))
        cells = calloc(counts[1] * counts[2] + 1, sizeof(*cells));
    if (!placed || !cells) {
        output->is_lost = true;
    } else {
        for (size_t i = 0; i < counts[0]; i++)
            cells[placed[i].row * counts[2] + placed[i].column] = placed[i].series;
        output_add_format(&heading, "%02u:%02u:%02u.%03u  sample %zu  ", table->time.hour,
                          table->time.minute, table->time.second, table->time.millisecond,
                          set->sample_count);
        if (object_count)
            output_add_text(&heading, objects[table->object]);
        if (object_count > 1)
            output_add_format(&heading, " (%zu of %zu objects, Tab shows the next)",
                              table->object + 1, object_count);
        if (counts[2])
            fill(table, set, cells, counts[1], counts[2]);
        grid_draw(&table->grid, output, heading.data ? heading.data : "",
                  table->remark.size ? table->remark.data : NULL);
    }
    free(placed);
    free(cells);
    output_release(&heading);
}

bool live_table_key(struct live_table *table, int key)
{
    if (key == '\t') {
        table->object++;
        table->grid.first_row = table->grid.first_column = table->grid.sort_column = 0;
    }
    return grid_key(&table->grid, key);
}

void live_table_release(struct live_table *table)
{
    grid_release(&table->grid);
    output_release(&table->remark);
}

void live_table_append_json(struct output *output, const struct series_set *set,
                            uint64_t time_100ns)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object_on_one_line(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    json_writer_key(&json, "time_100ns");
    json_writer_unsigned(&json, time_100ns);
    json_writer_key(&json, "values");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < set->count; i++) {
        const struct series *series = &set->items[i];
        const double value = series_last(set, series);

        if (!is_shown(set, series))
            continue;
        json_writer_begin_object_on_one_line(&json);
        json_writer_key(&json, "object");
        json_writer_string(&json, series->object);
        json_writer_key(&json, "instance");
        if (series->instance)
            json_writer_string(&json, series->instance);
        else
            json_writer_null(&json);
        json_writer_key(&json, "counter");
        json_writer_string(&json, series->counter);
        json_writer_key(&json, "value");
        if (value < 0)
            json_writer_null(&json);
        else
            json_writer_double(&json, value);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

void live_table_append(struct output *output, const struct series_set *set,
                       const struct local_time *time)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct series *series = &set->items[i];
        struct output path = { 0 };
        const double value = series_last(set, series);

        if (!is_shown(set, series))
            continue;
        counter_path_add(&path, &(struct counter_path_parts){ .object = series->object,
                                                              .instance = series->instance,
                                                              .counter = series->counter });
        output_add_format(output, "%02u:%02u:%02u.%03u", time->hour, time->minute, time->second,
                          time->millisecond);
        add_number(output, series, value);
        output_add_format(output, " %s  ", unit_of(series));
        utf8_add_safe(output, path.data ? path.data : "", SIZE_MAX);
        output_add_byte(output, '\n');
        output_release(&path);
    }
}
