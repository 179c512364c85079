/* SPDX-License-Identifier: MIT
 *
 * Collects samples instance by instance and writes them counter by counter, so that all samples of
 * a family are together.
 */
#include "metric_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "format_text.h"
#include "hash.h"
#include "known_value.h"
#include "metric_labels.h"

/* How a raw value becomes a metric. */
enum conversion {
    CONVERT_NOTHING, /* there is no metric */
    CONVERT_RAW,     /* unchanged */
    CONVERT_TICKS,   /* ticks of the type's clock, written as seconds */
    CONVERT_RATIO,   /* raw value divided by its base */
    CONVERT_COOKED,  /* the cooked value: elapsed seconds */
    CONVERT_TEXT,
};

struct metric {
    enum conversion conversion;
    enum metric_kind kind;
    const char *unit;
    bool has_base;  /* the base is a metric as well: <name>_base */
    double divisor; /* divides the raw value */
    const struct known_metric *known;
    struct known_value presence; /* where the provider says whether the value is known */
};

/* One counter of the current object. The second list of samples is that of its base. */
struct column {
    struct metric metric;
    struct output samples[2];
};

/* A value that is cooked from two samples only grows and is a counter. One sample gives a gauge. */
static struct metric metric_of_type(const struct counter_type *type)
{
    struct metric metric = { CONVERT_RAW, METRIC_COUNTER, "", type && type->base != 0, 1,
                             NULL,        { SIZE_MAX, 0 } };

    if (!type || cook_is_base_type(type->type) || (!type->samples && type->unit != COOK_UNIT_TEXT))
        return (
            struct metric){ CONVERT_NOTHING, METRIC_GAUGE, "", false, 1, NULL, { SIZE_MAX, 0 } };
    if (type->unit == COOK_UNIT_TEXT)
        return (struct metric){ CONVERT_TEXT, METRIC_INFO, "", false, 1, NULL, { SIZE_MAX, 0 } };
    if (type->samples == 1 && type->unit == COOK_UNIT_PERCENT)
        return (struct metric){ CONVERT_RATIO, METRIC_GAUGE,   "ratio", false, 1,
                                NULL,          { SIZE_MAX, 0 } };
    if (type->samples == 1 && type->unit == COOK_UNIT_SECONDS)
        return (struct metric){ CONVERT_COOKED, METRIC_GAUGE,   "seconds", false, 1,
                                NULL,           { SIZE_MAX, 0 } };
    if (type->samples == 1)
        return (struct metric){ CONVERT_RAW, METRIC_GAUGE, "", false, 1, NULL, { SIZE_MAX, 0 } };
    if (type->unit == COOK_UNIT_SECONDS ||
        (type->unit == COOK_UNIT_PERCENT && type->clock != COOK_CLOCK_NONE)) {
        metric.conversion = CONVERT_TICKS;
        metric.unit = "seconds";
    }
    return metric;
}

static double frequency_of(const struct counter_type *type, const struct walk_data_block *header,
                           const struct walk_object *object)
{
    return type->clock == COOK_CLOCK_PERF     ? (double)header->perf_freq
           : type->clock == COOK_CLOCK_T100NS ? 1e7
                                              : (double)object->perf_freq;
}

static struct metric metric_of(const struct decoded_object *object, size_t place,
                               const struct walk_data_block *header)
{
    const struct decoded_counter *counter = &object->counters[place];
    struct metric metric = metric_of_type(counter->type);

    if (metric.conversion == CONVERT_TICKS) {
        metric.divisor = frequency_of(counter->type, header, &object->definition);
        if (!(metric.divisor > 0))
            metric.conversion = CONVERT_NOTHING;
    }
    metric.known = known_metric_find(object->name, counter->name);
    if (!metric.known)
        return metric;
    metric.presence = known_value_of(object, place);
    metric.kind = metric.known->kind == KNOWN_COUNTER ? METRIC_COUNTER : METRIC_GAUGE;
    metric.divisor *= metric.known->divisor;
    metric.has_base = false;
    if (metric.known->kind == KNOWN_NOT_EXPORTED)
        metric.conversion = CONVERT_NOTHING;
    return metric;
}

static void add_double(struct output *output, double value)
{
    char digits[40];

    snprintf(digits, sizeof(digits), "%.15g", value);
    if (strtod(digits, NULL) != value)
        snprintf(digits, sizeof(digits), "%.17g", value);
    output_add_format(output, " %s\n", digits);
}

/* Most values are whole numbers, for which printf takes four times as long. */
static void add_whole(struct output *output, uint64_t value)
{
    char text[24];
    size_t at = sizeof(text);

    text[--at] = '\n';
    do
        text[--at] = (char)('0' + value % 10);
    while (value /= 10);
    text[--at] = ' ';
    output_add(output, text + at, sizeof(text) - at);
}

static struct metric_value value_of(const struct decoder *decoder,
                                    const struct decoded_object *object, size_t place,
                                    const struct metric *metric)
{
    const struct decoded_counter *counter = &object->counters[place];
    struct metric_value value = { 0 };

    if (!known_value_is(&metric->presence, decoder))
        return value;
    if (metric->conversion == CONVERT_RAW || metric->conversion == CONVERT_TICKS)
        value.is_there = decoder_raw(decoder, place, &value.whole);
    else if (metric->conversion == CONVERT_COOKED)
        value.is_there = decoder_cook(decoder, place, &value.computed);
    else if (metric->conversion == CONVERT_RATIO)
        value.is_there = decoder_cook(decoder, place, &value.computed) &&
                         decoder_raw(decoder, place, &value.whole) &&
                         decoder_raw(decoder, counter->base, &value.base);
    return value;
}

static void add_value(struct output *output, const struct metric *metric,
                      const struct metric_value *value)
{
    if (metric->conversion == CONVERT_COOKED)
        add_double(output, value->computed);
    else if (metric->conversion == CONVERT_RATIO)
        add_double(output, (double)value->whole / (double)value->base);
    else if (metric->divisor != 1)
        add_double(output, (double)value->whole / metric->divisor);
    else
        add_whole(output, value->whole);
}

/* Add a sample without its metric's name, which is added when the family is written. `labels`
   are those of the instance. */
static void add_sample(struct column *column, struct decoder *decoder,
                       const struct decoded_object *object, const struct decoded_instance *instance,
                       const struct output *labels, size_t place)
{
    const struct decoded_counter *counter = &object->counters[place];
    const struct metric *metric = &column->metric;
    struct output *samples = &column->samples[0];
    const char *text = metric->conversion == CONVERT_TEXT ? decoder_text(decoder, place) : NULL;
    const struct metric_value value = value_of(decoder, object, place, metric);
    uint64_t base = 0;

    if (text) {
        metric_labels_add(samples, instance, text);
        output_add_text(samples, " 1\n");
    } else if (value.is_there) {
        output_add(samples, labels->data, labels->size);
        add_value(samples, metric, &value);
    }
    if (metric->has_base && counter->base != SIZE_MAX &&
        decoder_raw(decoder, counter->base, &base)) {
        output_add(&column->samples[1], labels->data, labels->size);
        add_whole(&column->samples[1], base);
    }
}

/* ---- names and families ---------------------------------------------------------------------- */

/* The suffix of a family's samples, and suffixes of other names that would be taken for them. */
static const struct {
    const char *type, *strict_type, *suffix, *reserved;
} kinds[] = {
    [METRIC_GAUGE] = { "gauge", "gauge", "", "" },
    [METRIC_COUNTER] = { "counter", "counter", "_total", "_created" },
    [METRIC_INFO] = { "gauge", "info", "_info", "" },
};

static bool is_used(struct metric_writer *writer, const char *name, size_t size, const char *suffix)
{
    return number_map_find(&writer->seen, hash_text(hash_bytes(HASH_BEGIN, name, size), suffix)) !=
           NULL;
}

static void use(struct metric_writer *writer, const char *name, size_t size, const char *suffix)
{
    if (!number_map_at(&writer->seen, hash_text(hash_bytes(HASH_BEGIN, name, size), suffix), NULL))
        writer->output->is_lost = true;
}

/* Some names differ only in characters that a metric cannot have, or in "/sec". The second one in
   the order of the counters then ends in _2, and not in its title index, which differs between
   computers.
   Rule: OpenMetrics 1.0, "MetricFamily names … MUST be unique", with all suffixes of their type. */
static void make_unique(struct metric_writer *writer, struct output *name, const char *unit,
                        enum metric_kind kind)
{
    const size_t suffix = *unit ? strlen(unit) + 1 : 0;
    const size_t stem = name->size - suffix;

    for (unsigned number = 2;
         !name->is_lost && (is_used(writer, name->data, name->size, "") ||
                            is_used(writer, name->data, name->size, kinds[kind].suffix) ||
                            is_used(writer, name->data, name->size, kinds[kind].reserved));
         number++) {
        name->size = stem;
        output_add_format(name, "_%u%s%s", number, *unit ? "_" : "", unit);
    }
    if (name->is_lost)
        return;
    use(writer, name->data, name->size, "");
    use(writer, name->data, name->size, kinds[kind].suffix);
    use(writer, name->data, name->size, kinds[kind].reserved);
}

/* Write the description, then the samples with the name before each. */
static void write_family(struct metric_writer *writer, const struct metric_family *family,
                         const char *samples)
{
    const bool is_strict = writer->dialect == METRIC_OPENMETRICS;
    const char *suffix = kinds[family->kind].suffix;
    const char *described = is_strict ? "" : suffix; /* the suffix in the HELP and TYPE lines */
    const size_t name_size = strlen(family->name);
    struct output *output = writer->output;

    output_add_format(output, "# HELP %s%s ", family->name, described);
    metric_name_add_text(output, family->help, '\0');
    output_add_format(output, "\n# TYPE %s%s %s\n", family->name, described,
                      is_strict ? kinds[family->kind].strict_type : kinds[family->kind].type);
    if (*family->unit && is_strict)
        output_add_format(output, "# UNIT %s %s\n", family->name, family->unit);
    while (*samples) {
        const size_t size = strcspn(samples, "\n") + 1;

        output_add(output, family->name, name_size);
        output_add_text(output, suffix);
        output_add(output, samples, size);
        samples += size;
    }
}

void metric_writer_add_family(struct metric_writer *writer, const struct metric_family *family,
                              const char *samples)
{
    struct output name = { 0 };
    struct metric_family unique = *family;

    output_add_text(&name, family->name);
    make_unique(writer, &name, family->unit, family->kind);
    writer->output->is_lost |= name.is_lost;
    unique.name = name.data;
    if (!writer->output->is_lost)
        write_family(writer, &unique, samples);
    output_release(&name);
}

static const char *known_unit(const char *name)
{
    static const char *const units[] = { "bytes", "seconds", "ratio" };
    const char *last = strrchr(name, '_');

    for (size_t i = 0; last && i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(last + 1, units[i]) == 0)
            return units[i];
    return "";
}

/* Find name and help: the counter's own, or those of its row in the table of known metrics. */
static void describe(const struct decoded_object *object, size_t place, const struct metric *metric,
                     struct metric_family *family, struct output texts[2])
{
    const struct decoded_counter *counter = &object->counters[place];
    struct output titles[2] = { { 0 }, { 0 } };

    family->kind = metric->kind;
    if (metric->known) {
        output_add_text(&texts[0], metric->known->name);
        output_add_text(&texts[1], metric->known->help);
        family->unit = known_unit(metric->known->name);
        return;
    }
    format_text_add_title(&titles[0], object->name, object->definition.name_index);
    format_text_add_title(&titles[1], counter->name, counter->definition.name_index);
    family->unit = "";
    if (!titles[0].is_lost && !titles[1].is_lost) {
        family->unit =
            metric_name_add(&texts[0], titles[0].data, titles[1].data, metric->kind, metric->unit);
        /* A provider's help describes what perfmon shows, which is the rate. */
        if (metric->kind == METRIC_COUNTER)
            output_add_text(&texts[1], "Running total; its rate over time is: ");
        if (counter->help && *counter->help)
            output_add_text(&texts[1], counter->help);
        else
            output_add_format(&texts[1], "%s, %s.", titles[0].data, titles[1].data);
    }
    texts[0].is_lost |= titles[0].is_lost | titles[1].is_lost;
    output_release(&titles[0]);
    output_release(&titles[1]);
}

static void write_column(struct metric_writer *writer, struct column *column,
                         const struct decoded_object *object, size_t place)
{
    struct output texts[2] = { { 0 }, { 0 } }; /* name and help */
    struct metric_family family;

    if (!column->samples[0].size && !column->samples[1].size)
        return;
    describe(object, place, &column->metric, &family, texts);
    if (!texts[0].is_lost)
        make_unique(writer, &texts[0], family.unit, family.kind);
    writer->output->is_lost |= texts[0].is_lost | texts[1].is_lost;
    family.name = texts[0].data;
    family.help = texts[1].data;
    if (!writer->output->is_lost && column->samples[0].size)
        write_family(writer, &family, column->samples[0].data);
    if (!writer->output->is_lost && column->samples[1].size) {
        /* A reader divides by the rate of the raw base. The base of a multi-timer is no total. */
        const bool is_multi = object->counters[place].type->base == 0x42030500u;

        output_add_text(&texts[0], "_base");
        output_add_text(&texts[1], " The denominator.");
        family.unit = "";
        family.kind = is_multi ? METRIC_GAUGE : METRIC_COUNTER;
        make_unique(writer, &texts[0], family.unit, family.kind);
        writer->output->is_lost |= texts[0].is_lost | texts[1].is_lost;
        family.name = texts[0].data;
        family.help = texts[1].data;
        if (!writer->output->is_lost)
            write_family(writer, &family, column->samples[1].data);
    }
    output_release(&texts[0]);
    output_release(&texts[1]);
}

/* ---- objects ----------------------------------------------------------------------------------- */

static void add_named(struct decoder *decoder, const struct decoded_object *object,
                      struct column *columns)
{
    const struct decoded_instance *instance;
    struct output labels = { 0 };

    while ((instance = decoder_next_instance(decoder))) {
        output_clear(&labels);
        metric_labels_add(&labels, instance, NULL);
        for (size_t i = 0; i < object->counter_count; i++)
            if (decoder_selects(decoder, i))
                add_sample(&columns[i], decoder, object, instance, &labels, i);
        columns[0].samples[0].is_lost |= labels.is_lost;
    }
    output_release(&labels);
}

static void add_labelled(struct decoder *decoder, const struct decoded_object *object,
                         struct column *columns, const struct metric_labelling *labelling)
{
    const struct decoded_instance *instance;
    struct metric_identity identity;
    struct output labels = { 0 };

    while ((instance = decoder_next_instance(decoder))) {
        if (!metric_labels_identity_of(labelling, decoder, instance, &identity))
            continue;
        output_clear(&labels);
        metric_labels_add_identity(&labels, labelling->known, &identity, true,
                                   instance->occurrence);
        for (size_t i = 0; i < object->counter_count; i++) {
            const struct metric_value value = value_of(decoder, object, i, &columns[i].metric);

            if (!decoder_selects(decoder, i) || !value.is_there)
                continue;
            output_add(&columns[i].samples[0], labels.data, labels.size);
            add_value(&columns[i].samples[0], &columns[i].metric, &value);
        }
        columns[0].samples[0].is_lost |= labels.is_lost;
    }
    output_release(&labels);
}

static struct metric_totals *totals_of(struct metric_totals_set *set,
                                       const struct known_labels *known)
{
    struct metric_totals_of *objects;

    for (size_t i = 0; i < set->count; i++)
        if (set->objects[i].known == known)
            return &set->objects[i].totals;
    objects = array_reserve(set->objects, &set->capacity, set->count + 1, sizeof(*objects));
    if (!objects)
        return NULL;
    set->objects = objects;
    objects[set->count] = (struct metric_totals_of){ .known = known };
    return &objects[set->count++].totals;
}

/* Add the values of all instances to the totals. Counters that were not selected have no value. */
static bool gather(struct decoder *decoder, const struct decoded_object *object,
                   const struct column *columns, const struct metric_labelling *labelling,
                   struct metric_totals *totals)
{
    struct metric_value *values = calloc(object->counter_count + 1, sizeof(*values));
    struct metric_rule *rules = calloc(object->counter_count + 1, sizeof(*rules));
    const struct decoded_instance *instance;
    struct metric_identity identity;
    bool is_good =
        values && rules && metric_totals_begin(totals, labelling->known, object->counter_count);

    for (size_t i = 0; is_good && i < object->counter_count; i++)
        rules[i] = (struct metric_rule){
            .is_total = columns[i].metric.kind == METRIC_COUNTER,
            .is_computed = columns[i].metric.conversion == CONVERT_COOKED,
            .sum = columns[i].metric.known ? columns[i].metric.known->sum : KNOWN_SUM,
        };
    while (is_good && (instance = decoder_next_instance(decoder))) {
        if (!metric_labels_identity_of(labelling, decoder, instance, &identity))
            continue;
        for (size_t i = 0; i < object->counter_count; i++)
            values[i] = decoder_selects(decoder, i)
                            ? value_of(decoder, object, i, &columns[i].metric)
                            : (struct metric_value){ 0 };
        is_good = metric_totals_add(totals, &identity, instance->occurrence, rules, values);
    }
    is_good = is_good && metric_totals_end(totals, rules);
    free(values);
    free(rules);
    return is_good;
}

static bool add_sums(struct decoder *decoder, const struct decoded_object *object,
                     struct column *columns, const struct metric_labelling *labelling,
                     struct metric_totals_set *set)
{
    struct metric_totals *totals = totals_of(set, labelling->known);

    if (!totals || !gather(decoder, object, columns, labelling, totals))
        return false;
    for (size_t g = 0; g < totals->group_count; g++) {
        const struct metric_group *group = totals->groups[g];

        for (size_t i = 0; i < object->counter_count; i++) {
            const bool is_total = columns[i].metric.kind == METRIC_COUNTER;

            if (!group->now[i].is_there || (!group->live_count && !is_total))
                continue;
            metric_labels_add_identity(&columns[i].samples[0], labelling->known, &group->identity,
                                       false, 0);
            add_value(&columns[i].samples[0], &columns[i].metric, &group->now[i]);
        }
    }
    return true;
}

static DWORD write_object(struct metric_writer *writer, struct decoder *decoder,
                          const struct decoded_object *object)
{
    const struct metric_labelling labelling = metric_labels_labelling_of(object);
    struct column *columns = calloc(object->counter_count + 1, sizeof(*columns));
    bool is_good = true;

    if (!columns)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < object->counter_count; i++)
        columns[i].metric = metric_of(object, i, decoder_header(decoder));
    if (!labelling.known)
        add_named(decoder, object, columns);
    else if (!writer->totals)
        add_labelled(decoder, object, columns, &labelling);
    else
        is_good = add_sums(decoder, object, columns, &labelling, writer->totals);
    for (size_t i = 0; i < object->counter_count; i++) {
        writer->output->is_lost |= columns[i].samples[0].is_lost | columns[i].samples[1].is_lost;
        if (is_good && !writer->output->is_lost)
            write_column(writer, &columns[i], object, i);
        output_release(&columns[i].samples[0]);
        output_release(&columns[i].samples[1]);
    }
    free(columns);
    return is_good && !writer->output->is_lost ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

void metric_writer_init(struct metric_writer *writer, struct output *output,
                        enum metric_dialect dialect, struct metric_totals_set *totals)
{
    *writer = (struct metric_writer){ .output = output, .dialect = dialect, .totals = totals };
}

DWORD metric_writer_add(struct metric_writer *writer, const struct decoder_input *input)
{
    const struct decoded_object *object;
    struct decoder *decoder;
    DWORD error = decoder_open(&decoder, input);

    if (error)
        return error;
    while (!error && (object = decoder_next_object(decoder)))
        error = write_object(writer, decoder, object);
    if (!error)
        error = decoder_error(decoder);
    decoder_close(decoder);
    return error;
}

void metric_writer_add_build(struct metric_writer *writer, const char *version, const char *commit)
{
    const struct metric_family family = { "perfharness_build", "",
                                          "Version and commit of perfharness.", METRIC_INFO };
    struct output sample = { 0 };

    output_add_format(&sample, "{version=\"%s\",commit=\"%s\"} 1\n", version, commit);
    writer->output->is_lost |= sample.is_lost;
    if (!sample.is_lost)
        metric_writer_add_family(writer, &family, sample.data);
    output_release(&sample);
}

void metric_writer_end(struct metric_writer *writer)
{
    output_add_text(writer->output, "# EOF\n");
    number_map_release(&writer->seen);
}

void metric_writer_release_totals(struct metric_totals_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        metric_totals_release(&set->objects[i].totals);
    free(set->objects);
    *set = (struct metric_totals_set){ 0 };
}
