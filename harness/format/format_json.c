/* SPDX-License-Identifier: MIT
 *
 * JSON with the fixed schema: raw and cooked values side by side, keyed by title index. Text
 * counters are strings, and so are 64-bit numbers that a double cannot hold; bytes of other sizes
 * are strings of hexadecimal digits. A base often has title index 0: if several counters share an
 * index, the key of the second is "INDEX#1", like that of instances of equal names.
 */
#include "format_writers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_writer.h"
#include "known_value.h"

static void write_key(struct json_writer *json, const struct decoded_counter *counter)
{
    char key[32];

    if (counter->duplicate)
        snprintf(key, sizeof(key), "%" PRIu32 "#%" PRIu32, counter->definition.name_index,
                 counter->duplicate);
    else
        snprintf(key, sizeof(key), "%" PRIu32, counter->definition.name_index);
    json_writer_key(json, key);
}

static void write_counters(struct json_writer *json, const struct decoded_object *object)
{
    json_writer_key(json, "counters");
    json_writer_begin_array(json);
    for (size_t i = 0; i < object->counter_count; i++) {
        const struct decoded_counter *counter = &object->counters[i];
        char number[16];

        if (!counter->paths)
            continue;
        snprintf(number, sizeof(number), "0x%08" PRIX32, counter->definition.type);
        json_writer_begin_object_on_one_line(json);
        json_writer_key(json, "index");
        json_writer_unsigned(json, counter->definition.name_index);
        json_writer_key(json, "name");
        json_writer_string(json, counter->name);
        json_writer_key(json, "type");
        json_writer_unsigned(json, counter->definition.type);
        json_writer_key(json, "type_name");
        json_writer_string(json, counter->type ? counter->type->name : number);
        json_writer_key(json, "size");
        json_writer_unsigned(json, counter->definition.size);
        json_writer_key(json, "offset");
        json_writer_unsigned(json, counter->definition.value_offset);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void write_raw(struct json_writer *json, struct decoder *decoder, size_t counter)
{
    const struct span bytes = decoder_value(decoder, counter);
    const char *text = decoder_text(decoder, counter);
    uint64_t value;

    if (text) {
        json_writer_string(json, text);
    } else if (decoder_raw(decoder, counter, &value)) {
        json_writer_unsigned(json, value);
    } else if (bytes.size) {
        struct output digits = { 0 };

        for (size_t i = 0; i < bytes.size; i++)
            output_add_format(&digits, "%02x", bytes.data[i]);
        json_writer_string(json, digits.data);
        output_release(&digits);
    } else {
        json_writer_null(json);
    }
}

static void write_instance(struct json_writer *json, struct decoder *decoder,
                           const struct decoded_object *object,
                           const struct decoded_instance *instance,
                           const struct known_value known[])
{
    const struct walk_instance *definition = &instance->definition;

    json_writer_begin_object(json);
    json_writer_key(json, "name");
    json_writer_string(json, instance->name);
    json_writer_key(json, "unique_id");
    if (definition->has_definition && definition->unique_id != -1)
        json_writer_signed(json, definition->unique_id);
    else
        json_writer_null(json);
    json_writer_key(json, "parent_object");
    json_writer_unsigned(json, definition->parent_object);
    json_writer_key(json, "parent_instance");
    json_writer_unsigned(json, definition->parent_instance);

    json_writer_key(json, "values");
    json_writer_begin_object_on_one_line(json);
    for (size_t i = 0; i < object->counter_count; i++)
        if (decoder_selects(decoder, i)) {
            write_key(json, &object->counters[i]);
            write_raw(json, decoder, i);
        }
    json_writer_end_object(json);

    json_writer_key(json, "cooked");
    json_writer_begin_object_on_one_line(json);
    for (size_t i = 0; i < object->counter_count; i++)
        if (decoder_selects(decoder, i)) {
            double value;

            write_key(json, &object->counters[i]);
            if (known_value_is(&known[i], decoder) && decoder_cook(decoder, i, &value))
                json_writer_double(json, value);
            else
                json_writer_null(json);
        }
    json_writer_end_object(json);
    json_writer_end_object(json);
}

/* False: no memory. */
static bool write_object(struct json_writer *json, struct decoder *decoder,
                         const struct decoded_object *object)
{
    struct known_value *known = calloc(object->counter_count + 1, sizeof(*known));
    const struct decoded_instance *instance;

    for (size_t i = 0; known && i < object->counter_count; i++)
        known[i] = known_value_of(object, i);
    json_writer_begin_object(json);
    json_writer_key(json, "index");
    json_writer_unsigned(json, object->definition.name_index);
    json_writer_key(json, "name");
    json_writer_string(json, object->name);
    json_writer_key(json, "help_index");
    json_writer_unsigned(json, object->definition.help_index);
    json_writer_key(json, "default_counter");
    json_writer_signed(json, object->definition.default_counter);
    write_counters(json, object);
    json_writer_key(json, "instances");
    json_writer_begin_array(json);
    while (known && (instance = decoder_next_instance(decoder)))
        write_instance(json, decoder, object, instance, known);
    json_writer_end_array(json);
    json_writer_end_object(json);
    const bool is_good = known != NULL;
    free(known);
    return is_good;
}

DWORD format_json_write(struct output *output, const struct decoder_input *input,
                        const struct format_options *options)
{
    struct decoder *decoder;
    struct json_writer json;
    const struct decoded_object *object;
    const struct walk_data_block *header;
    DWORD error = decoder_open(&decoder, input);
    bool is_good = true;

    (void)options;
    if (error)
        return error;

    header = decoder_header(decoder);
    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "system");
    json_writer_string(&json, decoder_system_name(decoder));
    json_writer_key(&json, "perf_time");
    json_writer_signed(&json, header->perf_time);
    json_writer_key(&json, "perf_freq");
    json_writer_signed(&json, header->perf_freq);
    json_writer_key(&json, "time_100ns");
    json_writer_signed(&json, header->time_100ns);
    json_writer_key(&json, "objects");
    json_writer_begin_array(&json);
    while ((object = decoder_next_object(decoder)))
        is_good = write_object(&json, decoder, object) && is_good;
    json_writer_end_array(&json);
    json_writer_end_object(&json);

    error = decoder_error(decoder);
    decoder_close(decoder);
    return error ? error : output->is_lost || !is_good ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
