/* SPDX-License-Identifier: MIT
 *
 * perfharness watch: shows cooked values at an interval until stopped.
 */
#include "command.h"
#include "options.h"
#include "watcher.h"

struct watch_options {
    struct watcher_options watcher;
    struct sampler_options sampler;
};

static const struct command_option watch_option_table[] = {
    PRESENTER_OPTION_FORMAT(struct watch_options, watcher.presenter, WATCHER_FORMATS),
    PRESENTER_OPTIONS_SELECT(struct watch_options, watcher.presenter),
    { "interval", 'i', OPTION_SECONDS, offsetof(struct watch_options, watcher.interval_ms),
      "SECONDS", "time between two samples; default 1", 10, 86400000 },
    { "samples", 'n', OPTION_NUMBER, offsetof(struct watch_options, watcher.sample_count), "N",
      "stop after this many lines or refreshes", 1, UINT32_MAX },
    { "record", 0, OPTION_TEXT, offsetof(struct watch_options, watcher.record), "FILE",
      "keep every sample with its time, for replay and report", 0, 0 },
    SAMPLER_OPTIONS(struct watch_options, sampler),
    OPTIONS_END,
};

static int watch_run(const struct global_options *global, int argc, char **argv)
{
    struct watch_options options = { .watcher.interval_ms = 1000 };
    struct sampler *sampler;
    int status;

    if (!options_parse(watch_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1) {
        command_complain("watch takes one VALUE; put several indices in quotes: \"238 2\"");
        return EXIT_BAD_USAGE;
    }
    options.sampler.value = argc ? argv[0] : "Global";
    status = sampler_open(&sampler, global, &options.sampler);
    if (status)
        return status;
    status = watcher_run(&options.watcher, sampler);
    sampler_close(sampler);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .usage = "[VALUE] [--interval SECONDS] [--samples N] [--counter PATH]... [--record FILE]",
    .summary = "show cooked values at an interval until stopped",
    .help =
        "On a terminal a table is refreshed in place: a row for each instance, a column for each\n"
        "counter, the trend of the one that it is sorted by. Arrows scroll, < and > choose the\n"
        "column, r reverses, Tab shows the next object, q ends it. Otherwise lines are appended. "
        "CSV\n"
        "has the columns of the first sample, as with typeperf; JSON is a line for each sample.\n"
        "Ctrl-C ends it.\n\n"
        "  perfharness watch --counter '\\Custom Heap(*)\\Allocations/sec'\n"
        "  perfharness watch --format csv --interval 5 --samples 720 >hour.csv\n"
        "  perfharness watch --format json | jq '.values[] | select(.value > 1e6)'\n"
        "  perfharness watch --record incident.rec\n",
    .options = watch_option_table,
    .run = watch_run,
};
