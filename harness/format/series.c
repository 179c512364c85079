/* SPDX-License-Identifier: MIT
 *
 * Collects values sample by sample. A series is found by a keyed hash of its title indices and the
 * name of its instance.
 */
#include "series.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "format_text.h"
#include "os.h"
#include "text.h"

static void add_instance(struct output *output, const struct decoded_instance *instance)
{
    if (instance->parent)
        output_add_format(output, "%s/", instance->parent);
    output_add_text(output, instance->name);
    if (instance->occurrence)
        output_add_format(output, "#%u", (unsigned)instance->occurrence);
}

static char *title_of(const char *name, uint32_t index)
{
    struct output title = { 0 };

    format_text_add_title(&title, name, index);
    if (title.is_lost)
        output_release(&title);
    return title.data;
}

/* The series of the current instance's counter, which is created if it is new. NULL if there is no memory.
   The map has the number of the series, counted from 1; 0 is a series that could not be made. */
static struct series *find_series(struct series_set *set, const struct decoded_object *object,
                                  size_t place, const char *instance)
{
    const struct decoded_counter *counter = &object->counters[place];
    const uint64_t indices =
        (uint64_t)object->definition.name_index << 32 | counter->definition.name_index;
    bool is_new;
    struct series *series;

    if (!set->places.count)
        os_random(&set->key, sizeof(set->key));
    uint64_t *found = number_map_at(
        &set->places, keyed_hash_text(&set->key, indices, instance ? instance : ""), &is_new);
    if (!found)
        return NULL;
    if (!is_new && *found)
        return &set->items[*found - 1];
    struct series *items =
        array_reserve(set->items, &set->capacity, set->count + 1, sizeof(*items));
    if (!items)
        return NULL;
    set->items = items;
    series = &set->items[set->count];
    *series = (struct series){
        .object = title_of(object->name, object->definition.name_index),
        .counter = title_of(counter->name, counter->definition.name_index),
        .instance = text_utf8_copy(instance),
        .object_index = object->definition.name_index,
        .counter_index = counter->definition.name_index,
        .unit = counter->type->unit,
        .scale = counter->definition.default_scale,
        .is_default = object->definition.default_counter == (int32_t)place,
        .first = set->sample_count,
    };
    if (!series->object || !series->counter || (instance && !series->instance)) {
        free(series->object);
        free(series->counter);
        free(series->instance);
        return NULL;
    }
    *found = ++set->count;
    return series;
}

/* Append the value of the current sample, after gaps for the samples that the series was not in. */
static bool append(struct series_set *set, struct series *series, double value)
{
    while (series->first + series->count <= set->sample_count) {
        const bool is_last = series->first + series->count == set->sample_count;

        if (set->limit && series->count == set->limit) {
            memmove(series->values, series->values + 1,
                    (series->count - 1) * sizeof(*series->values));
            series->count--;
            series->first++;
        }
        double *values =
            array_reserve(series->values, &series->capacity, series->count + 1, sizeof(*values));
        if (!values)
            return false;
        series->values = values;
        series->values[series->count++] = is_last ? value : SERIES_NO_VALUE;
    }
    return true;
}

DWORD series_set_add(struct series_set *set, const struct decoder_input *input)
{
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    struct output name = { 0 };
    struct decoder *decoder;
    DWORD error = decoder_open(&decoder, input);

    if (error)
        return error;
    while (!error && (object = decoder_next_object(decoder)))
        while (!error && (instance = decoder_next_instance(decoder))) {
            output_clear(&name);
            if (instance->name)
                add_instance(&name, instance);
            if (name.is_lost)
                error = ERROR_NOT_ENOUGH_MEMORY;
            for (size_t i = 0; i < object->counter_count && !error; i++) {
                const struct decoded_counter *counter = &object->counters[i];
                double value = SERIES_NO_VALUE;
                struct series *series;
                uint64_t raw = 0;

                if (!decoder_selects(decoder, i) || counter->is_base || !counter->type ||
                    !counter->type->samples)
                    continue;
                decoder_raw(decoder, i, &raw);
                decoder_cook(decoder, i, &value);
                series = find_series(set, object, i,
                                     instance->name ? (name.data ? name.data : "") : NULL);
                if (series)
                    series->raw = raw;
                if (!series || !append(set, series, value))
                    error = ERROR_NOT_ENOUGH_MEMORY;
            }
        }
    if (!error)
        error = decoder_error(decoder);
    decoder_close(decoder);
    output_release(&name);
    set->sample_count++;
    return error;
}

double series_last(const struct series_set *set, const struct series *series)
{
    return series->count && series->first + series->count == set->sample_count
               ? series->values[series->count - 1]
               : SERIES_NO_VALUE;
}

bool series_range(const struct series *series, double *smallest, double *largest)
{
    bool has_value = false;

    for (size_t i = 0; i < series->count; i++) {
        const double value = series->values[i];

        if (value < 0)
            continue;
        *smallest = has_value && *smallest < value ? *smallest : value;
        *largest = has_value && *largest > value ? *largest : value;
        has_value = true;
    }
    return has_value;
}

void series_set_release(struct series_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->items[i].object);
        free(set->items[i].counter);
        free(set->items[i].instance);
        free(set->items[i].values);
    }
    free(set->items);
    number_map_release(&set->places);
    *set = (struct series_set){ .limit = set->limit };
}
