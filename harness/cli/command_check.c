/* SPDX-License-Identifier: MIT
 *
 * perfharness check: tries every rule on providers, or the structural rules on saved answers.
 * check_target.c examines the arguments; harness/check/ is the check itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "check_policy.h"
#include "check_print.h"
#include "check_rules.h"
#include "check_target.h"
#include "command.h"
#include "options.h"
#include "os.h"
#include "output.h"
#include "readers.h"
#include "terminal.h"
#include "utf8.h"

/* The line that shows progress: when it appears and how often it changes, in 100 ns; chosen. */
#define PROGRESS_AFTER 10000000u
#define PROGRESS_EVERY 2000000u

#define WIDTH_LIMIT 120 /* columns; chosen: longer lines are hard to read */
#define WIDTH_LEAST 40  /* columns; chosen: shorter lines have few whole words */

enum { LIFECYCLE_BOTH, LIFECYCLE_WINDOWS, LIFECYCLE_WINE };
enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct check_command {
    int format, lifecycle, color;
    bool rules, is_thorough, is_quiet, is_verbose;
    const char *explain;
    struct check_policy_options policy;
    struct check_names names;
    const char *readers, *output;
    uint32_t time_ms, limit_ms;
    uint64_t seed;
};

static const struct command_option check_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct check_command, format), CHECK_FORMAT_WORDS,
      "how to print the findings (markdown: with --list-rules only)", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct check_command, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "fail-on", 0, OPTION_CHOICE, offsetof(struct check_command, policy.fail_on), FAIL_ON_WORDS,
      "which findings make the exit status 1", 0, 0 },
    { "rule", 0, OPTION_TEXTS, offsetof(struct check_command, policy.rules), "PATTERN,...",
      "these rules only; * and ? stand for what they do in a shell", 0, 0 },
    { "skip", 0, OPTION_TEXTS, offsetof(struct check_command, policy.skips), "PATTERN,...",
      "not these rules", 0, 0 },
    { "baseline", 0, OPTION_TEXT, offsetof(struct check_command, policy.baseline), "FILE",
      "findings that are known: they are marked, and do not count", 0, 0 },
    { "write-baseline", 0, OPTION_TEXT, offsetof(struct check_command, policy.write_baseline),
      "FILE", "write what is found as such a file, with the reasons of --baseline", 0, 0 },
    { "quiet", 'q', OPTION_FLAG, offsetof(struct check_command, is_quiet), NULL,
      "text: errors that are not known, and nothing of a sound provider", 0, 0 },
    { "verbose", 'v', OPTION_FLAG, offsetof(struct check_command, is_verbose), NULL,
      "text: also what became of each rule, sources, and whole lists", 0, 0 },
    { "color", 0, OPTION_CHOICE, offsetof(struct check_command, color), "auto|always|never",
      "text: auto is for a terminal, unless NO_COLOR is set", 0, 0 },
    { "explain", 0, OPTION_TEXT, offsetof(struct check_command, explain), "RULE",
      "what a rule is about, with wrong and right code", 0, 0 },
    { "list-rules", 0, OPTION_FLAG, offsetof(struct check_command, rules), NULL,
      "list the rules, those of --rule and --skip, or all", 0, 0 },
    { "rules", 0, OPTION_FLAG, offsetof(struct check_command, rules), NULL,
      "the same as --list-rules", 0, 0 },
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
      "keep it loaded as Windows does, or load it for each query as Wine does", 0, 0 },
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

/* Write the text so far to stdout. A file is written only at the end, as a whole. */
static void hand_on(const struct check_command *command, struct output *output)
{
    if (command->output || output->is_lost)
        return;
    if (output->size)
        fwrite(output->data, 1, output->size, stdout);
    output_clear(output);
    command_flush();
}

static int finish(const struct check_command *command, struct output *output, int status)
{
    hand_on(command, output);
    if (output->is_lost) {
        status = command_complain_memory();
    } else if (command->output) {
        const DWORD error = os_file_write_all(command->output, output->data, output->size);

        if (error)
            status = command_complain_output(command->output, error);
    }
    output_release(output);
    return status;
}

/* A line on stderr that is overwritten while the check runs. It appears after a second, and only
   on a terminal. The first finding about a provider that makes the user wait is printed at once,
   because the rest may take two more time-outs. */
struct progress {
    const char *name; /* name of the target, if there are several; otherwise "" */
    const char *target;
    uint64_t begin, last;
    bool is_shown, has_verdict;
};

static void show_verdict(struct progress *shown, const struct check_progress *progress)
{
    struct output text = { 0 };

    shown->has_verdict = true;
    utf8_add_safe(&text, progress->first_verdict, SIZE_MAX);
    fprintf(stderr, "%s%s: %s: %s; the run goes on\n", shown->is_shown ? "\n" : "", shown->target,
            progress->first_rule, text.data ? text.data : "");
    output_release(&text);
}

static void show_progress(void *context, const struct check_progress *progress)
{
    struct progress *shown = context;
    const uint64_t now = os_time_100ns();
    char what[96];

    if (progress->first_verdict && !shown->has_verdict)
        show_verdict(shown, progress);
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

/* Ctrl-C ends the run early. The findings so far are printed. */
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

/* The worse of two exit statuses: 2 comes before 1, 1 before 3, 3 before 0. */
static int graver_of(int left, int right)
{
    static const int ranks[] = {
        [EXIT_FINE] = 0, [EXIT_NOTHING] = 1, [EXIT_BROKEN_RULE] = 2, [EXIT_BAD_USAGE] = 3
    };

    return ranks[left] > ranks[right] ? left : right;
}

/* Examine all targets. One that cannot be opened does not keep the others from being checked. */
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

/* Print what was found about a target, and return what it means for the exit status. */
static int print_report(struct check_policy *policy, struct check_printer *printer,
                        const char *name, struct check_report *report)
{
    const struct baseline_file *baseline = check_policy_apply(policy, name, report);
    struct check_result result;
    int status;

    if (report->findings.is_incomplete)
        command_complain(
            "%s: out of memory: not all findings are listed; check one target at a time", name);
    if (!check_result_init(&result, name, report, baseline))
        command_complain(
            "%s: out of memory: the baseline has no effect; check one target at a time", name);
    check_print_add(printer, &result);
    status = check_policy_status(policy, &result);
    check_result_release(&result);
    return status;
}

static size_t text_width(const struct check_command *command)
{
    unsigned columns, rows;

    if (command->output || !terminal_size(&columns, &rows))
        return CHECK_DEFAULT_WIDTH;
    return columns < WIDTH_LEAST ? WIDTH_LEAST : columns > WIDTH_LIMIT ? WIDTH_LIMIT : columns;
}

/* Rule: no-color.org: NO_COLOR that is set and not empty. */
static bool has_colours(const struct check_command *command)
{
    char text[2];
    const bool is_refused = os_environment("NO_COLOR", text, sizeof(text)) != ERROR_NOT_FOUND;

    if (command->color == COLOR_NEVER || (command->color == COLOR_AUTO && is_refused))
        return false;
    if (command->color == COLOR_AUTO && command->output)
        return false;
    /* Windows' terminal shows colours only after a request. */
    return terminal_use_sequences() || command->color == COLOR_ALWAYS;
}

static int run_targets(const struct check_command *command, struct check_target *targets,
                       size_t count, const struct check_source *source, struct output *output)
{
    struct check_printer printer;
    struct check_policy policy;
    int status = check_policy_open(&policy, &command->policy);

    if (status) {
        check_policy_close(&policy);
        return status;
    }
    check_print_begin(&printer, output, (enum check_format)command->format, count);
    printer.style = (struct check_style){ .has_colours = has_colours(command),
                                          .is_quiet = command->is_quiet,
                                          .is_verbose = command->is_verbose,
                                          .width = text_width(command) };
    for (size_t i = 0; i < count; i++) {
        struct check_target *target = &targets[i];
        struct progress progress = { .name = count > 1 ? short_name(target->name) : "",
                                     .target = short_name(target->name),
                                     .begin = os_time_100ns() };

        target->options.progress_context = &progress;

        if (!target->report.is_unreadable)
            status = graver_of(status, check_target_run(target, source));
        if (progress.is_shown)
            fprintf(stderr, "\r%96s\r", "");
        status = graver_of(status, print_report(&policy, &printer, target->name, &target->report));
        hand_on(command, output);
        check_target_close(target);
    }
    check_print_end(&printer);
    status = graver_of(status, check_policy_finish(&policy));
    check_policy_close(&policy);
    return status;
}

/* ---- rules --------------------------------------------------------------------------------- */

static int print_rules(const struct check_command *command, int argc)
{
    struct output output = { 0 };
    struct check_policy policy;

    if (argc || (command->format != CHECK_FORMAT_TEXT && command->format != CHECK_FORMAT_JSON &&
                 command->format != CHECK_FORMAT_MARKDOWN)) {
        command_complain(
            "--list-rules lists every rule: give no provider with it, and --format text, json "
            "or markdown");
        return EXIT_BAD_USAGE;
    }

    int status = check_policy_open(&policy, &command->policy);

    if (!status) {
        check_rules_print(&output, (enum check_format)command->format, policy.is_left_out);
        status = finish(command, &output, EXIT_FINE);
    }
    check_policy_close(&policy);
    return status;
}

static int explain_rule(const struct check_command *command, int argc)
{
    struct output output = { 0 };
    enum rule_id rule;

    if (argc || (command->format != CHECK_FORMAT_TEXT && command->format != CHECK_FORMAT_JSON)) {
        command_complain(
            "--explain needs a rule and no provider: check --explain RULE; --format is text or "
            "json");
        return EXIT_BAD_USAGE;
    }
    if (!check_policy_find_rule(command->explain, &rule))
        return EXIT_BAD_USAGE;
    check_rules_explain(&output, (enum check_format)command->format, rule, text_width(command));
    return finish(command, &output, EXIT_FINE);
}

/* ---- the command line ----------------------------------------------------------------------- */

/* A message if options exclude each other, or NULL. */
static const char *find_contradiction(const struct check_command *command, int argc)
{
    const struct check_names *names = &command->names;

    if (argc < 1)
        return "check takes a library, a service or a file; see `perfharness check --help`";
    if (command->format == CHECK_FORMAT_MARKDOWN)
        return "--format markdown is for --list-rules only";
    if (command->is_quiet && command->is_verbose)
        return "--quiet and --verbose exclude each other";
    if (argc > 1 && names->service)
        return "--service is for one library; services can be named in its place";
    if (!names->is_v2 && (names->v2.manifest || names->v2.start || names->v2.stop))
        return "--manifest, --start and --stop are for --v2";
    if (names->is_v2 && (names->open || names->collect || names->close || names->service))
        return "--open, --collect, --close and --service are for V1 providers: --v2 has --start "
               "and "
               "--stop";
    return NULL;
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
    if (command.explain)
        return explain_rule(&command, argc);

    const char *contradiction = find_contradiction(&command, argc);

    if (contradiction) {
        command_complain("%s", contradiction);
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

    if (!targets)
        return command_complain_memory();
    check_target_source_open(&source, global);

    open_targets(targets, (size_t)argc, &options, &source, &command.names, argv);

    int status = run_targets(&command, targets, (size_t)argc, &source, &output);

    status = finish(&command, &output, status);
    for (int i = 0; i < argc; i++)
        check_target_close(&targets[i]);
    free(targets);
    check_target_source_close(&source);
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
            "  perfharness check --list-rules\n"
            "  perfharness check --explain guard-overrun\n"
            "  perfharness check their.dll --write-baseline known.json\n"
            "  perfharness check their.dll --baseline known.json --format sarif -o check.sarif\n\n"
            "A baseline holds the findings that are known, each with a reason and perhaps a date\n"
            "(\"expires\": \"2027-06-30\") on which that ends.\n\n"
            "Exit status 1 when an error was found that is not known, with --fail-on warning also\n"
            "for a warning. 2 when a target is not there or cannot be checked; the others are\n"
            "checked all the same. 3 when a provider gave no answer, so that nothing was tested.\n",
    .options = check_option_table,
    .run = run,
};
