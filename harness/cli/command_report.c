/* SPDX-License-Identifier: MIT
 *
 * perfharness report: makes one HTML page of saved blobs, a recording, or samples taken now.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "array.h"
#include "options.h"
#include "os.h"
#include "presenter.h"
#include "profile_source.h"
#include "report.h"
#include "sampler.h"
#include "stack_tree.h"
#include "terminal.h"
#include "walk_rule.h"

struct report_options {
    struct presenter_options presenter;
    struct sampler_options sampler;
    uint32_t interval_ms;
    uint32_t sample_count;
    const char *query;
    struct profile_source profile;
};

static const struct command_option report_option_table[] = {
    PRESENTER_OPTION_OUTPUT(struct report_options, presenter),
    { "samples", 'n', OPTION_NUMBER, offsetof(struct report_options, sample_count), "N",
      "how many samples to take when no file is given", 1, 1000000 },
    { "interval", 'i', OPTION_SECONDS, offsetof(struct report_options, interval_ms), "SECONDS",
      "time between two of them; default 1", 10, 86400000 },
    { "query", 'q', OPTION_TEXT, offsetof(struct report_options, query), "VALUE",
      "what to ask for; default Global", 0, 0 },
    { "profile", 0, OPTION_TEXT, offsetof(struct report_options, profile.name), "PID|INSTANCE|FILE",
      "with a flame graph: of a running program, taken after the samples, or of heaps profile "
      "--format "
      "snapshot",
      0, 0 },
    { "seconds", 's', OPTION_SECONDS, offsetof(struct report_options, profile.milliseconds), "N",
      "how long to take that profile (10; 0 if it is always on)", 1, 86400000 },
    PRESENTER_OPTIONS_SELECT(struct report_options, presenter),
    SAMPLER_OPTIONS(struct report_options, sampler),
    OPTIONS_END,
};

/* The data collected for the page. */
struct collection {
    struct series_set series;
    struct report_sample *samples;
    size_t capacity;
    struct output system, first_breach;
    size_t breach_count; /* of the current sample */
};

static bool note_breach(void *context, const struct walk_breach *breach)
{
    struct collection *collection = context;

    collection->breach_count++;
    if (!collection->first_breach.size)
        output_add_format(&collection->first_breach, "sample %zu, rule %s, offset %zu, %s: %s",
                          collection->series.sample_count + 1, walk_rule_name(breach->rule),
                          breach->offset, breach->structure, breach->message);
    return true;
}

static DWORD add_sample(struct collection *collection, const struct decoder_input *input,
                        double query_ms)
{
    const size_t number = collection->series.sample_count;
    struct decoder *decoder;
    DWORD error;

    struct report_sample *samples =
        array_reserve(collection->samples, &collection->capacity, number + 1, sizeof(*samples));
    if (!samples)
        return ERROR_NOT_ENOUGH_MEMORY;
    collection->samples = samples;
    collection->breach_count = 0;
    decoder_check(input->newer, note_breach, collection);
    error = decoder_open(&decoder, input);
    if (error)
        return error;
    collection->samples[number] = (struct report_sample){
        .time_100ns = (uint64_t)decoder_header(decoder)->time_100ns,
        .size = (uint32_t)input->newer.size,
        .breach_count = (uint32_t)collection->breach_count,
        .query_ms = query_ms,
    };
    output_clear(&collection->system);
    output_add_text(&collection->system, decoder_system_name(decoder));
    decoder_close(decoder);
    return series_set_add(&collection->series, input);
}

static int collect(const struct report_options *options, struct sampler *sampler,
                   struct presenter *presenter, struct collection *collection)
{
    struct sample older = { 0 }, newer;
    int status = EXIT_FINE;

    for (uint32_t i = 0; !status && (!options->sample_count || i < options->sample_count); i++) {
        uint64_t ticks;
        double query_ms;
        DWORD error;

        if (i && options->interval_ms && !terminal_wait_fully(options->interval_ms))
            break;
        ticks = os_clock_ticks();
        error = sampler_take(sampler, &newer);
        query_ms = (double)(os_clock_ticks() - ticks) * 1000 / (double)os_clock_frequency();
        if (error == ERROR_NO_MORE_ITEMS)
            break;
        if (error) {
            status = error == ERROR_INVALID_DATA ? EXIT_BROKEN_RULE
                     : error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
                         ? EXIT_NOTHING
                         : EXIT_BAD_USAGE;
            break;
        }
        presenter->input.newer = (struct span){ newer.data, newer.size };
        presenter->input.older = (struct span){ older.data, older.size };
        if (i == 0)
            status = presenter_find(presenter);
        if (!status) {
            error =
                add_sample(collection, &presenter->input, options->interval_ms ? query_ms : -1.0);
            status = error ? presenter_complain(error) : EXIT_FINE;
        }
        sampler_release_sample(&older);
        older = newer;
    }
    sampler_release_sample(&older);
    return status;
}

static int write_report(const struct report_options *options, struct collection *collection,
                        const struct report_flame *flame)
{
    struct report_input input = {
        .series = &collection->series,
        .samples = collection->samples,
        .system = collection->system.data ? collection->system.data : "",
        .first_breach = collection->first_breach.data,
        .title = collection->series.sample_count ? "Performance counters" : "Memory profile",
        .flame = flame,
    };
    struct output page = { 0 };
    int status;

    if (!collection->series.sample_count && !flame) {
        command_complain("there is no sample to report on; give a recording, or --samples N");
        return EXIT_NOTHING;
    }
    report_write(&page, &input);
    status = presenter_deliver(&page, options->presenter.output);
    output_release(&page);
    if (status || !collection->first_breach.size)
        return status;
    command_complain("%s", collection->first_breach.data);
    return EXIT_BROKEN_RULE;
}

/* Take the profile, if there is one, and write the page. */
static int finish(const struct report_options *options, struct collection *collection)
{
    struct leak_snapshot snapshot;
    struct stack_tree tree = { 0 };
    uint32_t process_id;
    int status;

    if (!options->profile.name)
        return write_report(options, collection, NULL);
    status = profile_source_obtain(&options->profile, &snapshot, &process_id);
    if (!status && !stack_tree_build(&tree, &snapshot)) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    }
    if (!status)
        status = write_report(options, collection, &tree.flame);
    stack_tree_release(&tree);
    leak_snapshot_release(&snapshot);
    return status;
}

static int report_run(const struct global_options *global, int argc, char **argv)
{
    struct report_options options = { 0 };
    struct collection collection = { 0 };
    struct presenter presenter;
    struct sampler *sampler;
    bool is_of_files;
    int status;

    if (!options_parse(report_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    is_of_files = argc || options.sampler.replay.count;
    if (!is_of_files && !options.sample_count) {
        if (options.profile.name)
            return finish(&options, &collection);
        command_complain("report needs blobs or a recording, --samples N to take some now, or "
                         "--profile");
        return EXIT_BAD_USAGE;
    }
    if (is_of_files)
        options.interval_ms = 0;
    else if (!options.interval_ms)
        options.interval_ms = 1000;
    options.sampler.value = options.query;
    if (argc) {
        options.sampler.files = (const char *const *)argv;
        options.sampler.file_count = (size_t)argc;
    }
    status = sampler_open(&sampler, global, &options.sampler);
    if (status)
        return status;
    status = presenter_init(&presenter, &options.presenter, sampler_names(sampler));
    if (!status) {
        terminal_catch_interrupt();
        status = collect(&options, sampler, &presenter, &collection);
        if (!status)
            status = finish(&options, &collection);
        presenter_release(&presenter);
    }
    series_set_release(&collection.series);
    output_release(&collection.system);
    output_release(&collection.first_breach);
    free(collection.samples);
    sampler_close(sampler);
    return status;
}

const struct command command_report = {
    .name = "report",
    .usage = "BLOB... | --samples N [--interval SECONDS]  [--profile PID|INSTANCE|FILE]\n"
             "  [-o report.html] [--counter PATH]...",
    .summary = "make one HTML page of samples: charts, tables, health, a flame graph",
    .help = "The page needs no network and no other file. Blobs are samples in the order given;\n"
            "a recording holds as many as were recorded. Cooked values need two of them.\n\n"
            "  perfharness report --samples 60 --interval 1 -o report.html\n"
            "  perfharness report --samples 60 --profile sqlite3/malloc -o report.html\n"
            "  perfharness report incident.rec --counter '\\Custom Heap(*)\\*' -o incident.html\n",
    .options = report_option_table,
    .run = report_run,
};
