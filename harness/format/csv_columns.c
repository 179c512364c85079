/* SPDX-License-Identifier: MIT
 *
 * Lays samples out in fixed columns, found again by the counter path.
 */
#include "csv_columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "csv_text.h"
#include "format_text.h"
#include "hash.h"
#include "local_time.h"

/* The current instance's path to a counter, in `path`. */
static const char *make_path(struct output *path, const struct decoder *decoder,
                             const struct decoded_object *object,
                             const struct decoded_instance *instance, size_t place)
{
    const struct decoded_counter *counter = &object->counters[place];
    struct output titles[2] = { { 0 }, { 0 } };

    format_text_add_title(&titles[0], object->name, object->definition.name_index);
    format_text_add_title(&titles[1], counter->name, counter->definition.name_index);
    output_clear(path);
    if (!titles[0].is_lost && !titles[1].is_lost)
        counter_path_add(path,
                         &(struct counter_path_parts){ .machine = decoder_system_name(decoder),
                                                       .object = titles[0].data,
                                                       .parent = instance->parent,
                                                       .instance = instance->name,
                                                       .occurrence = instance->occurrence,
                                                       .counter = titles[1].data });
    output_release(&titles[0]);
    output_release(&titles[1]);
    return path->data ? path->data : "";
}

static bool has_column(const struct decoder *decoder, const struct decoded_object *object,
                       size_t place)
{
    const struct decoded_counter *counter = &object->counters[place];

    return decoder_selects(decoder, place) && !counter->is_base && counter->type &&
           counter->type->unit != COOK_UNIT_NONE;
}

DWORD csv_columns_add(struct csv_columns *columns, const struct decoder_input *input)
{
    struct decoder_input silent = *input;
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct output path = { 0 };
    struct decoder *decoder;
    DWORD error;

    silent.on_breach = NULL;
    error = decoder_open(&decoder, &silent);
    if (error)
        return error;
    while ((object = decoder_next_object(decoder)))
        while ((instance = decoder_next_instance(decoder)))
            for (size_t i = 0; i < object->counter_count; i++)
                if (has_column(decoder, object, i)) {
                    const char *name = make_path(&path, decoder, object, instance, i);
                    bool is_new;
                    uint64_t *place =
                        number_map_at(&columns->places, hash_text(HASH_BEGIN, name), &is_new);

                    if (!place) {
                        error = ERROR_NOT_ENOUGH_MEMORY;
                        goto close_decoder;
                    }
                    if (!is_new)
                        continue;
                    *place = columns->count++;
                    output_add_byte(&columns->heading, ',');
                    csv_text_add(&columns->heading, name);
                }
    error = decoder_error(decoder);
    if (columns->heading.is_lost || path.is_lost)
        error = ERROR_NOT_ENOUGH_MEMORY;

close_decoder:
    decoder_close(decoder);
    output_release(&path);
    return error;
}

void csv_columns_add_heading(const struct csv_columns *columns, struct output *output)
{
    output_add_text(output, "\"(PDH-CSV 4.0)\"");
    output_add(output, columns->heading.data, columns->heading.size);
    output_add_text(output, "\r\n");
}

/* One value, in quotes. */
static void add_value(struct output *value, struct decoder *decoder, size_t place, bool is_cooked)
{
    const char *text = decoder_text(decoder, place);
    uint64_t raw;
    double cooked;

    output_clear(value);
    if (text)
        csv_text_add(value, text);
    else if (is_cooked ? decoder_cook(decoder, place, &cooked)
                       : decoder_raw(decoder, place, &raw)) {
        if (is_cooked)
            output_add_format(value, "\"%.6f\"", cooked);
        else
            output_add_format(value, "\"%" PRIu64 ".000000\"", raw);
    }
}

DWORD csv_columns_add_line(const struct csv_columns *columns, const struct decoder_input *input,
                           bool is_cooked, struct output *output)
{
    char **values = calloc(columns->count + 1, sizeof(*values));
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct output path = { 0 }, value = { 0 };
    struct decoder *decoder;
    struct local_time time;
    DWORD error;

    if (!values)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = decoder_open(&decoder, input);
    if (error)
        goto free_values;

    while ((object = decoder_next_object(decoder)))
        while ((instance = decoder_next_instance(decoder)))
            for (size_t i = 0; i < object->counter_count; i++) {
                if (!has_column(decoder, object, i))
                    continue;
                const char *name = make_path(&path, decoder, object, instance, i);
                const uint64_t *column =
                    number_map_find(&columns->places, hash_text(HASH_BEGIN, name));
                if (!column || values[*column])
                    continue;
                add_value(&value, decoder, i, is_cooked);
                if (value.size) { /* the output's memory becomes the value's */
                    values[*column] = value.data;
                    value = (struct output){ 0 };
                }
            }

    error = decoder_error(decoder);
    time = local_time_of(decoder_header(decoder)->system_time);
    output_add_format(output, "\"%02u/%02u/%04u %02u:%02u:%02u.%03u\"", time.month, time.day,
                      time.year, time.hour, time.minute, time.second, time.millisecond);
    for (size_t i = 0; i < columns->count; i++)
        output_add_format(output, ",%s", values[i] ? values[i] : "\" \"");
    output_add_text(output, "\r\n");
    decoder_close(decoder);

free_values:
    for (size_t i = 0; i < columns->count; i++)
        free(values[i]);
    free(values);
    output_release(&path);
    output_release(&value);
    return error;
}

void csv_columns_release(struct csv_columns *columns)
{
    output_release(&columns->heading);
    number_map_release(&columns->places);
    *columns = (struct csv_columns){ 0 };
}
