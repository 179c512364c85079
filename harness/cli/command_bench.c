/* SPDX-License-Identifier: MIT
 *
 * perfharness bench: what a provider costs the programs that read it. harness/bench/ measures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_target.h"
#include "command.h"
#include "json_writer.h"
#include "options.h"
#include "os.h"
#include "presenter.h"
#include "provider_bench.h"

/* For each query; chosen: a quick provider answers thousands of times in it. */
#define DEFAULT_TIME_MS 300

enum { BENCH_TABLE, BENCH_JSON };

struct bench_command {
    int format;
    struct check_names names;
    struct option_texts queries;
    const char *output;
    uint32_t time_ms;
};

static const struct command_option bench_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct bench_command, format), "table|json",
      "how to print the figures", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct bench_command, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "query", 'q', OPTION_TEXTS, offsetof(struct bench_command, queries), "VALUE",
      "what to ask, again for more; otherwise Global and Costly", 0, 0 },
    { "time", 0, OPTION_SECONDS, offsetof(struct bench_command, time_ms), "SECONDS",
      "for each figure; otherwise 0.3", 1, 3600000 },
    { "service", 0, OPTION_TEXT, offsetof(struct bench_command, names.service), "NAME",
      "the registered service that the library belongs to", 0, 0 },
    { "open", 0, OPTION_TEXT, offsetof(struct bench_command, names.open), "NAME",
      "export to call as Open, of a library that is not registered", 0, 0 },
    { "collect", 0, OPTION_TEXT, offsetof(struct bench_command, names.collect), "NAME",
      "export to call as Collect", 0, 0 },
    { "close", 0, OPTION_TEXT, offsetof(struct bench_command, names.close), "NAME",
      "export to call as Close", 0, 0 },
    OPTIONS_END,
};

/* All measurements, in their order. */
struct bench_results {
    const char *provider;
    struct bench_calls calls;
    const char *const *values;
    struct bench_query queries[sizeof(((struct option_texts *)0)->items) / sizeof(char *)];
    size_t query_count;
    bool are_discarded; /* answers, at some test level */
};

/* ---- printing ------------------------------------------------------------------------------ */

static void add_duration(struct output *output, double nanoseconds, int width)
{
    static const struct {
        double size;
        const char *name;
    } units[] = { { 1e9, "s " }, { 1e6, "ms" }, { 1e3, "us" } };
    size_t i = 0;

    while (i < 2 && nanoseconds < units[i].size)
        i++;
    output_add_format(output, "%*.*f %s", width - 3, nanoseconds < 100 * units[i].size ? 1 : 0,
                      nanoseconds / units[i].size, units[i].name);
}

static void add_call(struct output *output, const char *name,
                     const struct bench_durations *durations)
{
    output_add_format(output, "  %-24s", name);
    add_duration(output, durations->minimum, 12);
    add_duration(output, durations->median, 12);
    add_duration(output, durations->maximum, 12);
    output_add_format(output, "%10" PRIu64 "\n", durations->count);
}

static void print_table(const struct bench_results *results, struct output *output)
{
    output_add_format(output, "%s\n\n  %-24s%12s%12s%12s%10s\n", results->provider, "", "fastest",
                      "median", "slowest", "calls");
    add_call(output, "load the library", &results->calls.load);
    add_call(output, "Open", &results->calls.open);
    add_call(output, "Close", &results->calls.close);
    add_call(output, "unload", &results->calls.unload);

    for (size_t i = 0; i < results->query_count; i++) {
        const struct bench_query *query = &results->queries[i];

        output_add_format(output, "\n%s: %" PRIu32 " bytes, %" PRIu32 " object%s\n",
                          results->values[i], query->byte_count, query->object_count,
                          query->object_count == 1 ? "" : "s");
        add_call(output, "Collect", &query->collect);
        for (int level = PROVIDER_BENCH_LEVELS; level >= 1; level--) {
            char name[32];

            snprintf(name, sizeof(name), "query, test level %d", level);
            if (query->levels[level - 1].count)
                add_call(output, name, &query->levels[level - 1]);
            else if (*query->discarded[level - 1])
                output_add_format(output, "  %-24s    no figures: the answers are discarded\n",
                                  name);
        }
    }
}

static void write_durations(struct json_writer *json, const char *key,
                            const struct bench_durations *durations)
{
    json_writer_key(json, key);
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "calls");
    json_writer_unsigned(json, durations->count);
    json_writer_key(json, "minimum_ns");
    json_writer_double(json, durations->minimum);
    json_writer_key(json, "median_ns");
    json_writer_double(json, durations->median);
    json_writer_key(json, "maximum_ns");
    json_writer_double(json, durations->maximum);
    json_writer_end_object(json);
}

static void print_json(const struct bench_results *results, struct output *output)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "provider");
    json_writer_string(&json, results->provider);
    write_durations(&json, "load", &results->calls.load);
    write_durations(&json, "open", &results->calls.open);
    write_durations(&json, "close", &results->calls.close);
    write_durations(&json, "unload", &results->calls.unload);
    json_writer_key(&json, "queries");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < results->query_count; i++) {
        const struct bench_query *query = &results->queries[i];

        json_writer_begin_object(&json);
        json_writer_key(&json, "query");
        json_writer_string(&json, results->values[i]);
        json_writer_key(&json, "bytes");
        json_writer_unsigned(&json, query->byte_count);
        json_writer_key(&json, "objects");
        json_writer_unsigned(&json, query->object_count);
        write_durations(&json, "collect", &query->collect);
        json_writer_key(&json, "test_levels");
        json_writer_begin_object(&json);
        for (size_t level = 0; level < PROVIDER_BENCH_LEVELS; level++) {
            const char name[] = { (char)('1' + level), 0 };

            if (query->levels[level].count)
                write_durations(&json, name, &query->levels[level]);
        }
        json_writer_end_object(&json);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- the command -------------------------------------------------------------------------- */

static void show_progress(const char *stage)
{
    if (os_is_terminal(2)) {
        fprintf(stderr, "\r%-79.79s", stage);
        fflush(stderr);
    }
}

static int complain(const char *provider, DWORD error, const struct bench_failure *failure)
{
    if (error == ERROR_CANCELLED) {
        command_complain("%s: %s; `perfharness check` finds out why", provider, failure->words);
        return EXIT_BROKEN_RULE;
    }
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        command_complain_memory();
    else
        command_complain("%s: it could not be measured (error %" PRIu32
                         "); `perfharness check` finds out "
                         "why",
                         provider, (uint32_t)error);
    return EXIT_BAD_USAGE;
}

static int measure(const struct provider_bench *bench, struct bench_results *results)
{
    struct bench_failure failure = { 0 };
    DWORD error;

    show_progress("Open and Close");
    error = provider_bench_calls(bench, &results->calls, &failure);
    for (size_t i = 0; !error && i < results->query_count; i++) {
        show_progress(results->values[i]);
        error = provider_bench_query(bench, results->values[i], &results->queries[i], &failure);
    }
    if (os_is_terminal(2))
        fprintf(stderr, "\r%79s\r", "");
    for (size_t i = 0; !error && i < results->query_count; i++)
        for (size_t level = 0; level < PROVIDER_BENCH_LEVELS; level++)
            if (*results->queries[i].discarded[level]) {
                command_complain("%s: %s; `perfharness check` finds out why", results->provider,
                                 results->queries[i].discarded[level]);
                results->are_discarded = true;
            }
    return error ? complain(results->provider, error, &failure) : EXIT_FINE;
}

static int bench_target(const struct global_options *global, const struct bench_command *command,
                        const struct check_target *target)
{
    static const char *const usual[] = { "Global", "Costly" };
    const struct provider_bench bench = { .start = target->options.start,
                                          .service = target->options.service,
                                          .test_level = global->test_level,
                                          .query_ms = command->time_ms };
    struct bench_results results = { .provider = target->name,
                                     .values = usual,
                                     .query_count = sizeof(usual) / sizeof(*usual) };
    struct output output = { 0 };
    int status;

    if (target->blob) {
        command_complain(
            "%s is neither a library nor a service; `perfharness list` shows the services",
            target->name);
        return EXIT_BAD_USAGE;
    }
    if (command->queries.count) {
        results.values = command->queries.items;
        results.query_count = command->queries.count;
    }
    status = measure(&bench, &results);
    if (!status) {
        if (command->format == BENCH_JSON)
            print_json(&results, &output);
        else
            print_table(&results, &output);
        status = presenter_deliver(&output, command->output);
    }
    if (!status && results.are_discarded)
        status = EXIT_BROKEN_RULE;
    output_release(&output);
    return status;
}

static int bench_run(const struct global_options *global, int argc, char **argv)
{
    struct bench_command command = { .time_ms = DEFAULT_TIME_MS };
    struct check_source source;
    struct check_target target = { 0 };
    int status;

    if (!options_parse(bench_option_table, &command, &argc, argv))
        return EXIT_BAD_USAGE;
    for (size_t i = 0; i < command.queries.count; i++)
        if (strlen(command.queries.items[i]) >= PROVIDER_BENCH_QUERY_SIZE) {
            command_complain("--query: at most %d characters; ask for fewer objects",
                             PROVIDER_BENCH_QUERY_SIZE - 1);
            return EXIT_BAD_USAGE;
        }
    if (argc != 1) {
        command_complain("bench takes one library or service; see `perfharness bench --help`");
        return EXIT_BAD_USAGE;
    }
    target.name = argv[0];
    check_target_source_open(&source, global);
    status = check_target_open(&target, &source, &command.names);
    if (!status)
        status = bench_target(global, &command, &target);
    check_target_close(&target);
    check_target_source_close(&source);
    return status;
}

const struct command command_bench = {
    .name = "bench",
    .usage = "LIBRARY|SERVICE [OPTION]...",
    .summary = "measure time and bytes of Open, Collect and Close",
    .help =
        "Calls the provider over and over in a process of its own: first each call alone, as\n"
        "the provider's own time, then whole queries at each test level (or the one given\n"
        "with --test-level), as a consumer waits for them.\n\n"
        "  perfharness bench heapctrs.dll\n"
        "  perfharness bench MyService --query 4200 --time 2 --format json\n\n"
        "A level that discards the answers has no figures; the others are measured all the same.\n"
        "Exit status 1 when the provider fails, or a level discards its answers.\n",
    .options = bench_option_table,
    .run = bench_run,
};
