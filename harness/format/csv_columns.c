/* SPDX-License-Identifier: MIT
 *
 * Lays samples out in fixed columns, which are found by the counter path. A path has two parts:
 * that of the instance, made once for all of its counters, and that of the counter.
 */
#include "csv_columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "csv_text.h"
#include "format_text.h"
#include "local_time.h"
#include "os.h"

/* The position of the walk over one sample. */
struct place {
    struct decoder *decoder;
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct output path; /* "\\machine\object(instance)\" */
    struct output title;
    bool is_first; /* the first counter of its object */
};

static bool has_number(const struct decoded_object *object, size_t place)
{
    const struct decoded_counter *counter = &object->counters[place];

    return !counter->is_base && counter->type && counter->type->unit != COOK_UNIT_NONE;
}

static bool has_column(const struct decoder *decoder, const struct decoded_object *object,
                       size_t place)
{
    return decoder_selects(decoder, place) && has_number(object, place);
}

/* The next instance, of this object or of the next one that has instances. */
static bool next_instance(struct place *place)
{
    place->is_first = false;
    while (!place->object || !(place->instance = decoder_next_instance(place->decoder))) {
        place->is_first = true;
        place->object = decoder_next_object(place->decoder);
        if (!place->object)
            return false;
    }
    output_clear(&place->title);
    output_clear(&place->path);
    format_text_add_title(&place->title, place->object->name, place->object->definition.name_index);
    if (!place->title.is_lost)
        counter_path_add(&place->path, &(struct counter_path_parts){
                                           .machine = decoder_system_name(place->decoder),
                                           .object = place->title.data,
                                           .parent = place->instance->parent,
                                           .instance = place->instance->name,
                                           .occurrence = place->instance->occurrence,
                                           .counter = "" });
    return true;
}

static const char *title_of(struct place *place, size_t counter)
{
    output_clear(&place->title);
    format_text_add_title(&place->title, place->object->counters[counter].name,
                          place->object->counters[counter].definition.name_index);
    return place->title.data ? place->title.data : "";
}

/* The group of the titles of an instance's counters. */
static uint64_t hash_of_path(const struct keyed_hash *key, const struct place *place)
{
    return keyed_hash_text(key, 0, place->path.data ? place->path.data : "");
}

static DWORD place_open(struct place *place, const struct decoder_input *input)
{
    *place = (struct place){ 0 };
    return decoder_open(&place->decoder, input);
}

static DWORD place_close(struct place *place)
{
    DWORD error = decoder_error(place->decoder);

    if (!error && (place->path.is_lost || place->title.is_lost))
        error = ERROR_NOT_ENOUGH_MEMORY;
    decoder_close(place->decoder);
    output_release(&place->path);
    output_release(&place->title);
    return error;
}

/* Add a path, made of two parts, in quotes. */
static void add_heading(struct output *heading, const struct place *place, const char *title)
{
    output_add_text(heading, ",\"");
    csv_text_add_part(heading, place->path.data ? place->path.data : "");
    csv_text_add_part(heading, title);
    output_add_byte(heading, '"');
}

DWORD csv_columns_add(struct csv_columns *columns, const struct decoder_input *input)
{
    struct decoder_input silent = *input;
    struct place place;
    DWORD error, end;

    silent.on_breach = NULL;
    error = place_open(&place, &silent);
    if (error)
        return error;
    if (!columns->count) {
        memcpy(columns->system_time, decoder_header(place.decoder)->system_time,
               sizeof(columns->system_time));
        os_random(&columns->key, sizeof(columns->key));
    }
    while (!error && next_instance(&place)) {
        const uint64_t prefix = hash_of_path(&columns->key, &place);

        for (size_t i = 0; !error && i < place.object->counter_count; i++) {
            bool is_new;
            uint64_t *column;
            const char *title;

            if (!has_column(place.decoder, place.object, i))
                continue;
            title = title_of(&place, i);
            column = number_map_at(&columns->places, keyed_hash_text(&columns->key, prefix, title),
                                   &is_new);
            if (!column) {
                error = ERROR_NOT_ENOUGH_MEMORY;
            } else if (is_new) {
                *column = columns->count++;
                add_heading(&columns->heading, &place, title);
            }
        }
    }
    end = place_close(&place);
    if (!error)
        error = columns->heading.is_lost ? ERROR_NOT_ENOUGH_MEMORY : end;
    return error;
}

static void begin_heading(struct output *output, const uint16_t system_time[8], bool is_file)
{
    char zone[128];
    int bias;

    if (!is_file) {
        output_add_text(output, "\"(PDH-CSV 4.0)\"");
        return;
    }
    bias = local_time_zone_of(system_time, zone, sizeof(zone));
    output_add_text(output, "\"(PDH-CSV 4.0) (");
    csv_text_add_part(output, zone);
    output_add_format(output, ")(%d)\"", bias);
}

void csv_columns_add_heading(const struct csv_columns *columns, bool is_file, struct output *output)
{
    begin_heading(output, columns->system_time, is_file);
    output_add(output, columns->heading.data, columns->heading.size);
    output_add_text(output, "\r\n");
}

static void add_time(struct output *output, const uint16_t system_time[8])
{
    const struct local_time time = local_time_of(system_time);

    output_add_format(output, "\"%02u/%02u/%04u %02u:%02u:%02u.%03u\"", time.month, time.day,
                      time.year, time.hour, time.minute, time.second, time.millisecond);
}

static bool add_value(struct output *output, struct decoder *decoder, size_t place, bool is_cooked)
{
    const char *text = decoder_text(decoder, place);
    uint64_t raw;
    double cooked;

    if (text)
        csv_text_add(output, text);
    else if (is_cooked && decoder_cook(decoder, place, &cooked))
        output_add_format(output, "\"%.6f\"", cooked);
    else if (!is_cooked && decoder_raw(decoder, place, &raw))
        output_add_format(output, "\"%" PRIu64 ".000000\"", raw);
    else
        return false;
    return true;
}

DWORD csv_columns_add_line(const struct csv_columns *columns, const struct decoder_input *input,
                           bool is_cooked, struct output *output)
{
    size_t *values = calloc(columns->count + 1, sizeof(*values)); /* offsets in `text`, plus 1 */
    struct output text = { 0 };
    struct place place;
    DWORD error;

    if (!values)
        return ERROR_NOT_ENOUGH_MEMORY;
    error = place_open(&place, input);
    if (error)
        goto free_values;
    while (next_instance(&place)) {
        const uint64_t prefix = hash_of_path(&columns->key, &place);

        for (size_t i = 0; i < place.object->counter_count; i++) {
            const uint64_t *column;
            const size_t begin = text.size;

            if (!has_column(place.decoder, place.object, i))
                continue;
            column = number_map_find(&columns->places,
                                     keyed_hash_text(&columns->key, prefix, title_of(&place, i)));
            if (!column || values[*column])
                continue;
            if (add_value(&text, place.decoder, i, is_cooked)) {
                output_add_byte(&text, '\0');
                values[*column] = begin + 1;
            }
        }
    }
    add_time(output, decoder_header(place.decoder)->system_time);
    error = place_close(&place);
    if (text.is_lost)
        error = ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; !error && i < columns->count; i++) {
        output_add_byte(output, ',');
        output_add_text(output, values[i] ? text.data + values[i] - 1 : "\" \"");
    }
    output_add_text(output, "\r\n");

free_values:
    free(values);
    output_release(&text);
    return error;
}

/* Find the counters of the current object whose title an earlier counter has too. They get no
   column. */
static bool find_repeated(struct place *place, bool **is_repeated, size_t *capacity)
{
    const size_t count = place->object->counter_count;
    struct number_map titles = { 0 };
    struct keyed_hash key;
    bool *repeated = array_reserve(*is_repeated, capacity, count + 1, sizeof(*repeated));
    bool is_complete = repeated != NULL;

    if (repeated)
        *is_repeated = repeated;
    os_random(&key, sizeof(key));
    for (size_t i = 0; is_complete && i < count; i++) {
        bool is_new = true;

        is_complete = !has_number(place->object, i) ||
                      number_map_at(&titles, keyed_hash_text(&key, 0, title_of(place, i)), &is_new);
        repeated[i] = !is_new;
    }
    number_map_release(&titles);
    return is_complete;
}

DWORD csv_columns_write_one(struct output *output, const struct decoder_input *input,
                            const struct csv_style *style)
{
    struct place place;
    bool *is_repeated = NULL;
    size_t capacity = 0; /* of is_repeated */
    DWORD error = ERROR_SUCCESS;

    for (int pass = 0; !error && pass < 2; pass++) {
        struct decoder_input silent = *input;

        if (pass == 0)
            silent.on_breach = NULL;
        error = place_open(&place, &silent);
        if (error)
            break;
        if (pass == 0)
            begin_heading(output, decoder_header(place.decoder)->system_time, style->is_file);
        else
            add_time(output, decoder_header(place.decoder)->system_time);
        while (!output->is_lost && next_instance(&place)) {
            if (place.is_first && !find_repeated(&place, &is_repeated, &capacity)) {
                output->is_lost = true;
                break;
            }
            for (size_t i = 0; i < place.object->counter_count; i++) {
                if (!has_column(place.decoder, place.object, i) || is_repeated[i])
                    continue;
                if (pass == 0) {
                    add_heading(output, &place, title_of(&place, i));
                } else {
                    output_add_byte(output, ',');
                    if (!add_value(output, place.decoder, i, style->is_cooked))
                        output_add_text(output, "\" \"");
                }
            }
        }
        output_add_text(output, "\r\n");
        error = place_close(&place);
    }
    free(is_repeated);
    return error;
}

void csv_columns_release(struct csv_columns *columns)
{
    output_release(&columns->heading);
    number_map_release(&columns->places);
    *columns = (struct csv_columns){ 0 };
}
