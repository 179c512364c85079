/* SPDX-License-Identifier: MIT
 *
 * Writes the page: report_page.def around the data as JSON, which escapes "<" and so cannot end the
 * script element it stands in. What is drawn is decided here, how, in the page's own script.
 */
#include "report.h"

#include <string.h>

#include "json_writer.h"

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

static void write_series(struct json_writer *json, const struct series *series)
{
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "object");
    json_writer_string(json, series->object);
    json_writer_key(json, "instance");
    json_writer_string(json, series->instance);
    json_writer_key(json, "counter");
    json_writer_string(json, series->counter);
    json_writer_key(json, "unit");
    json_writer_string(json, unit_name(series->unit));
    json_writer_key(json, "is_default");
    json_writer_bool(json, series->is_default);
    json_writer_key(json, "first");
    json_writer_unsigned(json, series->first);
    json_writer_key(json, "values");
    json_writer_begin_array(json);
    for (size_t i = 0; i < series->count; i++)
        if (series->values[i] < 0)
            json_writer_null(json);
        else
            json_writer_double(json, series->values[i]);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

static void write_data(struct output *output, const struct report_input *input)
{
    /* Milliseconds since 1970: what the script's Date counts in. */
    const double epoch_ms = 11644473600000.0;
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
    json_writer_key(&json, "series");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < input->series->count; i++)
        write_series(&json, &input->series->items[i]);
    json_writer_end_array(&json);
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
