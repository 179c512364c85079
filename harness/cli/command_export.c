/* SPDX-License-Identifier: MIT
 *
 * perfharness export: writes metrics into a file, for the textfile collectors of node_exporter and
 * windows_exporter.
 */
#include <string.h>

#include "command.h"
#include "figures_request.h"
#include "metric_writer.h"
#include "options.h"
#include "presenter.h"
#include "product_version.h"
#include "sampler.h"
#include "terminal.h"

struct export_options {
    struct presenter_options presenter;
    struct sampler_options sampler;
    const char *textfile;
    uint32_t interval_ms;
    uint32_t sample_count;
    bool omits_process_ids;
};

static const struct command_option export_option_table[] = {
    { "textfile", 't', OPTION_TEXT, offsetof(struct export_options, textfile), "PATH",
      "the file, replaced as a whole; its name must end in .prom for most collectors", 0, 0 },
    { "interval", 'i', OPTION_SECONDS, offsetof(struct export_options, interval_ms), "SECONDS",
      "write it again at this interval, until stopped", 100, 86400000 },
    { "samples", 'n', OPTION_NUMBER, offsetof(struct export_options, sample_count), "N",
      "stop after this many times", 1, UINT32_MAX },
    { "without-pid", 0, OPTION_FLAG, offsetof(struct export_options, omits_process_ids), NULL,
      "with --interval: sum heaps over all processes of one name, ended ones included", 0, 0 },
    PRESENTER_OPTIONS_SELECT(struct export_options, presenter),
    SAMPLER_OPTIONS(struct export_options, sampler),
    OPTIONS_END,
};

static int write_once(const struct export_options *options, struct sampler *sampler,
                      struct presenter *presenter, struct metric_totals_set *totals, bool is_first)
{
    struct metric_writer writer;
    struct breach_callback callback = { 0 };
    struct output output = { 0 };
    struct sample sample;
    size_t breaches = 0;
    int status = EXIT_FINE;
    DWORD error = sampler_take(sampler, &sample);

    if (error)
        return error == ERROR_NO_MORE_ITEMS && !is_first ? EXIT_NOTHING : EXIT_BAD_USAGE;
    presenter->input.newer = (struct span){ sample.data, sample.size };
    breaches = decoder_check(presenter->input.newer, presenter_report_breach, &callback);
    if (is_first) {
        status = presenter_find(presenter);
        if (status == EXIT_NOTHING && !presenter->texts.count)
            command_complain("no provider answers this query: `perfharness list` shows the objects "
                             "there are");
    }
    if (!status) {
        metric_writer_init(&writer, &output, METRIC_PROMETHEUS,
                           options->omits_process_ids ? totals : NULL);
        error = metric_writer_add(&writer, &presenter->input);
        metric_writer_add_build(&writer, product_version, product_version_commit);
        metric_writer_end(&writer);
        status = error ? presenter_complain(error) : presenter_deliver(&output, options->textfile);
    }
    output_release(&output);
    sampler_release_sample(&sample);
    return status ? status : breaches ? EXIT_BROKEN_RULE : EXIT_FINE;
}

static int export_run(const struct global_options *global, int argc, char **argv)
{
    struct export_options options = { 0 };
    struct metric_totals_set totals = { 0 };
    struct figures_request *figures = NULL;
    struct presenter presenter;
    struct sampler *sampler;
    int status;

    if (!options_parse(export_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (!options.textfile || argc > 1) {
        command_complain(options.textfile
                             ? "export takes one VALUE; put several indices in quotes: \"238 2\""
                             : "export needs --textfile PATH");
        return EXIT_BAD_USAGE;
    }
    if (options.omits_process_ids && !options.interval_ms) {
        command_complain("--without-pid needs --interval: a single export knows nothing of the "
                         "processes that have ended, so its totals would fall");
        return EXIT_BAD_USAGE;
    }
    options.sampler.value = argc ? argv[0] : "Global";
    status = sampler_open(&sampler, global, &options.sampler);
    if (status)
        return status;
    if (sampler_asks_providers(sampler))
        figures = figures_request_open(sampler_registration(sampler));
    status = presenter_init(&presenter, &options.presenter, sampler_names(sampler));
    if (!status) {
        terminal_catch_interrupt();
        figures_request_ask(figures);
        status = write_once(&options, sampler, &presenter, &totals, true);
        for (uint32_t i = 1; options.interval_ms && status <= EXIT_BROKEN_RULE &&
                             (!options.sample_count || i < options.sample_count) &&
                             terminal_wait_fully(options.interval_ms);
             i++) {
            figures_request_ask(figures);
            const int again = write_once(&options, sampler, &presenter, &totals, false);

            if (again == EXIT_NOTHING) /* the recording has ended */
                break;
            status = again > status ? again : status;
        }
        presenter_release(&presenter);
    }
    metric_writer_release_totals(&totals);
    figures_request_close(figures);
    sampler_close(sampler);
    return status;
}

const struct command command_export = {
    .name = "export",
    .usage = "--textfile PATH [VALUE] [--interval SECONDS] [--counter PATH]...",
    .summary = "write metrics into a file for a textfile collector",
    .help = "The file is replaced as a whole, so a collector never reads half of it.\n\n"
            "  perfharness export --textfile /var/lib/node_exporter/heaps.prom --interval 15\n",
    .options = export_option_table,
    .run = export_run,
};
