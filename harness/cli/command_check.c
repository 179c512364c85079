/* SPDX-License-Identifier: MIT
 *
 * perfharness check: every rule against providers, or the structural rules against saved answers.
 * What it is given is check_target.c's affair; the check itself is harness/check/.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "check_print.h"
#include "check_target.h"
#include "command.h"
#include "options.h"
#include "os.h"
#include "output.h"
#include "readers.h"
#include "terminal.h"

#define PROGRESS_AFTER 10000000u /* 100 ns: a second */
#define PROGRESS_EVERY 2000000u

enum { LIFECYCLE_BOTH, LIFECYCLE_WINDOWS, LIFECYCLE_WINE };

struct check_command {
    int format, lifecycle;
    bool rules, is_thorough;
    struct check_names names;
    const char *readers, *output;
    uint32_t time_ms, limit_ms;
    uint64_t seed;
};

static const struct command_option check_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct check_command, format), CHECK_FORMAT_WORDS,
      "how to print the findings (markdown: with --rules only)", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct check_command, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "rules", 0, OPTION_FLAG, offsetof(struct check_command, rules), NULL, "list all rules", 0,
      0 },
    { "service", 0, OPTION_TEXT, offsetof(struct check_command, names.service), "NAME",
      "the registered service that the library belongs to", 0, 0 },
    { "open", 0, OPTION_TEXT, offsetof(struct check_command, names.open), "NAME",
      "export to call as Open, of a library that is not registered", 0, 0 },
    { "collect", 0, OPTION_TEXT, offsetof(struct check_command, names.collect), "NAME",
      "export to call as Collect", 0, 0 },
    { "close", 0, OPTION_TEXT, offsetof(struct check_command, names.close), "NAME",
      "export to call as Close", 0, 0 },
    { "v2", 0, OPTION_FLAG, offsetof(struct check_command, names.is_v2), NULL,
      "the libraries are V2 providers", 0, 0 },
    V2_OPTIONS(struct check_command, names.v2),
    { "reader", 0, OPTION_TEXT, offsetof(struct check_command, readers), "NAME,...|all",
      "say what windows_exporter, leoluk, netdata, dotnet, oshi, far or nmap would misread", 0, 0 },
    { "lifecycle", 0, OPTION_CHOICE, offsetof(struct check_command, lifecycle), "both|windows|wine",
      "keep it loaded as Windows does, load it anew as Wine does", 0, 0 },
    { "time", 0, OPTION_SECONDS, offsetof(struct check_command, time_ms), "SECONDS",
      "go on with generated queries for that long", 0, 0 },
    { "thorough", 0, OPTION_FLAG, offsetof(struct check_command, is_thorough), NULL,
      "no limit of time for the search over buffer sizes", 0, 0 },
    { "seed", 0, OPTION_NUMBER64, offsetof(struct check_command, seed), "N",
      "of what is generated; the same seed makes the same calls", 0, 0 },
    { "timeout", 0, OPTION_SECONDS, offsetof(struct check_command, limit_ms), "SECONDS",
      "instead of the registered Open Timeout and Collect Timeout", 10, 600000 },
    OPTIONS_END,
};

/* ---- printing ----------------------------------------------------------------------------- */

/* What has been printed so far goes to stdout at once; to a file only as a whole. */
static void hand_on(const struct check_command *command, struct output *output)
{
    if (command->output || output->is_lost)
        return;
    fwrite(output->data, 1, output->size, stdout);
    output_clear(output);
    command_flush();
}

static int finish(const struct check_command *command, struct output *output, int status)
{
    hand_on(command, output);
    if (output->is_lost) {
        command_complain("out of memory");
        status = EXIT_BAD_USAGE;
    } else if (command->output) {
        const DWORD error = os_file_write_all(command->output, output->data, output->size);

        if (error) {
            command_complain("%s: cannot be written (error %" PRIu32 ")", command->output,
                             (uint32_t)error);
            status = EXIT_BAD_USAGE;
        }
    }
    output_release(output);
    return status;
}

/* A line on stderr that is written over while it goes on; only after a second, and only for people.
 */
struct progress {
    const char *name; /* of the target, when there are several; else "" */
    uint64_t begin, last;
    bool is_shown;
};

static void show_progress(void *context, const struct check_progress *progress)
{
    struct progress *shown = context;
    const uint64_t now = os_time_100ns();
    char what[96];

    if (now - shown->begin < PROGRESS_AFTER || now - shown->last < PROGRESS_EVERY ||
        !os_is_terminal(2))
        return;
    shown->last = now;
    shown->is_shown = true;
    snprintf(what, sizeof(what), "%s%s%s", shown->name, *shown->name ? ": " : "", progress->stage);
    fprintf(stderr, "\r%-40.40s %8" PRIu64 " calls, %zu findings%s%-20.20s ", what,
            progress->call_count, progress->finding_count, progress->rule ? ", last " : "",
            progress->rule ? progress->rule : "");
    fflush(stderr);
}

/* Ctrl-C ends the run early: what was found so far is printed. */
static bool is_interrupted(void *context)
{
    (void)context;
    return terminal_is_interrupted();
}

/* ---- the command -------------------------------------------------------------------------- */

/* The last part of a name, for the line that shows progress. */
static const char *short_name(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

/* The graver of two exit statuses: 2 comes before 1, 1 before 3, 3 before 0. */
static int graver_of(int left, int right)
{
    static const int ranks[] = {
        [EXIT_FINE] = 0, [EXIT_NOTHING] = 1, [EXIT_BROKEN_RULE] = 2, [EXIT_BAD_USAGE] = 3
    };

    return ranks[left] > ranks[right] ? left : right;
}

/* Find out what all of them are. One that cannot be opened does not keep the others from being
   checked. */
static void open_targets(struct check_target *targets, size_t count,
                         const struct check_options *options, const struct check_source *source,
                         const struct check_names *names, char **argv)
{
    for (size_t i = 0; i < count; i++) {
        targets[i].name = argv[i];
        targets[i].options = *options;
        check_target_open(&targets[i], source, names);
    }
}

static int exit_status_of(const struct check_report *report)
{
    static const int statuses[] = { [CHECK_OK] = EXIT_FINE,
                                    [CHECK_NOT_TESTED] = EXIT_NOTHING,
                                    [CHECK_BROKEN] = EXIT_BROKEN_RULE,
                                    [CHECK_UNREADABLE] = EXIT_BAD_USAGE };

    return statuses[check_report_status(report)];
}

static int run_targets(const struct check_command *command, struct check_target *targets,
                       size_t count, const struct check_source *source, struct output *output)
{
    struct check_printer printer;
    int status = EXIT_FINE;

    check_printer_begin(&printer, output, (enum check_format)command->format, count);
    for (size_t i = 0; i < count; i++) {
        struct check_target *target = &targets[i];
        struct progress progress = { .name = count > 1 ? short_name(target->name) : "",
                                     .begin = os_time_100ns() };

        target->options.progress_context = &progress;

        if (!target->report.is_unreadable)
            status = graver_of(status, check_target_run(target, source));
        if (progress.is_shown)
            fprintf(stderr, "\r%96s\r", "");
        if (target->report.findings.is_incomplete)
            command_complain("%s: out of memory: not all findings are listed", target->name);
        check_printer_add(&printer, target->name, &target->report);
        hand_on(command, output);
        status = graver_of(status, exit_status_of(&target->report));
        check_target_close(target);
    }
    check_printer_end(&printer);
    return status;
}

static int print_rules(const struct check_command *command, int argc)
{
    struct output output = { 0 };

    if (argc || command->format == CHECK_FORMAT_TAP || command->format == CHECK_FORMAT_JUNIT) {
        command_complain("--rules takes no provider, and --format text, json or markdown");
        return EXIT_BAD_USAGE;
    }
    check_print_rules(&output, (enum check_format)command->format);
    return finish(command, &output, EXIT_FINE);
}

static int run(const struct global_options *global, int argc, char **argv)
{
    static const uint32_t lifecycles[] = { [LIFECYCLE_BOTH] = 0,
                                           [LIFECYCLE_WINDOWS] = CHECK_LIFECYCLE_WINDOWS,
                                           [LIFECYCLE_WINE] = CHECK_LIFECYCLE_WINE };
    struct check_command command = { 0 };
    struct check_options options = { .test_level = global->test_level,
                                     .on_progress = show_progress,
                                     .is_interrupted = is_interrupted };
    struct check_source source;
    struct output output = { 0 };

    if (!options_parse(check_option_table, &command, &argc, argv))
        return EXIT_BAD_USAGE;
    if (command.rules)
        return print_rules(&command, argc);
    if (argc < 1 || command.format == CHECK_FORMAT_MARKDOWN) {
        command_complain(argc < 1 ? "check takes a library, a service or a file; see `perfharness "
                                    "check --help`"
                                  : "--format markdown is for --rules only");
        return EXIT_BAD_USAGE;
    }
    if (argc > 1 && command.names.service) {
        command_complain("--service is for one library; services can be named in its place");
        return EXIT_BAD_USAGE;
    }
    if (!command.names.is_v2 &&
        (command.names.v2.manifest || command.names.v2.start || command.names.v2.stop)) {
        command_complain("--manifest, --start and --stop are for --v2");
        return EXIT_BAD_USAGE;
    }
    if (command.names.is_v2 && (command.names.open || command.names.collect ||
                                command.names.close || command.names.service)) {
        command_complain("--open, --collect, --close and --service are for V1 providers: --v2 has "
                         "--start and --stop");
        return EXIT_BAD_USAGE;
    }
    if (command.readers && !(options.readers = readers_parse(command.readers))) {
        command_complain("--reader %s: unknown; there are windows_exporter, leoluk, netdata, "
                         "dotnet, oshi, far, nmap and all",
                         command.readers);
        return EXIT_BAD_USAGE;
    }
    options.lifecycles = lifecycles[command.lifecycle];
    options.limit_ms = command.limit_ms;
    options.time_ms = command.time_ms;
    options.seed = command.seed;
    options.is_thorough = command.is_thorough;
    terminal_catch_interrupt();

    struct check_target *targets = calloc((size_t)argc, sizeof(*targets));

    if (!targets) {
        command_complain("out of memory");
        return EXIT_BAD_USAGE;
    }
    check_source_open(&source, global);

    open_targets(targets, (size_t)argc, &options, &source, &command.names, argv);

    int status = run_targets(&command, targets, (size_t)argc, &source, &output);

    status = finish(&command, &output, status);
    for (int i = 0; i < argc; i++)
        check_target_close(&targets[i]);
    free(targets);
    check_source_close(&source);
    return status;
}

const struct command command_check = {
    .name = "check",
    .usage = "LIBRARY|SERVICE|BLOB... [OPTION]...",
    .summary = "hold every rule against a provider, or against a saved answer",
    .help = "Calls the provider in a process of its own, with many queries, buffer sizes, guards\n"
            "and life cycles, and names each rule that it breaks: query, buffer size, offset,\n"
            "remedy. A saved answer (query --format raw) is held against the structural rules.\n\n"
            "  perfharness check heapctrs.dll\n"
            "  perfharness check their.dll --open OpenTheirs --collect CollectTheirs "
            "--close CloseTheirs\n"
            "  perfharness check --v2 waves.dll --manifest waves.man\n"
            "  perfharness check answer.bin --reader all\n"
            "  perfharness check --rules\n\n"
            "Exit status 1 when a rule is broken; warnings alone are no breach. 2 when a target\n"
            "is not there or cannot be checked; the others are checked all the same. 3 when a\n"
            "provider gave no answer, so that nothing was tested.\n",
    .options = check_option_table,
    .run = run,
};
