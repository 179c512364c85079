/* SPDX-License-Identifier: MIT
 *
 * OpenMetrics 1.0. What only grows is a counter and left to the reader to differentiate; what is
 * shown as it stands is a gauge; time is in seconds, shares are ratios; text is a label of an info
 * metric. Instances are the label "name", parents "parent"; the second instance of a name has
 * index="1".
 *
 * Two dialects. OpenMetrics calls a family of counters x and its samples x_total; the older text
 * format, which promtool and the textfile collectors read, calls both x_total and would find
 * x_total undescribed otherwise. Prometheus itself reads either. So the older spelling is written
 * unless is_strict asks for the letter of OpenMetrics.
 */
#include "format_writers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_text.h"
#include "hash.h"
#include "metric_name.h"
#include "number_map.h"

/* How raw values become a metric. */
enum conversion {
    CONVERT_NOTHING, /* has no metric */
    CONVERT_RAW,     /* as it stands */
    CONVERT_TICKS,   /* ticks of the type's clock, written as seconds */
    CONVERT_RATIO,   /* raw value by base */
    CONVERT_COOKED,  /* the cooked value: seconds elapsed */
    CONVERT_TEXT,
};

struct metric {
    enum conversion conversion;
    enum metric_kind kind;
    const char *unit;
    bool has_base; /* the base is a metric of its own: <name>_base */
};

/* Rule: 0x00000400 is set in types that only grow, in all their subtypes but elapsed time. */
static struct metric metric_of(const struct counter_type *type)
{
    struct metric metric = { CONVERT_RAW, METRIC_COUNTER, "", type && type->base != 0 };

    if (!type || counter_type_is_base(type->type))
        return (struct metric){ CONVERT_NOTHING, METRIC_GAUGE, "", false };
    if (type->unit == COOK_UNIT_TEXT)
        return (struct metric){ CONVERT_TEXT, METRIC_GAUGE, "", false };
    if (!type->samples)
        return (struct metric){ CONVERT_NOTHING, METRIC_GAUGE, "", false };
    if (type->samples == 1 && type->unit == COOK_UNIT_PERCENT)
        return (struct metric){ CONVERT_RATIO, METRIC_GAUGE, "ratio", false };
    if (type->samples == 1 && type->unit == COOK_UNIT_SECONDS)
        return (struct metric){ CONVERT_COOKED, METRIC_GAUGE, "seconds", false };
    if (type->samples == 1)
        return (struct metric){ CONVERT_RAW, METRIC_GAUGE, "", false };
    if (type->unit == COOK_UNIT_SECONDS ||
        (type->unit == COOK_UNIT_PERCENT && type->clock != COOK_CLOCK_NONE)) {
        metric.conversion = CONVERT_TICKS;
        metric.unit = "seconds";
    }
    return metric;
}

/* One family in the making: samples are collected instance by instance, written counter by counter.
   The second family of a counter is its base. */
struct family {
    struct output samples[2];
};

static double frequency_of(const struct counter_type *type, const struct walk_data_block *header,
                           const struct walk_object *object)
{
    return type->clock == COOK_CLOCK_PERF     ? (double)header->perf_freq
           : type->clock == COOK_CLOCK_T100NS ? 1e7
                                              : (double)object->perf_freq;
}

static void add_labels(struct output *output, const struct decoded_instance *instance,
                       const char *text)
{
    const char *separator = "{";

    if (instance->name) {
        output_add_text(output, "{name=\"");
        metric_text_add(output, instance->name, '"');
        output_add_text(output, "\"");
        separator = ",";
    }
    if (instance->parent) {
        output_add_text(output, ",parent=\"");
        metric_text_add(output, instance->parent, '"');
        output_add_text(output, "\"");
    }
    if (instance->occurrence)
        output_add_format(output, ",index=\"%" PRIu32 "\"", instance->occurrence);
    if (text) {
        output_add_format(output, "%stext=\"", separator);
        metric_text_add(output, text, '"');
        output_add_text(output, "\"");
        separator = ",";
    }
    if (*separator == ',')
        output_add_text(output, "}");
}

static void add_double(struct output *output, double value)
{
    char digits[40];

    snprintf(digits, sizeof(digits), "%.15g", value);
    if (strtod(digits, NULL) != value)
        snprintf(digits, sizeof(digits), "%.17g", value);
    output_add_format(output, " %s\n", digits);
}

/* The sample without its metric's name, which is put in front when the family is written. */
static void add_sample(struct family *family, struct decoder *decoder,
                       const struct decoded_object *object, const struct decoded_instance *instance,
                       size_t place)
{
    const struct decoded_counter *counter = &object->counters[place];
    const struct metric metric = metric_of(counter->type);
    struct output *samples = &family->samples[0];
    const char *text = decoder_text(decoder, place);
    uint64_t raw = 0, base = 0;
    const bool has_raw = decoder_raw(decoder, place, &raw);
    const bool has_base = counter->base != SIZE_MAX && decoder_raw(decoder, counter->base, &base);
    double cooked = 0;

    if (metric.conversion == CONVERT_TEXT && text) {
        add_labels(samples, instance, text);
        output_add_text(samples, " 1\n");
    } else if (metric.conversion == CONVERT_RAW && has_raw) {
        add_labels(samples, instance, NULL);
        output_add_format(samples, " %" PRIu64 "\n", raw);
    } else if (metric.conversion == CONVERT_TICKS && has_raw) {
        const double frequency =
            frequency_of(counter->type, decoder_header(decoder), &object->definition);

        if (!(frequency > 0))
            return;
        add_labels(samples, instance, NULL);
        add_double(samples, (double)raw / frequency);
    } else if ((metric.conversion == CONVERT_COOKED || metric.conversion == CONVERT_RATIO) &&
               decoder_cook(decoder, place, &cooked)) {
        add_labels(samples, instance, NULL);
        add_double(samples, metric.conversion == CONVERT_RATIO ? cooked / 100 : cooked);
    }
    if (metric.has_base && has_base) {
        add_labels(&family->samples[1], instance, NULL);
        output_add_format(&family->samples[1], " %" PRIu64 "\n", base);
    }
}

/* Names that differ only in characters that a metric cannot have, or in "/sec": the second one in
   the order of the counters is called _2. Title indices would differ from computer to computer. */
static void make_unique(struct output *name, const char *unit, struct number_map *seen)
{
    const size_t suffix = *unit ? strlen(unit) + 1 : 0;
    const size_t stem = name->size - suffix;
    bool is_new = false;

    for (unsigned number = 2; !is_new && !name->is_lost; number++) {
        if (!number_map_at(seen, hash_text(HASH_BEGIN, name->data), &is_new)) {
            name->is_lost = true;
        } else if (!is_new) {
            name->size = stem;
            output_add_format(name, "_%u%s%s", number, *unit ? "_" : "", unit);
        }
    }
}

/* What describes a family. */
struct description {
    const char *name, *unit, *help;
    enum metric_kind kind;
    const char *suffix; /* of the names of its samples */
};

/* The description, and the samples with the name in front. */
static void write_family(struct output *output, const struct description *family,
                         const struct output *samples, bool is_strict)
{
    const char *name = family->name, *unit = family->unit, *suffix = family->suffix;
    const bool is_info = strcmp(suffix, "_info") == 0;
    const char *described = is_strict ? "" : suffix; /* what HELP and TYPE add to the name */
    const char *type = family->kind == METRIC_COUNTER ? "counter"
                       : is_info && is_strict         ? "info"
                                                      : "gauge";
    const char *line = samples->data;

    output_add_format(output, "# HELP %s%s ", name, described);
    metric_text_add(output, family->help, '\0');
    output_add_format(output, "\n# TYPE %s%s %s\n", name, described, type);
    if (*unit && !*described)
        output_add_format(output, "# UNIT %s %s\n", name, unit);
    while (*line) {
        const size_t size = strcspn(line, "\n") + 1;

        output_add_format(output, "%s%s", name, suffix);
        output_add(output, line, size);
        line += size;
    }
}

static void write_counter(struct output *output, struct family *family,
                          const struct decoded_object *object, size_t place,
                          struct number_map *seen, bool is_strict)
{
    const struct decoded_counter *counter = &object->counters[place];
    const struct metric metric = metric_of(counter->type);
    const char *suffix = metric.conversion == CONVERT_TEXT ? "_info"
                         : metric.kind == METRIC_COUNTER   ? "_total"
                                                           : "";
    struct output titles[2] = { { 0 }, { 0 } }, name = { 0 }, help = { 0 };
    const char *unit;

    if (!family->samples[0].size && !family->samples[1].size)
        return;
    format_text_add_title(&titles[0], object->name, object->definition.name_index);
    format_text_add_title(&titles[1], counter->name, counter->definition.name_index);
    if (titles[0].is_lost || titles[1].is_lost) {
        output->is_lost = true;
    } else {
        unit = metric_name_add(&name, titles[0].data, titles[1].data, metric.kind, metric.unit);
        make_unique(&name, unit, seen);
        if (counter->help && *counter->help)
            output_add_text(&help, counter->help);
        else
            output_add_format(&help, "%s, %s.", titles[0].data, titles[1].data);
        if (name.is_lost || help.is_lost)
            output->is_lost = true;
        if (!output->is_lost && family->samples[0].size)
            write_family(output,
                         &(struct description){ name.data, unit, help.data, metric.kind, suffix },
                         &family->samples[0], is_strict);
        if (!output->is_lost && family->samples[1].size) {
            /* The raw denominator: divide the rates of the two. A multi-timer's is no total. */
            const bool is_multi = counter->type->base == 0x42030500u;

            output_add_text(&name, "_base");
            make_unique(&name, "", seen);
            output_add_text(&help, " The denominator.");
            if (!name.is_lost && !help.is_lost)
                write_family(output,
                             &(struct description){
                                 .name = name.data,
                                 .unit = "",
                                 .help = help.data,
                                 .kind = is_multi ? METRIC_GAUGE : METRIC_COUNTER,
                                 .suffix = is_multi ? "" : "_total",
                             },
                             &family->samples[1], is_strict);
        }
    }
    output_release(&titles[0]);
    output_release(&titles[1]);
    output_release(&name);
    output_release(&help);
}

static DWORD write_object(struct output *output, struct decoder *decoder,
                          const struct decoded_object *object, struct number_map *seen,
                          bool is_strict)
{
    struct family *families = calloc(object->counter_count + 1, sizeof(*families));
    const struct decoded_instance *instance;

    if (!families)
        return ERROR_NOT_ENOUGH_MEMORY;
    while ((instance = decoder_next_instance(decoder)))
        for (size_t i = 0; i < object->counter_count; i++)
            if (decoder_selects(decoder, i))
                add_sample(&families[i], decoder, object, instance, i);
    for (size_t i = 0; i < object->counter_count; i++) {
        output->is_lost |= families[i].samples[0].is_lost | families[i].samples[1].is_lost;
        if (!output->is_lost)
            write_counter(output, &families[i], object, i, seen, is_strict);
        output_release(&families[i].samples[0]);
        output_release(&families[i].samples[1]);
    }
    free(families);
    return output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

DWORD format_write_openmetrics(struct output *output, const struct decoder_input *input,
                               const struct format_options *options)
{
    const struct decoded_object *object;
    struct number_map seen = { 0 };
    struct decoder *decoder;
    DWORD error = decoder_open(&decoder, input);

    if (error)
        return error;
    while (!error && (object = decoder_next_object(decoder)))
        error = write_object(output, decoder, object, &seen, options->is_strict);
    output_add_text(output, "# EOF\n");
    if (!error)
        error = decoder_error(decoder);
    decoder_close(decoder);
    number_map_release(&seen);
    return error ? error : output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
