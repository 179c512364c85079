/* SPDX-License-Identifier: MIT
 *
 * perfharness query: makes one query, which the registered providers or the operating system
 * answer, and prints the answer in any format.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "format_text.h"
#include "json_writer.h"
#include "options.h"
#include "os.h"
#include "perf_names.h"
#include "presenter.h"
#include "sampler.h"
#include "terminal.h"
#include "utf8.h"

struct query_options {
    struct presenter_options presenter;
    struct sampler_options sampler;
    uint32_t cooked_ms; /* time between two samples; 0: raw values */
    bool wants_raw;     /* a table of raw values */
    bool lists_paths;
};

/* The time between the two samples of a table; chosen: users wait for it. */
#define TABLE_MS 1000

static const struct command_option query_option_table[] = {
    PRESENTER_OPTION_FORMAT(struct query_options, presenter, PRESENTER_FORMATS),
    PRESENTER_OPTION_OUTPUT(struct query_options, presenter),
    PRESENTER_OPTIONS_SELECT(struct query_options, presenter),
    SAMPLER_OPTIONS(struct query_options, sampler),
    { "cooked", 0, OPTION_SECONDS, offsetof(struct query_options, cooked_ms), "SECONDS",
      "take two samples so far apart and show cooked values; a table does so by itself, 1 apart", 1,
      3600000 },
    { "raw-values", 0, OPTION_FLAG, offsetof(struct query_options, wants_raw), NULL,
      "a table of one sample's raw values", 0, 0 },
    { "paths", 0, OPTION_FLAG, offsetof(struct query_options, lists_paths), NULL,
      "only list the counter paths, as typeperf -q does; they can be given to --counter", 0, 0 },
    OPTIONS_END,
};

/* A name table, "Counter 009": pairs of index and text. */
static int show_names(const struct query_options *options, const struct sample *sample)
{
    struct name_table names = { 0 };
    struct output output = { 0 };
    struct json_writer json;
    size_t broken;
    int status;

    if (options->presenter.format == FORMAT_raw) {
        output_add(&output, sample->data, sample->size);
        goto deliver;
    }
    if (options->presenter.format != FORMAT_table && options->presenter.format != FORMAT_json) {
        command_complain(
            "a name table can be shown only as table, json or raw: choose one with --format");
        return EXIT_BAD_USAGE;
    }
    if (name_table_add(&names, PERF_ENGLISH, NAME_TABLE_COUNTER,
                       (const WCHAR *)(const void *)sample->data, sample->size / sizeof(WCHAR),
                       &broken))
        return presenter_complain(ERROR_NOT_ENOUGH_MEMORY);
    if (broken != SIZE_MAX)
        command_complain(
            "the name table is broken at byte %zu; perfharness doctor shows the repair",
            broken * sizeof(WCHAR));
    json_writer_init(&json, &output);
    if (options->presenter.format == FORMAT_json)
        json_writer_begin_array(&json);
    for (size_t i = 0; i < names.count; i++)
        if (options->presenter.format == FORMAT_json) {
            json_writer_begin_object_on_one_line(&json);
            json_writer_key(&json, "index");
            json_writer_unsigned(&json, names.entries[i].index);
            json_writer_key(&json, "text");
            json_writer_string(&json, names.entries[i].text);
            json_writer_end_object(&json);
        } else {
            output_add_format(&output, "%6" PRIu32 "  ", names.entries[i].index);
            utf8_add_safe(&output, names.entries[i].text, SIZE_MAX);
            output_add_byte(&output, '\n');
        }
    if (options->presenter.format == FORMAT_json)
        json_writer_end_array(&json);
    name_table_release(&names);

deliver:
    status = presenter_deliver(&output, options->presenter.output);
    output_release(&output);
    return status;
}

static bool has_objects(const struct sample *sample)
{
    struct object_walk walk;
    struct walk_data_block header;
    struct walk_object object;

    return object_walk_begin(&walk, (struct span){ sample->data, sample->size }, NULL, NULL,
                             &header) &&
           object_walk_next(&walk, &object);
}

/* List a path for each counter, for all instances of its object. */
static int list_paths(const struct query_options *options, const struct presenter *presenter)
{
    struct decoder_input input = presenter->input;
    const struct decoded_object *object;
    struct output output = { 0 }, title = { 0 };
    struct decoder *decoder;
    int status;
    DWORD error;

    input.on_breach = NULL;
    error = decoder_open(&decoder, &input);
    if (error)
        return presenter_complain(error);
    while ((object = decoder_next_object(decoder)))
        for (size_t i = 0; i < object->counter_count && object->definition.instance_count; i++) {
            const struct decoded_counter *counter = &object->counters[i];

            if (counter->is_base || !counter->type || counter->type->unit == COOK_UNIT_NONE ||
                (input.path_count && !counter->paths))
                continue;
            output_add_byte(&output, '\\');
            output_clear(&title);
            format_text_add_title(&title, object->name, object->definition.name_index);
            counter_path_add_part(&output, title.data ? title.data : "");
            if (object->definition.instance_count != WALK_NO_INSTANCES)
                output_add_text(&output, "(*)");
            output_add_byte(&output, '\\');
            output_clear(&title);
            format_text_add_title(&title, counter->name, counter->definition.name_index);
            counter_path_add_part(&output, title.data ? title.data : "");
            output_add_byte(&output, '\n');
        }
    error = decoder_error(decoder);
    decoder_close(decoder);
    output.is_lost |= title.is_lost;
    status =
        error ? presenter_complain(error) : presenter_deliver(&output, options->presenter.output);
    output_release(&output);
    output_release(&title);
    return status;
}

static int show(const struct query_options *options, struct presenter *presenter,
                const struct sample *newer, const struct sample *older)
{
    const struct span bytes = { newer->data, newer->size };
    struct breach_callback callback = { 0 };
    size_t breaches = 0;
    int status = EXIT_FINE;

    /* Raw bytes need no decoding: `check` reports what is wrong in them. */
    if (options->presenter.format != FORMAT_raw)
        breaches = decoder_check(bytes, presenter_report_breach, &callback);
    presenter->input.newer = bytes;
    presenter->input.older = (struct span){ older->data, older->size };
    presenter->format.is_cooked = options->cooked_ms != 0;
    if (!has_objects(newer)) {
        command_complain("no provider answers \"%s\": `perfharness list` shows the objects there "
                         "are",
                         options->sampler.value ? options->sampler.value : "Global");
        status = EXIT_NOTHING;
    } else if (presenter->texts.count) {
        status = presenter_find(presenter);
    }
    if (!status)
        status = options->lists_paths ? list_paths(options, presenter)
                                      : presenter_show(presenter, &options->presenter);
    return status ? status : breaches ? EXIT_BROKEN_RULE : EXIT_FINE;
}

/* Take one or two samples. The second one of saved samples is available at once; a blob has only
   one. */
static int take_samples(struct query_options *options, struct sampler *sampler,
                        struct sample *older, struct sample *newer)
{
    const bool is_saved = options->sampler.replay.count != 0;
    DWORD error = sampler_take(sampler, newer);

    if (error) {
        if (error == ERROR_NO_MORE_ITEMS)
            command_complain("there is no sample in it; perfharness watch --record writes one");
        return EXIT_BAD_USAGE;
    }
    if (newer->type != REG_BINARY || options->lists_paths)
        options->cooked_ms = 0;
    if (!options->cooked_ms)
        return EXIT_FINE;
    if (!is_saved && !terminal_wait_fully(options->cooked_ms))
        return EXIT_BAD_USAGE;
    *older = *newer;
    *newer = (struct sample){ 0 };
    error = sampler_take(sampler, newer);
    if (error == ERROR_NO_MORE_ITEMS) {
        *newer = *older;
        *older = (struct sample){ 0 };
        return EXIT_FINE;
    }
    return error ? EXIT_BAD_USAGE : EXIT_FINE;
}

static int query_run(const struct global_options *global, int argc, char **argv)
{
    struct query_options options = { 0 };
    struct sample older = { 0 }, newer = { 0 };
    struct presenter presenter;
    struct sampler *sampler;
    int status;

    if (!options_parse(query_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1) {
        command_complain("query takes one VALUE; put several indices in quotes: \"238 2\"");
        return EXIT_BAD_USAGE;
    }
    options.sampler.value = argc ? argv[0] : "Global";
    if (options.wants_raw && (options.cooked_ms || options.presenter.format != FORMAT_table)) {
        command_complain(options.cooked_ms
                             ? "--raw-values and --cooked exclude each other: give one of them"
                             : "--raw-values is for tables; the other formats show raw "
                               "values unless --cooked is given");
        return EXIT_BAD_USAGE;
    }
    if (options.presenter.format == FORMAT_table && !options.cooked_ms && !options.wants_raw)
        options.cooked_ms = TABLE_MS;

    /* Errors in the options are reported before any provider is loaded. */
    status = presenter_init(&presenter, &options.presenter, NULL);
    if (status)
        return status;
    status = presenter_check_raw(&options.presenter);
    if (!status)
        status = sampler_open(&sampler, global, &options.sampler);
    if (status) {
        presenter_release(&presenter);
        return status;
    }
    presenter_use_names(&presenter, &options.presenter, sampler_names(sampler));

    terminal_catch_interrupt();
    status = take_samples(&options, sampler, &older, &newer);
    if (!status)
        status = newer.type == REG_MULTI_SZ ? show_names(&options, &newer)
                                            : show(&options, &presenter, &newer, &older);
    sampler_release_sample(&older);
    sampler_release_sample(&newer);
    presenter_release(&presenter);
    sampler_close(sampler);
    return status;
}

const struct command command_query = {
    .name = "query",
    .usage = "[VALUE] [--format FORMAT] [--counter PATH]... [--cooked SECONDS] [--paths] [-o FILE]",
    .summary = "query the registered providers once",
    .help =
        "VALUE is what a consumer passes to RegQueryValueEx(HKEY_PERFORMANCE_DATA): Global\n"
        "(the default), Costly, title indices such as \"2380 2\", or Counter 009 for\n"
        "the names. A table shows cooked values of two samples a second apart, or raw ones of one\n"
        "sample with --raw-values; the other formats show raw values unless --cooked is given.\n\n"
        "  perfharness query\n"
        "  perfharness query --paths >paths.txt; perfharness query --counter-file paths.txt\n"
        "  perfharness query --counter '\\Custom Heap(*)\\Bytes in Use' --format json\n"
        "  perfharness query --cooked 1 2380\n"
        "  perfharness query --format raw -o blob.bin\n",
    .options = query_option_table,
    .run = query_run,
};
