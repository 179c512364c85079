/* SPDX-License-Identifier: MIT
 *
 * Lines of a fixed layout, cut to the terminal; every line erases what stood behind its end.
 */
#include "live_table.h"

#include <stdio.h>
#include <string.h>

#include "counter_path.h"
#include "format.h"
#include "format_text.h"
#include "terminal.h"
#include "utf8.h"

#define VALUE_WIDTH 16
#define TREND_LENGTH 24

static struct local_time latest_time;

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

/* Eight heights of a block, between the smallest and the largest value that is shown. */
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

static void add_row(struct output *output, const struct series_set *set,
                    const struct series *series, size_t name_width, bool has_range, bool has_trend)
{
    struct output name = { 0 };
    double smallest = SERIES_NO_VALUE, largest = SERIES_NO_VALUE;
    size_t used;

    if (series->instance)
        output_add_format(&name, "  %s  ", series->instance);
    else
        output_add_text(&name, "  ");
    output_add_text(&name, series->counter);
    used = utf8_add_safe(output, name.data ? name.data : "", name_width);
    output_release(&name);
    output_add_repeated(output, ' ', name_width - used);
    add_number(output, series, series_last(set, series));
    output_add_format(output, " %s", unit_of(series));
    if (has_range) {
        series_range(series, &smallest, &largest);
        add_number(output, series, smallest);
        add_number(output, series, largest);
        output_add_text(output, "  ");
        format_text_add_scale(output, series->scale);
        output_add_repeated(output, ' ', series->scale < 0 ? (size_t)(7 + series->scale) : 6);
    }
    if (has_trend) {
        output_add_byte(output, ' ');
        add_trend(output, series);
    }
    output_add_text(output, "\033[K\n");
}

void live_table_write(struct output *output, const struct series_set *set,
                      const struct local_time *time, const char *remark)
{
    unsigned columns = 80, rows = 24;
    size_t name_width, line = 2, hidden = 0;
    bool has_range, has_trend;
    const char *object = "";

    terminal_size(&columns, &rows);
    latest_time = *time;
    has_trend = columns >= 40 + VALUE_WIDTH + TREND_LENGTH;
    has_range = columns >= 50 + 3 * VALUE_WIDTH + TREND_LENGTH;
    name_width = columns - VALUE_WIDTH - 4 - (has_trend ? TREND_LENGTH + 1 : 0) -
                 (has_range ? 2 * VALUE_WIDTH + 12 : 0);
    if (columns < VALUE_WIDTH + 16)
        name_width = 12;

    output_add_format(output, "\033[H%02u:%02u:%02u.%03u  sample %zu", time->hour, time->minute,
                      time->second, time->millisecond, set->sample_count);
    if (has_range)
        output_add_format(output, "%*s%*s%*s  scale", (int)(name_width + VALUE_WIDTH) - 24, "value",
                          VALUE_WIDTH + 3, "smallest", VALUE_WIDTH, "largest");
    output_add_text(output, "\033[K\n");
    for (size_t i = 0; i < set->count; i++) {
        const struct series *series = &set->items[i];
        const bool is_other = strcmp(object, series->object) != 0;

        if (!is_shown(set, series))
            continue;
        if (line + is_other + 1 >= rows) {
            hidden++;
            continue;
        }
        if (is_other) {
            object = series->object;
            output_add_text(output, "\033[1m");
            utf8_add_safe(output, object, columns - 1);
            output_add_text(output, "\033[0m\033[K\n");
            line++;
        }
        add_row(output, set, series, name_width, has_range, has_trend);
        line++;
    }
    output_add_text(output, "\033[J");
    if (hidden)
        output_add_format(output, "... and %zu more: choose with --counter  ", hidden);
    if (remark)
        utf8_add_safe(output, remark, columns > 50 ? columns - 48 : 2);
}

void live_table_redraw(struct output *output, const struct series_set *set)
{
    output_add_text(output, "\033[2J");
    live_table_write(output, set, &latest_time, NULL);
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
