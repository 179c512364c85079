/* SPDX-License-Identifier: MIT
 *
 * Writes a table for each object, with instances in rows and counters in columns; an object without
 * instances lists its counters. Raw values are unchanged, cooked ones have their unit and the scale
 * that perfmon's legend shows.
 */
#include "format_writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format_text.h"
#include "local_time.h"
#include "text_table.h"
#include "utf8.h"

/* A heading's size: columns, into which its words are broken, and most rows. Chosen. */
#define HEADING_WIDTH 12
#define HEADING_ROWS 4

/* A base belongs to its counter and is shown beside it only with raw values. */
static bool is_shown(const struct decoded_counter *counter, bool is_cooked)
{
    if (!counter->paths)
        return false;
    return !is_cooked ||
           (!counter->is_base && counter->type && counter->type->unit != COOK_UNIT_NONE);
}

static void add_title(struct output *title, const struct decoded_counter *counter)
{
    output_clear(title);
    if (counter->is_base && !counter->name)
        output_add_text(title, "(base)");
    else
        format_text_add_title(title, counter->name, counter->definition.name_index);
}

/* Add one line of a heading's words, from *at on. The last line takes all remaining words. */
static void add_heading_line(struct output *line, const char *title, size_t *at, bool is_last)
{
    output_clear(line);
    while (title[*at]) {
        const size_t word = strcspn(title + *at, " ");

        if (!is_last && line->size && line->size + 1 + word > HEADING_WIDTH)
            break;
        if (line->size)
            output_add_byte(line, ' ');
        output_add(line, title + *at, word);
        *at += word + (title[*at + word] == ' ');
        if (!word && !title[*at])
            break;
    }
}

/* Headings are aligned to the bottom of their rows, as in a printed table. */
static void add_heading(struct text_table *table, const struct decoded_object *object,
                        bool is_cooked)
{
    struct output title = { 0 }, line = { 0 };
    size_t rows = 1;
    bool has_unit = false, has_scale = false;

    for (size_t i = 0; i < object->counter_count; i++)
        if (is_shown(&object->counters[i], is_cooked)) {
            size_t at = 0, used = 0;

            add_title(&title, &object->counters[i]);
            while (title.data && title.data[at]) {
                add_heading_line(&line, title.data, &at, ++used == HEADING_ROWS);
            }
            rows = used > rows ? used : rows;
            has_unit |= is_cooked && *format_text_unit(&object->counters[i]);
            has_scale |= is_cooked && object->counters[i].definition.default_scale != 0;
        }

    for (size_t row = 0; row < rows; row++) {
        text_table_add(table, row + 1 == rows ? "Instance" : "");
        for (size_t i = 0; i < object->counter_count; i++) {
            size_t at = 0, used = 0;

            if (!is_shown(&object->counters[i], is_cooked))
                continue;
            add_title(&title, &object->counters[i]);
            while (title.data && title.data[at])
                add_heading_line(&line, title.data, &at, ++used == HEADING_ROWS);
            at = 0;
            output_clear(&line);
            for (size_t skip = rows - used, j = skip; j <= row && row >= skip; j++)
                add_heading_line(&line, title.data, &at, j - skip + 1 == HEADING_ROWS);
            text_table_add(table, line.data ? line.data : "");
        }
    }
    if (has_unit) {
        text_table_add(table, "");
        for (size_t i = 0; i < object->counter_count; i++)
            if (is_shown(&object->counters[i], is_cooked))
                text_table_add(table, format_text_unit(&object->counters[i]));
    }
    if (has_scale) {
        text_table_add(table, "  scale");
        for (size_t i = 0; i < object->counter_count; i++)
            if (is_shown(&object->counters[i], is_cooked)) {
                output_clear(&line);
                format_text_add_scale(&line, object->counters[i].definition.default_scale);
                text_table_add(table, line.data ? line.data : "");
            }
    }
    table->is_lost |= title.is_lost || line.is_lost;
    output_release(&title);
    output_release(&line);
}

static void add_instance_name(struct output *name, const struct decoded_instance *instance)
{
    output_clear(name);
    if (instance->parent)
        output_add_format(name, "%s/", instance->parent);
    output_add_text(name, *instance->name ? instance->name : "(no name)");
    if (!*instance->name && instance->definition.unique_id != -1)
        output_add_format(name, " %" PRId32, instance->definition.unique_id);
    if (instance->occurrence)
        output_add_format(name, "#%" PRIu32, instance->occurrence);
}

static size_t write_instances(struct output *output, struct decoder *decoder,
                              const struct decoded_object *object,
                              const struct format_options *options)
{
    const struct decoded_instance *instance;
    struct text_table table = { .column_count = 1 };
    struct output cell = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < object->counter_count; i++)
        table.column_count += is_shown(&object->counters[i], options->is_cooked);
    add_heading(&table, object, options->is_cooked);
    while ((instance = decoder_next_instance(decoder))) {
        count++;
        add_instance_name(&cell, instance);
        text_table_add(&table, cell.data ? cell.data : "");
        for (size_t i = 0; i < object->counter_count; i++)
            if (is_shown(&object->counters[i], options->is_cooked)) {
                output_clear(&cell);
                if (decoder_selects(decoder, i))
                    format_text_add_value(&cell, decoder, object, i, options->is_cooked);
                text_table_add(&table, cell.data ? cell.data : "");
            }
    }
    table.is_lost |= cell.is_lost;
    if (count)
        text_table_write(&table, output, options->width, options->is_cut);
    text_table_release(&table);
    output_release(&cell);
    return count;
}

static void write_single(struct output *output, struct decoder *decoder,
                         const struct decoded_object *object, const struct format_options *options)
{
    struct text_table table = { .column_count = 3 };
    struct output cell = { 0 };

    if (!decoder_next_instance(decoder))
        return;
    for (size_t i = 0; i < object->counter_count; i++) {
        const struct decoded_counter *counter = &object->counters[i];

        if (!is_shown(counter, options->is_cooked) || !decoder_selects(decoder, i))
            continue;
        add_title(&cell, counter);
        text_table_add(&table, cell.data ? cell.data : "");
        output_clear(&cell);
        format_text_add_value(&cell, decoder, object, i, options->is_cooked);
        text_table_add(&table, cell.data ? cell.data : "");
        output_clear(&cell);
        if (options->is_cooked) {
            output_add_text(&cell, format_text_unit(counter));
            if (counter->definition.default_scale) {
                output_add_text(&cell, cell.size ? "  scale " : "scale ");
                format_text_add_scale(&cell, counter->definition.default_scale);
            }
        }
        text_table_add(&table, cell.data ? cell.data : "");
    }
    table.is_lost |= cell.is_lost;
    if (table.cell_count)
        text_table_write(&table, output, 0, false);
    text_table_release(&table);
    output_release(&cell);
    decoder_next_instance(decoder); /* the walk now checks what follows the block */
}

static void write_object(struct output *output, struct decoder *decoder,
                         const struct decoded_object *object, const struct format_options *options)
{
    const int32_t count = object->definition.instance_count;

    output_add_byte(output, '\n');
    if (object->name)
        utf8_add_safe(output, object->name, SIZE_MAX);
    else
        output_add_text(output, "Object");
    output_add_format(output, object->name ? " (%" PRIu32 ")" : " %" PRIu32,
                      object->definition.name_index);
    if (count == WALK_METADATA_MULTIPLE_INSTANCES || count == WALK_METADATA_NO_INSTANCES)
        output_add_format(output, ", %s, description only",
                          count == WALK_METADATA_NO_INSTANCES ? "without instances"
                                                              : "with instances");
    else if (count > 0)
        output_add_format(output, ", %" PRId32 " instance%s", count, count == 1 ? "" : "s");
    else if (count == 0)
        output_add_text(output, ", no instances now");
    output_add_byte(output, '\n');

    if (count == WALK_NO_INSTANCES)
        write_single(output, decoder, object, options);
    else if (!write_instances(output, decoder, object, options)) {
        struct output title = { 0 };

        output_add_text(output, "  counters:");
        for (size_t i = 0; i < object->counter_count; i++)
            if (is_shown(&object->counters[i], true)) {
                add_title(&title, &object->counters[i]);
                output_add_text(output, i ? ", " : " ");
                utf8_add_safe(output, title.data ? title.data : "", SIZE_MAX);
            }
        output_add_byte(output, '\n');
        output_release(&title);
    }
}

/* Add the time between the samples in place of the line's end. */
static void add_interval(struct output *output, const struct walk_data_block *newer,
                         struct span bytes)
{
    struct walk_data_block older;
    struct object_walk walk;

    if (!object_walk_begin(&walk, bytes, NULL, NULL, &older) ||
        newer->time_100ns <= older.time_100ns)
        return;
    output->size--;
    output_add_format(output, " of two samples, %.1f s apart\n",
                      (double)(newer->time_100ns - older.time_100ns) / 1e7);
}

DWORD format_table_write(struct output *output, const struct decoder_input *input,
                         const struct format_options *options)
{
    const struct decoded_object *object;
    struct decoder *decoder;
    struct local_time time;
    DWORD error = decoder_open(&decoder, input);

    if (error)
        return error;
    time = local_time_of(decoder_header(decoder)->system_time);
    utf8_add_safe(output, decoder_system_name(decoder), SIZE_MAX);
    output_add_format(output, "%s%04u-%02u-%02u %02u:%02u:%02u.%03u, %s values\n",
                      *decoder_system_name(decoder) ? ", " : "", time.year, time.month, time.day,
                      time.hour, time.minute, time.second, time.millisecond,
                      options->is_cooked ? "cooked" : "raw");
    if (options->is_cooked && input->older.size)
        add_interval(output, decoder_header(decoder), input->older);
    while ((object = decoder_next_object(decoder)))
        write_object(output, decoder, object, options);
    error = decoder_error(decoder);
    decoder_close(decoder);
    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
