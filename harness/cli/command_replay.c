/* SPDX-License-Identifier: MIT
 *
 * perfharness replay: serves saved blobs and recordings as if a provider had written them.
 */
#include <stdio.h>

#include "command.h"
#include "csv_columns.h"
#include "options.h"
#include "presenter.h"
#include "sampler.h"
#include "terminal.h"

struct replay_options {
    struct presenter_options presenter;
    const char *query;
    uint32_t interval_ms;
    bool is_cooked;
};

static const struct command_option replay_option_table[] = {
    PRESENTER_OPTION_FORMAT(struct replay_options, presenter, PRESENTER_FORMATS),
    PRESENTER_OPTION_OUTPUT(struct replay_options, presenter),
    PRESENTER_OPTIONS_SELECT(struct replay_options, presenter),
    { "query", 'q', OPTION_TEXT, offsetof(struct replay_options, query), "VALUE",
      "what the consumer asks for: Global, or title indices", 0, 0 },
    { "interval", 'i', OPTION_SECONDS, offsetof(struct replay_options, interval_ms), "SECONDS",
      "wait so long between two samples; otherwise none", 0, 86400000 },
    { "cooked", 0, OPTION_FLAG, offsetof(struct replay_options, is_cooked), NULL,
      "cooked values, each sample beside the one before", 0, 0 },
    OPTIONS_END,
};

/* Every line of CSV has the columns of the first sample; in other formats each sample is
   independent. */
static DWORD write_sample(const struct replay_options *options, const struct presenter *presenter,
                          struct csv_columns *columns, struct output *output)
{
    DWORD error;

    if (options->presenter.format != FORMAT_csv)
        return formats[options->presenter.format].write(output, &presenter->input,
                                                        &presenter->format);
    if (!columns->count) {
        error = csv_columns_add(columns, &presenter->input);
        if (error)
            return error;
        csv_columns_add_heading(columns, presenter->format.is_file, output);
    }
    return csv_columns_add_line(columns, &presenter->input, options->is_cooked, output);
}

static int replay(const struct replay_options *options, struct sampler *sampler,
                  struct presenter *presenter)
{
    struct sample older = { 0 }, newer;
    struct output output = { 0 };
    struct csv_columns columns = { 0 };
    struct breach_callback callback = { 0 };
    int status = EXIT_FINE;
    size_t count = 0, breaches = 0;
    DWORD error;

    while (!(error = sampler_take(sampler, &newer))) {
        presenter->input.newer = (struct span){ newer.data, newer.size };
        presenter->input.older = (struct span){ older.data, older.size };
        breaches += decoder_check(presenter->input.newer, presenter_report_breach, &callback);
        if (count++ == 0 && presenter->texts.count)
            status = presenter_find(presenter);
        if (!status && (error = write_sample(options, presenter, &columns, &output)))
            status = presenter_complain(error);
        sampler_release_sample(&older);
        older = newer;
        if (status)
            break;
        if (options->interval_ms && !options->presenter.output) {
            fwrite(output.data ? output.data : "", 1, output.size, stdout);
            output_clear(&output);
            if (!command_flush() || !terminal_wait_fully(options->interval_ms))
                break;
        }
    }
    if (!status && error && error != ERROR_NO_MORE_ITEMS)
        status = error == ERROR_INVALID_DATA                                      ? EXIT_BROKEN_RULE
                 : error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? EXIT_NOTHING
                                                                                  : EXIT_BAD_USAGE;
    if (!status || status == EXIT_BROKEN_RULE) {
        const int delivered = presenter_deliver(&output, options->presenter.output);

        status = delivered ? delivered : status;
    }
    output_release(&output);
    csv_columns_release(&columns);
    sampler_release_sample(&older);
    return status ? status : breaches ? EXIT_BROKEN_RULE : EXIT_FINE;
}

static int replay_run(const struct global_options *global, int argc, char **argv)
{
    struct replay_options options = { 0 };
    struct sampler_options from = { 0 };
    struct presenter presenter;
    struct sampler *sampler;
    int status;

    if (!options_parse(replay_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc < 1) {
        command_complain("replay needs a file: perfharness replay FILE...");
        return EXIT_BAD_USAGE;
    }
    from.files = (const char *const *)argv;
    from.file_count = (size_t)argc;
    from.value = options.query;
    status = sampler_open(&sampler, global, &from);
    if (status)
        return status;
    status = presenter_init(&presenter, &options.presenter, sampler_names(sampler));
    if (!status) {
        presenter.format.is_cooked = options.is_cooked;
        terminal_catch_interrupt();
        status = replay(&options, sampler, &presenter);
        presenter_release(&presenter);
    }
    sampler_close(sampler);
    return status;
}

const struct command command_replay = {
    .name = "replay",
    .usage = "FILE... [--query VALUE] [--format FORMAT] [--interval SECONDS] [--cooked]",
    .summary = "serve saved blobs and recordings as if a provider had written them",
    .help =
        "Each FILE is a blob or a recording, as decode reads them. Their samples answer one query\n"
        "after the other, with the objects that it names and with every fault they have, as the\n"
        "option --replay of query, watch, report, export and serve makes them do. To see what is\n"
        "in a file, use decode.\n\n"
        "  perfharness replay incident.rec --cooked --format csv\n"
        "  perfharness replay blob.bin --query 2380 --format raw -o answer.bin\n",
    .options = replay_option_table,
    .run = replay_run,
};
