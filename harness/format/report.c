/* SPDX-License-Identifier: MIT
 *
 * Writes the page: report_page.def around the data as JSON. JSON here escapes "<", so the data
 * cannot end the script element around them. This file decides what is drawn; the page's script
 * decides how.
 */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_writer.h"
#include "number_map.h"
#include "os.h"
#include "text_map.h"

/* Most values of one object on the page; chosen: 5,000 instances fit into 3 MB at about 8 bytes a
   value. */
#define VALUE_LIMIT 200000

static const char *const page_head[] = {
#define PAGE_HEAD(text) text,
#define PAGE_TAIL(text)
#include "report_page.def"
#undef PAGE_HEAD
#undef PAGE_TAIL
};

static const char *const page_tail[] = {
#define PAGE_HEAD(text)
#define PAGE_TAIL(text) text,
#include "report_page.def"
#undef PAGE_HEAD
#undef PAGE_TAIL
};

static const char *unit_name(enum cook_unit unit)
{
    return unit == COOK_UNIT_PER_SECOND ? "/s"
           : unit == COOK_UNIT_PERCENT  ? "%"
           : unit == COOK_UNIT_SECONDS  ? "s"
           : unit == COOK_UNIT_HEX      ? "hex"
                                        : "";
}

/* ---- objects as tables --------------------------------------------------------------------- */

/* The position of a series: object, instance and counter, each in the order of the answer. */
struct placed {
    const struct series *series;
    size_t object, row, column;
};

/* One object: its numbers of rows and columns, and its range in the sorted list of series. */
struct page_object {
    size_t first, end;
    size_t row_count, column_count;
};

/* The number of a key in a map. A new key gets the next number. SIZE_MAX if there is no memory. */
static size_t number_of(struct number_map *map, uint64_t key, size_t *count)
{
    bool is_new = false;
    uint64_t *number = number_map_at(map, key, &is_new);

    if (!number)
        return SIZE_MAX;
    if (is_new)
        *number = (*count)++;
    return (size_t)*number;
}

static int compare_places(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;

    if (a->object != b->object)
        return a->object < b->object ? -1 : 1;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* Give numbers to rows and columns, counted over all objects together. */
static bool place_all(const struct series_set *set, struct placed *placed)
{
    struct number_map objects = { 0 }, rows = { 0 }, columns = { 0 };
    size_t object_count = 0, row_count = 0, column_count = 0;
    bool is_complete = true;

    for (size_t i = 0; i < set->count && is_complete; i++) {
        const struct series *series = &set->items[i];
        const uint64_t object = keyed_hash_text(&set->key, 0, series->object);
        const uint64_t row =
            series->instance ? keyed_hash_text(&set->key, object, series->instance) : object;
        const uint64_t column = keyed_hash_text(&set->key, object, series->counter);

        placed[i] = (struct placed){
            .series = series,
            .object = number_of(&objects, object, &object_count),
            .row = number_of(&rows, row, &row_count),
            .column = number_of(&columns, column, &column_count),
        };
        is_complete = placed[i].object != SIZE_MAX && placed[i].row != SIZE_MAX &&
                      placed[i].column != SIZE_MAX;
    }
    number_map_release(&objects);
    number_map_release(&rows);
    number_map_release(&columns);
    if (is_complete)
        qsort(placed, set->count, sizeof(*placed), compare_places);
    return is_complete;
}

/* Number the rows and columns of one object from 0 without gaps. Returns false if there is no
   memory. */
static bool renumber(struct placed *placed, struct page_object *object)
{
    struct number_map columns = { 0 };
    size_t row = SIZE_MAX;
    bool is_complete = true;

    object->row_count = object->column_count = 0;
    for (size_t i = object->first; i < object->end && is_complete; i++) {
        if (placed[i].row != row) {
            row = placed[i].row;
            object->row_count++;
        }
        placed[i].row = object->row_count - 1;
        placed[i].column = number_of(&columns, placed[i].column, &object->column_count);
        is_complete = placed[i].column != SIZE_MAX;
    }
    number_map_release(&columns);
    if (is_complete) /* the first row may have had other counters than later ones */
        qsort(placed + object->first, object->end - object->first, sizeof(*placed), compare_places);
    return is_complete;
}

/* Write a whole number exactly, others with six digits: a chart cannot show more. */
static void write_number(struct json_writer *json, double value)
{
    char digits[32];

    if (value < 0) {
        json_writer_null(json);
        return;
    }
    if (value != floor(value) || value > 9e15) {
        snprintf(digits, sizeof(digits), "%.6g", value);
        value = strtod(digits, NULL);
    }
    json_writer_double(json, value);
}

/* Write one number if the value never changed; otherwise the number of the first sample, and the
   values. */
static void write_cell(struct json_writer *json, const struct series *series, size_t sample_count,
                       bool is_shortened)
{
    bool is_constant = series->first == 0 && series->count == sample_count;

    for (size_t i = 1; i < series->count && is_constant; i++)
        is_constant = series->values[i] == series->values[0];
    if (is_constant && series->values[0] >= 0) {
        write_number(json, series->values[0]);
        return;
    }
    json_writer_begin_array(json);
    if (is_shortened) {
        json_writer_unsigned(json, sample_count - 1);
        write_number(json, series->count && series->first + series->count == sample_count
                               ? series->values[series->count - 1]
                               : SERIES_NO_VALUE);
    } else {
        json_writer_unsigned(json, series->first);
        for (size_t i = 0; i < series->count; i++)
            write_number(json, series->values[i]);
    }
    json_writer_end_array(json);
}

static bool write_names(struct json_writer *json, const struct placed *placed,
                        const struct page_object *object)
{
    const struct series **heads = calloc(object->column_count + 1, sizeof(*heads));
    size_t row = SIZE_MAX;

    if (!heads)
        return false;
    json_writer_key(json, "name");
    json_writer_string(json, placed[object->first].series->object);
    for (size_t i = object->end; i-- > object->first;)
        heads[placed[i].column] = placed[i].series;
    json_writer_key(json, "counters");
    json_writer_begin_array(json);
    for (size_t column = 0; column < object->column_count; column++) {
        json_writer_begin_object_on_one_line(json);
        json_writer_key(json, "name");
        json_writer_string(json, heads[column]->counter);
        json_writer_key(json, "unit");
        json_writer_string(json, unit_name(heads[column]->unit));
        json_writer_key(json, "is_default");
        json_writer_bool(json, heads[column]->is_default);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
    free(heads);
    json_writer_key(json, "instances");
    json_writer_begin_array_on_one_line(json);
    for (size_t i = object->first; i < object->end; i++)
        if (placed[i].row != row) {
            row = placed[i].row;
            json_writer_string(json, placed[i].series->instance);
        }
    json_writer_end_array(json);
    return true;
}

/* A row and its size: the largest value of the object's default counter, or else of its first
   one. */
struct row_size {
    double size;
    size_t row;
};

static double size_of(const struct series *series)
{
    double smallest, largest;

    return series_range(series, &smallest, &largest) ? largest : SERIES_NO_VALUE;
}

static int compare_sizes(const void *left, const void *right)
{
    const struct row_size *a = left, *b = right;

    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Mark and count the smallest rows, those beyond VALUE_LIMIT. Returns false if there is no memory. */
static bool shorten(const struct placed *placed, const struct page_object *object,
                    size_t sample_count, bool is_shortened[], size_t *count)
{
    const size_t most = VALUE_LIMIT / (sample_count * object->column_count + 1) + 1;
    struct row_size *sizes;

    *count = 0;
    if (object->row_count <= most || sample_count < 2)
        return true;
    sizes = calloc(object->row_count, sizeof(*sizes));
    if (!sizes)
        return false;
    for (size_t i = 0; i < object->row_count; i++)
        sizes[i] = (struct row_size){ SERIES_NO_VALUE, i };
    for (size_t i = object->first; i < object->end; i++)
        if (placed[i].series->is_default || sizes[placed[i].row].size < 0)
            sizes[placed[i].row].size = size_of(placed[i].series);
    qsort(sizes, object->row_count, sizeof(*sizes), compare_sizes);
    for (size_t i = most; i < object->row_count; i++)
        is_shortened[sizes[i].row] = true;
    *count = object->row_count - most;
    free(sizes);
    return true;
}

static bool write_object(struct json_writer *json, const struct placed *placed,
                         const struct page_object *object, size_t sample_count)
{
    bool *is_shortened = calloc(object->row_count + 1, sizeof(*is_shortened));
    size_t shortened_count = 0;
    bool is_complete =
        is_shortened && shorten(placed, object, sample_count, is_shortened, &shortened_count);

    json_writer_begin_object(json);
    is_complete = is_complete && write_names(json, placed, object);
    json_writer_key(json, "shortened");
    json_writer_unsigned(json, shortened_count);
    json_writer_key(json, "values");
    json_writer_begin_array(json);
    for (size_t row = 0, i = object->first; is_complete && row < object->row_count; row++) {
        json_writer_begin_array_on_one_line(json);
        for (size_t column = 0; column < object->column_count; column++)
            if (i < object->end && placed[i].row == row && placed[i].column == column)
                write_cell(json, placed[i++].series, sample_count, is_shortened[row]);
            else
                json_writer_null(json);
        json_writer_end_array(json);
    }
    json_writer_end_array(json);
    json_writer_end_object(json);
    free(is_shortened);
    return is_complete;
}

static bool write_objects(struct json_writer *json, const struct series_set *set)
{
    struct placed *placed = calloc(set->count + 1, sizeof(*placed));
    bool is_complete = placed && place_all(set, placed);

    json_writer_key(json, "objects");
    json_writer_begin_array(json);
    for (size_t i = 0; is_complete && i < set->count;) {
        struct page_object object = { .first = i };

        while (i < set->count && placed[i].object == placed[object.first].object)
            i++;
        object.end = i;
        is_complete =
            renumber(placed, &object) && write_object(json, placed, &object, set->sample_count);
    }
    json_writer_end_array(json);
    free(placed);
    return is_complete;
}

/* Names are written once, and frames as one list: four numbers each. */
static bool write_flame(struct json_writer *json, const struct report_flame *flame)
{
    struct text_map names = { 0 };
    uint32_t *const numbers = calloc(flame->count + 1, sizeof(*numbers));
    bool is_complete = numbers != NULL;

    json_writer_begin_object(json);
    json_writer_key(json, "title");
    json_writer_string(json, flame->title);
    json_writer_key(json, "rate");
    json_writer_unsigned(json, flame->rate);
    json_writer_key(json, "left_out");
    json_writer_unsigned(json, flame->left_out);
    json_writer_key(json, "names");
    json_writer_begin_array(json);
    for (size_t i = 0; is_complete && i < flame->count; i++) {
        const struct span name = { (const BYTE *)flame->frames[i].name,
                                   strlen(flame->frames[i].name) };
        const uint32_t *known = text_map_find(&names, name);

        numbers[i] = known ? *known : (uint32_t)names.count;
        if (known)
            continue;
        json_writer_string(json, flame->frames[i].name);
        is_complete = text_map_add(&names, name, &numbers[i]) != NULL;
    }
    json_writer_end_array(json);
    json_writer_key(json, "frames");
    json_writer_begin_array_on_one_line(json);
    for (size_t i = 0; is_complete && i < flame->count; i++) {
        json_writer_unsigned(json, flame->frames[i].parent);
        json_writer_unsigned(json, numbers[i]);
        json_writer_unsigned(json, flame->frames[i].live);
        json_writer_unsigned(json, flame->frames[i].allocated);
    }
    json_writer_end_array(json);
    json_writer_end_object(json);
    text_map_release(&names);
    free(numbers);
    return is_complete;
}

static void write_data(struct output *output, const struct report_input *input)
{
    /* Milliseconds since 1970, the unit of the script's Date. */
    const double epoch_ms = (double)OS_TIME_OF_1970_100NS / 10000;
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "title");
    json_writer_string(&json, input->title);
    json_writer_key(&json, "system");
    json_writer_string(&json, input->system);
    json_writer_key(&json, "first_breach");
    json_writer_string(&json, input->first_breach);
    json_writer_key(&json, "samples");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < input->series->sample_count; i++) {
        const struct report_sample *sample = &input->samples[i];

        json_writer_begin_object_on_one_line(&json);
        json_writer_key(&json, "time");
        json_writer_double(&json, (double)sample->time_100ns / 10000 - epoch_ms);
        json_writer_key(&json, "size");
        json_writer_unsigned(&json, sample->size);
        json_writer_key(&json, "breaches");
        json_writer_unsigned(&json, sample->breach_count);
        json_writer_key(&json, "query_ms");
        if (sample->query_ms >= 0)
            json_writer_double(&json, sample->query_ms);
        else
            json_writer_null(&json);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    if (!write_objects(&json, input->series))
        output->is_lost = true;
    json_writer_key(&json, "profile");
    if (!input->flame)
        json_writer_null(&json);
    else if (!write_flame(&json, input->flame))
        output->is_lost = true;
    json_writer_end_object(&json);
}

void report_write(struct output *output, const struct report_input *input)
{
    for (size_t i = 0; i < sizeof(page_head) / sizeof(*page_head); i++)
        output_add_text(output, page_head[i]);
    write_data(output, input);
    for (size_t i = 0; i < sizeof(page_tail) / sizeof(*page_tail); i++)
        output_add_text(output, page_tail[i]);
}
