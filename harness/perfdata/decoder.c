/* SPDX-License-Identifier: MIT
 *
 * Interprets the structures of the walk: names, bases, parents, equal names, selection by paths,
 * and pairs of samples. cook.c has the formulas, object_walk.c the structures, and
 * instance_finder.c finds an instance again in the other sample.
 */
#include "decoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "instance_finder.h"
#include "name_text.h"
#include "perf_names.h"
#include "utf8.h"

struct decoder {
    struct decoder_input input;
    struct walk_data_block header, older_header;
    struct output system_name, text;
    bool has_older;
    struct object_walk walk, older_walk; /* the older one reports no breaches */

    struct decoded_object object;
    struct cook_interval interval; /* of the current object's times */
    size_t counter_capacity;
    struct walk_instances instances;
    struct decoded_instance instance;
    struct instance_finder newer, older;
    uint64_t object_paths; /* bit n: paths[n] selects the current object */
    DWORD error;
};

static const char *find_text(const struct decoder *decoder, enum name_table_kind kind,
                             uint32_t index)
{
    const struct name_table *names = decoder->input.names;
    const char *text = NULL;

    if (!names || !index)
        return NULL;
    text = name_table_find(names, decoder->input.language, kind, index);
    return text ? text : name_table_find(names, PERF_ENGLISH, kind, index);
}

DWORD decoder_open(struct decoder **opened, const struct decoder_input *input)
{
    struct decoder *decoder;

    if (input->path_count > DECODER_PATHS)
        return ERROR_INVALID_PARAMETER;
    decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return ERROR_NOT_ENOUGH_MEMORY;

    decoder->input = *input;
    if (!object_walk_begin(&decoder->walk, input->newer, input->on_breach, input->context,
                           &decoder->header)) {
        free(decoder);
        return ERROR_INVALID_DATA;
    }
    decoder->has_older = input->older.size && object_walk_begin(&decoder->older_walk, input->older,
                                                                NULL, NULL, &decoder->older_header);
    name_text_add(&decoder->system_name, decoder->header.system_name, 0);
    instance_finder_init(&decoder->newer, input->newer);
    instance_finder_init(&decoder->older, decoder->has_older ? input->older : (struct span){ 0 });
    *opened = decoder;
    return ERROR_SUCCESS;
}

void decoder_close(struct decoder *decoder)
{
    if (!decoder)
        return;
    output_release(&decoder->system_name);
    output_release(&decoder->text);
    instance_finder_release(&decoder->newer);
    instance_finder_release(&decoder->older);
    free(decoder->object.counters);
    free(decoder);
}

const struct walk_data_block *decoder_header(const struct decoder *decoder)
{
    return &decoder->header;
}

const char *decoder_system_name(const struct decoder *decoder)
{
    return decoder->system_name.data ? decoder->system_name.data : "";
}

/* Whether a pattern matches a name, or the title index if there is no name. */
static bool matches(const struct path_pattern *pattern, const char *name, uint32_t index)
{
    char number[16];

    if (name && counter_path_pattern_matches(pattern, name))
        return true;
    snprintf(number, sizeof(number), "%u", (unsigned)index);
    return counter_path_pattern_matches(pattern, number);
}

static uint64_t paths_of_object(const struct decoder *decoder, const char *name, uint32_t index)
{
    uint64_t paths = 0;

    if (!decoder->input.path_count)
        return UINT64_MAX;
    for (size_t i = 0; i < decoder->input.path_count; i++) {
        const struct counter_path *path = &decoder->input.paths[i];

        if ((!path->machine.count ||
             counter_path_pattern_matches(&path->machine, decoder_system_name(decoder))) &&
            matches(&path->object, name, index))
            paths |= UINT64_C(1) << i;
    }
    return paths;
}

static uint64_t paths_of_counter(const struct decoder *decoder,
                                 const struct decoded_counter *counter)
{
    uint64_t paths = 0;

    if (!decoder->input.path_count)
        return UINT64_MAX;
    for (size_t i = 0; i < decoder->input.path_count; i++) {
        const struct path_pattern *pattern = &decoder->input.paths[i].counter;

        if (decoder->object_paths >> i & 1 &&
            (counter->is_base && !counter->name
                 ? false
                 : matches(pattern, counter->name, counter->definition.name_index)))
            paths |= UINT64_C(1) << i;
    }
    return paths;
}

/* Read the counters of the object, each with its base, its name and its position in the earlier
   sample. */
static bool read_counters(struct decoder *decoder)
{
    struct decoded_object *object = &decoder->object;
    const size_t count = object->definition.counter_count;
    struct walk_counter definition, older = { 0 };
    size_t offset = 0, older_offset = 0, at = 0;
    struct number_map seen = { 0 };

    if (count > 0) {
        struct decoded_counter *counters =
            array_reserve(object->counters, &decoder->counter_capacity, count, sizeof(*counters));

        if (!counters)
            return false;
        object->counters = counters;
    }

    while (at < count &&
           object_walk_next_counter(&decoder->walk, &object->definition, &offset, &definition)) {
        struct decoded_counter *counter = &object->counters[at];
        uint64_t *duplicates = number_map_at(&seen, definition.name_index, NULL);

        *counter = (struct decoded_counter){
            .definition = definition,
            .type = cook_find_type(definition.type),
            .name = find_text(decoder, NAME_TABLE_COUNTER, definition.name_index),
            .help = find_text(decoder, NAME_TABLE_HELP, definition.help_index),
            .is_base = cook_is_base_type(definition.type),
            .base = SIZE_MAX,
            .duplicate = duplicates ? (uint32_t)(*duplicates)++ : 0,
        };
        counter->paths = paths_of_counter(decoder, counter);
        if (at && counter->is_base && object->counters[at - 1].type &&
            object->counters[at - 1].type->base)
            object->counters[at - 1].base = at;
        /* Counters of two samples are paired by position and must have the same index and type. */
        counter->has_older =
            object->has_older &&
            object_walk_next_counter(&decoder->older_walk, &object->older, &older_offset, &older) &&
            older.name_index == definition.name_index && older.type == definition.type &&
            older.size == definition.size;
        counter->older = older;
        at++;
    }
    object->counter_count = at;
    number_map_release(&seen);
    return true;
}

static struct cook_times times_of(const struct walk_data_block *header,
                                  const struct walk_object *object)
{
    return (struct cook_times){ header->perf_time, header->perf_freq, header->time_100ns,
                                object->perf_time, object->perf_freq };
}

const struct decoded_object *decoder_next_object(struct decoder *decoder)
{
    struct decoded_object *object = &decoder->object;

    if (decoder->error)
        return NULL;
    do {
        if (!object_walk_next(&decoder->walk, &object->definition)) {
            if (decoder->walk.is_stopped)
                decoder->error = ERROR_INVALID_DATA;
            return NULL;
        }
        object->name = find_text(decoder, NAME_TABLE_COUNTER, object->definition.name_index);
        decoder->object_paths =
            paths_of_object(decoder, object->name, object->definition.name_index);
    } while (!decoder->object_paths);

    object->help = find_text(decoder, NAME_TABLE_HELP, object->definition.help_index);
    object->has_older =
        instance_finder_object(&decoder->older, object->definition.name_index, &object->older);
    if (!read_counters(decoder) ||
        !instance_finder_begin(&decoder->newer, &object->definition, false) ||
        !instance_finder_begin(&decoder->older, object->has_older ? &object->older : NULL, true)) {
        decoder->error = ERROR_NOT_ENOUGH_MEMORY;
        return NULL;
    }
    struct cook_times older = times_of(&decoder->older_header, &object->older);
    struct cook_times newer = times_of(&decoder->header, &object->definition);
    cook_interval_init(&decoder->interval, object->has_older ? &older : NULL, &newer);
    object_walk_begin_instances(&object->definition, &decoder->instances);
    return object;
}

static uint64_t paths_of_instance(const struct decoder *decoder,
                                  const struct decoded_instance *instance)
{
    uint64_t paths = 0;

    if (!decoder->input.path_count)
        return UINT64_MAX;
    for (size_t i = 0; i < decoder->input.path_count; i++)
        if (decoder->object_paths >> i & 1 &&
            counter_path_matches_instance(&decoder->input.paths[i], instance->parent,
                                          instance->name, instance->occurrence))
            paths |= UINT64_C(1) << i;
    return paths;
}

const struct decoded_instance *decoder_next_instance(struct decoder *decoder)
{
    struct decoded_instance *instance = &decoder->instance;

    if (decoder->error)
        return NULL;
    do {
        struct instance_identity identity = { 0 };

        *instance = (struct decoded_instance){ 0 };
        if (!object_walk_next_instance(&decoder->walk, &decoder->object.definition,
                                       &decoder->instances, &instance->definition)) {
            if (decoder->walk.is_stopped)
                decoder->error = ERROR_INVALID_DATA;
            return NULL;
        }
        if (!instance_finder_identify(&decoder->newer, &decoder->object.definition,
                                      &instance->definition, &identity)) {
            decoder->error = ERROR_NOT_ENOUGH_MEMORY;
            return NULL;
        }
        instance->name = identity.name;
        instance->parent = identity.parent;
        instance->occurrence = identity.occurrence;
        instance->has_older = decoder->object.has_older &&
                              instance_finder_find(&decoder->older, &decoder->object.older,
                                                   &identity, &instance->older);
        instance->paths = paths_of_instance(decoder, instance);
    } while (!instance->paths);
    return instance;
}

bool decoder_selects(const struct decoder *decoder, size_t counter)
{
    return (decoder->object.counters[counter].paths & decoder->instance.paths) != 0;
}

struct span decoder_value(const struct decoder *decoder, size_t counter)
{
    return walk_value(&decoder->instance.definition, &decoder->object.counters[counter].definition);
}

/* Rule: CounterSize is used, not the size that the type implies. */
static struct cook_raw raw_of(struct span value)
{
    if (value.size == 4)
        return (struct cook_raw){ read_u32(value.data), 4 };
    if (value.size == 8)
        return (struct cook_raw){ read_u64(value.data), 8 };
    return (struct cook_raw){ 0, 0 };
}

static bool is_text(const struct decoded_counter *counter)
{
    return counter->type && counter->type->unit == COOK_UNIT_TEXT;
}

bool decoder_raw(const struct decoder *decoder, size_t counter, uint64_t *value)
{
    const struct cook_raw raw = raw_of(decoder_value(decoder, counter));

    if (!raw.size || is_text(&decoder->object.counters[counter]))
        return false;
    *value = raw.value;
    return true;
}

const char *decoder_text(struct decoder *decoder, size_t counter)
{
    if (!is_text(&decoder->object.counters[counter]))
        return NULL;
    output_clear(&decoder->text);
    name_text_add(&decoder->text, decoder_value(decoder, counter), 0);
    if (decoder->text.is_lost)
        decoder->error = ERROR_NOT_ENOUGH_MEMORY;
    return decoder->text.data ? decoder->text.data : "";
}

bool decoder_cook(const struct decoder *decoder, size_t place, double *value)
{
    const struct decoded_object *object = &decoder->object;
    const struct decoded_counter *counter = &object->counters[place];
    const struct decoded_counter *base =
        counter->base != SIZE_MAX ? &object->counters[counter->base] : NULL;
    const struct decoded_instance *instance = &decoder->instance;
    const bool has_older = counter->has_older && instance->has_older && (!base || base->has_older);
    struct cook_values newer = { .value = raw_of(decoder_value(decoder, place)) };
    struct cook_values older = { 0 };

    if (base)
        newer.base = raw_of(walk_value(&instance->definition, &base->definition));
    if (has_older) {
        older.value = raw_of(walk_value(&instance->older, &counter->older));
        if (base)
            older.base = raw_of(walk_value(&instance->older, &base->older));
    }
    return cook_values(counter->type, has_older ? &older : NULL, &newer, &decoder->interval,
                       &decoder->input.cook, value);
}

DWORD decoder_error(const struct decoder *decoder)
{
    return decoder->error;
}

size_t decoder_check(struct span bytes, walk_on_breach *on_breach, void *context)
{
    struct object_walk walk;
    struct walk_data_block header;
    struct walk_object object;
    struct walk_instances instances;
    struct walk_instance instance;

    if (object_walk_begin(&walk, bytes, on_breach, context, &header))
        while (object_walk_next(&walk, &object)) {
            object_walk_begin_instances(&object, &instances);
            while (object_walk_next_instance(&walk, &object, &instances, &instance))
                continue;
        }
    return walk.breach_count;
}
